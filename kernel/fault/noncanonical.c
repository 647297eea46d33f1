/*
 * The processor does not report the address of a general protection fault. This decodes as much of
 * the instruction as it needs to find the address: prefixes, opcode, the ModRM byte and the bytes
 * that it calls for (Intel SDM 2A chapter 2). It is not a full decoder: for VEX-coded instructions
 * and for the few forms with a 64-bit address in the code the report names no address.
 */
#include <kernel/cpu/trap.h>
#include <kernel/fault/noncanonical.h>
#include <layout.h>

enum { RSP = 4, RSI = 6, RDI = 7, REGISTERS = 16 };

/* The bits of the REX prefix that add a fourth bit to a register's number: base and index. */
enum { REX_B = 1, REX_X = 2 };

/* Register numbers with another meaning (SDM 2A tables 2-2 and 2-3). */
enum { NO_INDEX = 4, SIB_FOLLOWS = 4, RIP_RELATIVE = 5 };

struct decoder {
    const uint8_t *code;
    size_t length;
    size_t at;
    bool ended; /* the instruction needs more bytes than can be read */
    uint8_t rex;
    uint64_t registers[REGISTERS]; /* in the order of their encoding */
    uint64_t rip;                  /* of the instruction */
};

static uint8_t next_byte(struct decoder *decoder)
{
    decoder->ended |= decoder->at >= decoder->length;
    return decoder->ended ? 0 : decoder->code[decoder->at++];
}

static int64_t next_displacement(struct decoder *decoder, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)next_byte(decoder) << (8 * i);
    return bytes == 1 ? (int8_t)value : (int32_t)value;
}

static bool is_prefix(uint8_t byte)
{
    static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
                                       0x66, 0x67, 0xf0, 0xf2, 0xf3};
    for (size_t i = 0; i < sizeof(prefixes); i++) {
        if (byte == prefixes[i])
            return true;
    }
    return false;
}

/* The opcode after the prefixes; 0x0f00 is added to those of the two-byte map. */
static unsigned next_opcode(struct decoder *decoder)
{
    uint8_t byte = next_byte(decoder);
    while (is_prefix(byte))
        byte = next_byte(decoder);
    if ((byte & 0xf0) == 0x40) {
        decoder->rex = byte;
        byte = next_byte(decoder);
    }
    return byte == 0x0f ? 0x0f00u | next_byte(decoder) : byte;
}

/* Does a ModRM byte follow the opcode? For those that kernels use (SDM 2D appendix A). */
static bool has_modrm(unsigned opcode)
{
    if (opcode < 0x40)
        return (opcode & 7) < 4;
    if (opcode >= 0x0f00)
        return opcode == 0x0f0d || (opcode >= 0x0f10 && opcode <= 0x0f2f) ||
               (opcode >= 0x0f40 && opcode <= 0x0f6f) || (opcode >= 0x0f90 && opcode <= 0x0f9f) ||
               (opcode >= 0x0fa3 && opcode <= 0x0fa5) || (opcode >= 0x0fab && opcode <= 0x0fc7);
    return opcode == 0x63 || opcode == 0x69 || opcode == 0x6b ||
           (opcode >= 0x80 && opcode <= 0x8f) || opcode == 0xc0 || opcode == 0xc1 ||
           opcode == 0xc6 || opcode == 0xc7 || (opcode >= 0xd0 && opcode <= 0xd3) ||
           opcode == 0xf6 || opcode == 0xf7 || opcode == 0xfe || opcode == 0xff;
}

/* The value of a register, whose number has three bits and a fourth in the REX prefix. */
static uint64_t register_value(const struct decoder *decoder, unsigned number, uint8_t rex_bit)
{
    return decoder->registers[number | (decoder->rex & rex_bit ? 8u : 0u)];
}

/* The address of a SIB byte: base, index and scale. Base 5 is a register unless `mod` is 0. */
static uint64_t sib_address(struct decoder *decoder, unsigned mod)
{
    uint8_t sib = next_byte(decoder);
    unsigned base = sib & 7, index = sib >> 3 & 7;
    bool has_index = index != NO_INDEX || decoder->rex & REX_X;
    uint64_t address = has_index ? register_value(decoder, index, REX_X) << (sib >> 6) : 0;
    if (base == RIP_RELATIVE && mod == 0)
        return address + (uint64_t)next_displacement(decoder, 4);
    return address + register_value(decoder, base, REX_B);
}

/* The address of a ModRM byte's memory operand; `mod` is not 3. */
static uint64_t operand_address(struct decoder *decoder, uint8_t modrm)
{
    unsigned mod = modrm >> 6, rm = modrm & 7;
    uint64_t address;
    if (rm == SIB_FOLLOWS)
        address = sib_address(decoder, mod);
    else if (rm == RIP_RELATIVE && mod == 0)
        address = decoder->rip; /* the operand is within 2 GiB of it, so it is canonical, too */
    else
        address = register_value(decoder, rm, REX_B);
    if (mod == 1 || mod == 2)
        address += (uint64_t)next_displacement(decoder, mod == 1 ? 1 : 4);
    return address;
}

/* The string instructions, with two opcodes each; test lies between them. */
enum { MOVS = 0xa4, TEST = 0xa8, STOS = 0xaa, LODS = 0xac, SCAS = 0xae };

static bool is_string_instruction(unsigned opcode)
{
    return opcode >= MOVS && opcode <= SCAS + 1 && (opcode & ~1u) != TEST;
}

static bool find_in_string_instruction(const struct decoder *decoder, unsigned opcode,
                                       virt_addr_t *address)
{
    bool has_rsi = (opcode & ~1u) != STOS && (opcode & ~1u) != SCAS;
    bool has_rdi = (opcode & ~1u) != LODS;
    uint64_t rdi = decoder->registers[RDI];
    *address = has_rdi && !(has_rsi && is_canonical(rdi)) ? rdi : decoder->registers[RSI];
    return !is_canonical(*address);
}

static bool find_in_operand(struct decoder *decoder, unsigned opcode, virt_addr_t *address)
{
    uint8_t modrm = next_byte(decoder);
    unsigned operation = modrm >> 3 & 7;
    bool indirect_jump = opcode == 0xff && (operation == 2 || operation == 4);
    if (modrm >> 6 != 3)
        *address = operand_address(decoder, modrm);
    else if (indirect_jump)
        *address = register_value(decoder, modrm & 7, REX_B);
    else
        return false;
    return !is_canonical(*address);
}

bool fault_find_noncanonical(const uint8_t *code, size_t length, const struct trap_frame *frame,
                             virt_addr_t *address)
{
    struct decoder decoder = {
        .code = code,
        .length = length,
        .registers = {frame->rax, frame->rcx, frame->rdx, frame->rbx, frame->rsp, frame->rbp,
                      frame->rsi, frame->rdi, frame->r8, frame->r9, frame->r10, frame->r11,
                      frame->r12, frame->r13, frame->r14, frame->r15},
        .rip = frame->rip,
    };
    unsigned opcode = next_opcode(&decoder);
    bool found = is_string_instruction(opcode)
                     ? find_in_string_instruction(&decoder, opcode, address)
                 : has_modrm(opcode) ? find_in_operand(&decoder, opcode, address)
                                     : false;
    return found && !decoder.ended;
}
