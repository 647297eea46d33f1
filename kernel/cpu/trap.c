/*
 * The interrupt descriptor table and the handlers. Its gates lead to the 256 stubs of
 * trap_stubs.asm, which call the handlers. Every gate is an interrupt gate: handlers run with
 * interrupts masked and never nest, except for NMIs and the exceptions that a handler itself
 * causes.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/gdt.h>
#include <kernel/cpu/trap.h>

/* Intel SDM 3A figure 6-8. */
struct PACKED gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM 3A figure 6-8");

_Static_assert(offsetof(struct trap_frame, vector) == 15 * sizeof(uint64_t),
               "trap_stubs.asm pushes 15 registers");
_Static_assert(offsetof(struct trap_frame, rip) == 17 * sizeof(uint64_t),
               "vector and error code, then the CPU's");

enum { GATE_INTERRUPT = 0x8e }; /* a gate's type; present */

enum { KERNEL = 0, USER = 3 }; /* privilege levels */

/* In trap_stubs.asm. Each stub has TRAP_STUB_SIZE bytes. The handlers become read-only after
 * set-up. Bit N of the mask is set if the processor pushes an error code for vector N. */
enum { TRAP_STUB_SIZE = 16 };
extern const char trap_stubs[VECTOR_COUNT][TRAP_STUB_SIZE];
extern trap_handler trap_handlers[VECTOR_COUNT];
extern const uint32_t trap_error_code_vectors;

static RO_AFTER_INIT struct gate idt[VECTOR_COUNT];
static RO_AFTER_INIT trap_handler fallback;

static const char *const names[EXCEPTION_COUNT] = {
    [0] = "divide error",
    [1] = "debug exception",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [9] = "coprocessor segment overrun",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack-segment fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [15] = "reserved exception 15",
    [16] = "x87 floating-point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating-point exception",
    [20] = "virtualization exception",
    [21] = "control protection exception",
    [22] = "reserved exception 22",
    [23] = "reserved exception 23",
    [24] = "reserved exception 24",
    [25] = "reserved exception 25",
    [26] = "reserved exception 26",
    [27] = "reserved exception 27",
    [28] = "hypervisor injection exception",
    [29] = "VMM communication exception",
    [30] = "security exception",
    [31] = "reserved exception 31",
};

bool trap_has_error_code(unsigned vector)
{
    return vector < EXCEPTION_COUNT && (trap_error_code_vectors >> vector & 1);
}

const char *trap_name(unsigned vector)
{
    return vector < EXCEPTION_COUNT ? names[vector] : "interrupt";
}

uint64_t trap_count(unsigned vector)
{
    ASSERT(vector < VECTOR_COUNT);
    return this_cpu()->trap_counts[vector];
}

/* Makes the vector's gate call its stub, on the stack `ist`. An `int` instruction may use it at
 * privilege levels 0 to `privilege`. */
static void set_gate(unsigned vector, uint8_t ist, uint8_t privilege)
{
    uint64_t stub = (uintptr_t)trap_stubs[vector];
    struct gate *gate = &idt[vector];
    gate->offset_low = (uint16_t)stub;
    gate->selector = KERNEL_CODE_SELECTOR;
    gate->ist = ist;
    gate->type = (uint8_t)(GATE_INTERRUPT | privilege << 5);
    gate->offset_middle = (uint16_t)(stub >> 16);
    gate->offset_high = (uint32_t)(stub >> 32);
}

void trap_init(trap_handler fallback_handler)
{
    ASSERT(fallback_handler);
    fallback = fallback_handler;
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        set_gate(vector, IST_NONE, KERNEL);
        trap_handlers[vector] = fallback;
    }
    set_gate(VECTOR_DOUBLE_FAULT, IST_DOUBLE_FAULT, KERNEL);
    set_gate(VECTOR_NMI, IST_NMI, KERNEL);
    set_gate(VECTOR_MACHINE_CHECK, IST_MACHINE_CHECK, KERNEL);
    set_gate(VECTOR_DEBUG, IST_DEBUG, KERNEL);
    set_gate(VECTOR_BREAKPOINT, IST_NONE, USER); /* for int3 in programs */
    const struct descriptor_table_pointer pointer = {sizeof(idt) - 1, (uintptr_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
    /* With this an SSE instruction raises #NM, which tells it from an invalid opcode. */
    write_cr4(read_cr4() | CR4_OSFXSR);
}

void trap_set_handler(unsigned vector, trap_handler handler)
{
    ASSERT(vector < VECTOR_COUNT);
    ASSERT(!handler || trap_handlers[vector] == fallback);
    trap_handlers[vector] = handler ? handler : fallback;
}
