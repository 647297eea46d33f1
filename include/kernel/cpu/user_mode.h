/*
 * User mode: entering it and leaving it.
 *
 * A thread that runs a program has its struct trap_frame at the top of its stack while it is in the
 * kernel: user_mode_frame(). The handlers below get that frame and change the program's registers
 * by changing it.
 */
#ifndef KERNEL_CPU_USER_MODE_H
#define KERNEL_CPU_USER_MODE_H

#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <kernel/cpu/user_registers.h>

/* The vector of a frame that SYSCALL has made. Its error code is the number of the call. */
enum { VECTOR_SYSCALL = 256 };

struct user_mode_handlers {
    /* A system call; interrupts are enabled. Its result goes to frame->rax. */
    void (*syscall)(struct trap_frame *frame);
    /* An exception that a program has caused; interrupts are masked, so that CR2 is still its own.
     * A program's debug exceptions come here, its NMIs and machine checks do not. */
    void (*exception)(struct trap_frame *frame);
    /* The last step before a program goes on. Interrupts are masked at the call and at the return.
     * The frame's rip is canonical at the return: otherwise IRETQ would fault in the kernel. */
    void (*before_return)(struct trap_frame *frame);
};

/* Makes SYSCALL enter the kernel, and registers the handlers. Called once, after trap_init(), in
 * set-up code. */
void user_mode_init(const struct user_mode_handlers *handlers);

/* The frame of a program that has entered the kernel on this stack. Any context. */
static inline struct trap_frame *user_mode_frame(const struct stack *stack)
{
    return (struct trap_frame *)(stack->top - sizeof(struct trap_frame));
}

/* Fills in a frame with which a program starts: at `rip`, with the stack pointer `rsp` and
 * interrupts enabled; all other registers are 0. Any context. */
void user_mode_frame_init(struct trap_frame *frame, virt_addr_t rip, virt_addr_t rsp);

/* Enters user mode for the first time, with a frame that lies anywhere on the thread's stack, at a
 * multiple of 16. In threads of programs. */
NORETURN void user_mode_return(struct trap_frame *frame);

#endif
