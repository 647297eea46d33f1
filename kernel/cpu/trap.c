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

/* Intel SDM 3A figure 6-8: the stub's address in three pieces, a selector, a stack, a type. */
struct gate {
    uint64_t low;  /* address 15:0, selector, stack, type, address 31:16 */
    uint64_t high; /* address 63:32 */
};
_Static_assert(sizeof(struct gate) == 16, "SDM 3A figure 6-8");

_Static_assert(offsetof(struct trap_frame, vector) == 15 * sizeof(uint64_t),
               "trap_stubs.asm pushes 15 registers");
_Static_assert(offsetof(struct trap_frame, rip) == 17 * sizeof(uint64_t),
               "vector and error code, then the CPU's");
_Static_assert(offsetof(struct trap_frame, rsp) == 20 * sizeof(uint64_t) &&
                   offsetof(struct trap_frame, r10) == 5 * sizeof(uint64_t) &&
                   offsetof(struct trap_frame, rdi) == 9 * sizeof(uint64_t),
               "trap_frame.inc");

#define GATE_INTERRUPT UINT64_C(0x8e) /* a gate's type; present */

enum { KERNEL = 0, USER = 3 }; /* privilege levels */

/* In trap_stubs.asm. Each stub has TRAP_STUB_SIZE bytes. The handlers become read-only after
 * set-up; at first all are trap_unhandled(), which calls the fallback. Bit N of the mask is set if
 * the processor pushes an error code for vector N. */
enum { TRAP_STUB_SIZE = 16 };
extern const char trap_stubs[VECTOR_COUNT][TRAP_STUB_SIZE], trap_stubs_end[];
extern trap_handler trap_handlers[VECTOR_COUNT];
extern trap_handler trap_fallback;
void trap_unhandled(struct trap_frame *frame);
extern const uint32_t trap_error_code_vectors;

static RO_AFTER_INIT struct gate idt[VECTOR_COUNT];

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

/* A gate that calls the vector's stub, on the stack `ist`. An `int` instruction may use it at
 * privilege levels 0 to `privilege`. */
static struct gate gate_to(unsigned vector, unsigned ist, unsigned privilege)
{
    uint64_t stub = (uintptr_t)trap_stubs[vector];
    uint64_t attributes = (uint64_t)ist << 32 | (GATE_INTERRUPT | privilege << 5) << 40;
    return (struct gate){
        .low =
            (stub & 0xffff) | KERNEL_CODE_SELECTOR << 16 | attributes | (stub >> 16 & 0xffff) << 48,
        .high = stub >> 32,
    };
}

/* All stubs lie in one page, so gates of one kind differ in the lowest bits of their addresses. */
static void fill_idt(void)
{
    struct gate gate = gate_to(0, IST_NONE, KERNEL);
    ASSERT(IS_ALIGNED((uintptr_t)trap_stubs, sizeof(trap_stubs)));
    ASSERT((uintptr_t)trap_stubs_end - (uintptr_t)trap_stubs == sizeof(trap_stubs));
#pragma GCC unroll 8
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++, gate.low += TRAP_STUB_SIZE)
        idt[vector] = gate;
    idt[VECTOR_DOUBLE_FAULT] = gate_to(VECTOR_DOUBLE_FAULT, IST_DOUBLE_FAULT, KERNEL);
    idt[VECTOR_NMI] = gate_to(VECTOR_NMI, IST_NMI, KERNEL);
    idt[VECTOR_MACHINE_CHECK] = gate_to(VECTOR_MACHINE_CHECK, IST_MACHINE_CHECK, KERNEL);
    idt[VECTOR_DEBUG] = gate_to(VECTOR_DEBUG, IST_DEBUG, KERNEL);
    idt[VECTOR_BREAKPOINT] = gate_to(VECTOR_BREAKPOINT, IST_NONE, USER); /* for programs' int3 */
}

void trap_init(trap_handler fallback)
{
    ASSERT(fallback);
    trap_fallback = fallback;
    fill_idt();
    const struct descriptor_table_pointer pointer = {sizeof(idt) - 1, (uintptr_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
    /* With this an SSE instruction raises #NM, which tells it from an invalid opcode. */
    write_cr4(read_cr4() | CR4_OSFXSR);
}

void trap_set_handler(unsigned vector, trap_handler handler)
{
    ASSERT(vector < VECTOR_COUNT);
    ASSERT(!handler || trap_handlers[vector] == trap_unhandled);
    trap_handlers[vector] = handler ? handler : trap_unhandled;
}

void trap_set_handlers(unsigned first, unsigned count, trap_handler handler)
{
    ASSERT(first < VECTOR_COUNT);
    ASSERT(count <= VECTOR_COUNT - first);
#pragma GCC unroll 8
    for (unsigned vector = first; vector < first + count; vector++) {
        ASSERT(trap_handlers[vector] == trap_unhandled);
        trap_handlers[vector] = handler;
    }
}
