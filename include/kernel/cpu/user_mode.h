/*
 * User mode: entering it, leaving it, and what a program's registers are beyond a trap frame.
 *
 * A thread that runs a program has its struct trap_frame at the top of its stack while it is in the
 * kernel: user_mode_frame(). The handlers below get that frame and change the program's registers
 * by changing it.
 */
#ifndef KERNEL_CPU_USER_MODE_H
#define KERNEL_CPU_USER_MODE_H

#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>

/* The vector of a frame that SYSCALL has made. Its error code is the number of the call. */
enum { VECTOR_SYSCALL = 256 };

struct user_mode_handlers {
    /* A system call; interrupts are enabled. Its result goes to frame->rax. */
    void (*syscall)(struct trap_frame *frame);
    /* An exception that a program has caused; interrupts are masked, so that CR2 is still its own.
     * A program's debug exceptions come here, its NMIs and machine checks do not. */
    void (*exception)(struct trap_frame *frame);
    /* The last look before a program goes on. Interrupts are masked, and are so again when it
     * returns. The frame's rip is canonical then: IRETQ would fault in the kernel. */
    void (*before_return)(struct trap_frame *frame);
};

/* Has SYSCALL lead to the kernel, and the handlers called. Called once, after trap_init(). */
void user_mode_init(const struct user_mode_handlers *handlers);

/* The registers that the kernel does not use, so that they stay as the program left them until
 * another thread runs. */
struct user_registers {
    uint8_t fpu[512] ALIGNED(16); /* FXSAVE's picture (Intel SDM 1 10.5.1) */
    uint64_t fs_base, gs_base;    /* below USER_END */
};

/* A program's registers at its start (System V ABI, AMD64, 3.4.1): no exception of x87 or SSE is
 * enabled, all else is 0. */
void user_registers_init(struct user_registers *registers);

/* The same for those of x87 and SSE alone. */
void user_registers_reset_fpu(struct user_registers *registers);

/* Loads the registers, and has traps from user mode begin on `stack`: whenever a thread that runs a
 * program gets the processor. And saves them when it loses it. Not in interrupt handlers. */
void user_registers_load(const struct user_registers *registers, const struct stack *stack);
void user_registers_save(struct user_registers *registers);

/* Loads the bases alone, when those of the running thread have changed. */
void user_registers_load_bases(const struct user_registers *registers);

/* The frame of a program that has trapped into the kernel on this stack. */
static inline struct trap_frame *user_mode_frame(const struct stack *stack)
{
    return (struct trap_frame *)(stack->top - sizeof(struct trap_frame));
}

/* A frame with which a program starts: at `rip` with the stack pointer `rsp`, all else 0 and
 * interrupts enabled. */
void user_mode_frame_init(struct trap_frame *frame, virt_addr_t rip, virt_addr_t rsp);

/* Goes to user mode for the first time, with a frame that lies anywhere on the thread's stack, at a
 * multiple of 16. */
NORETURN void user_mode_return(struct trap_frame *frame);

#endif
