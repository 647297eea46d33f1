/*
 * Traps: the events that make the processor leave the running code for a handler (an exception, an
 * interrupt, `int3`). Every vector has its gate and its stub. The stubs share a tail, which calls
 * the handler that is registered for the vector.
 */
#ifndef KERNEL_CPU_TRAP_H
#define KERNEL_CPU_TRAP_H

#include <kernel/cpu/cpu.h>
#include <types.h>

enum trap_vector {
    VECTOR_DIVIDE_ERROR = 0,
    VECTOR_DEBUG = 1,
    VECTOR_NMI = 2,
    VECTOR_BREAKPOINT = 3,
    VECTOR_INVALID_OPCODE = 6,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_INVALID_TSS = 10,
    VECTOR_SEGMENT_NOT_PRESENT = 11,
    VECTOR_STACK_SEGMENT = 12,
    VECTOR_GENERAL_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_MACHINE_CHECK = 18,
    VECTOR_CONTROL_PROTECTION = 21,
    EXCEPTION_COUNT = 32, /* the vectors below belong to the processor (Intel SDM 3A 6.2) */
};

/* The registers that the stub saves, lowest address first. kernel/cpu/trap_stubs.asm pushes in the
 * reverse order.
 */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector;
    uint64_t error_code; /* 0 where the processor pushes none */
    /* The processor pushes the rest (SDM 3A figure 6-9). */
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Runs with interrupts masked, on the interrupted stack or the vector's IST stack. The interrupted
 * code continues with the registers in the frame, so a handler may change them. */
typedef void (*trap_handler)(struct trap_frame *frame);

/* Loads an IDT with a gate for each of the 256 vectors. Vectors without a handler go to `fallback`.
 * Called once, after gdt_init(), with interrupts masked. */
void trap_init(trap_handler fallback);

/* Makes `handler` the handler of `vector`; NULL gives the vector back to the fallback. A vector has
 * one handler: setting a second one is an ASSERT. After trap_init(), and during set-up: later the
 * table is read-only. */
void trap_set_handler(unsigned vector, trap_handler handler);

/* The same for `count` vectors from `first` on, none of which has a handler. */
void trap_set_handlers(unsigned first, unsigned count, trap_handler handler);

/* Does the processor push an error code for this vector (SDM 3A table 6-1)? Any context. */
bool trap_has_error_code(unsigned vector);

/* The exception's name in the manual's words, "page fault"; "interrupt" from vector 32 on. Any
 * context. */
const char *trap_name(unsigned vector);

/* How many traps have come through `vector`, which is below VECTOR_COUNT, since the start. Any
 * context. */
uint64_t trap_count(unsigned vector);

#endif
