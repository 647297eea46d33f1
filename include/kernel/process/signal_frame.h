/*
 * The frames of signal handlers on a program's stack.
 */
#ifndef KERNEL_PROCESS_SIGNAL_FRAME_H
#define KERNEL_PROCESS_SIGNAL_FRAME_H

#include <kernel/process/signal.h>

/* Puts a frame for the handler of `action` on the program's stack, and makes `frame` lead to the
 * handler. `mask_after` are the signals that are blocked after its return. ERROR_BAD_ADDRESS: the
 * stack or the handler cannot be used. In threads of programs; may wait. */
enum error signal_frame_push(struct trap_frame *frame, int signal, const struct signal_info *info,
                             const struct signal_action *action, uint64_t mask_after);

/* Takes the frame off the stack again, for rt_sigreturn: `frame` leads to where the signal came.
 * *mask is the set that is blocked then, and *stack the stack for handlers. The program may have
 * written anything to its frame. ERROR_BAD_ADDRESS, and what signal_fpu_pop() says. In threads of
 * programs; may wait. */
enum error signal_frame_pop(struct trap_frame *frame, uint64_t *mask, struct signal_stack *stack);

/* Is the stack pointer on that stack for handlers? Always false for a stack with SS_AUTODISARM. Any
 * context. */
bool signal_stack_holds(const struct signal_stack *stack, virt_addr_t rsp);

/* Sets the thread's stack for handlers. ERROR_NOT_PERMITTED: `rsp` is on the stack that it has now.
 * ERROR_INVALID: unknown flags. ERROR_OUT_OF_FRAMES: it is too small. In threads. */
enum error signal_stack_set(struct user_thread *thread, const struct signal_stack *stack,
                            virt_addr_t rsp);

#endif
