/*
 * The frames of signal handlers on a program's stack.
 */
#ifndef KERNEL_PROCESS_SIGNAL_FRAME_H
#define KERNEL_PROCESS_SIGNAL_FRAME_H

#include <kernel/process/signal.h>

/* Puts a frame for the handler on the program's stack, and makes `frame` lead to the handler.
 * ERROR_BAD_ADDRESS when there is no memory for it. */
enum error signal_frame_push(struct trap_frame *frame, int signal, const struct signal_info *info,
                             const struct signal_action *action, uint64_t mask_after);

/* Takes the frame off again, as rt_sigreturn does: the program goes on where the signal came. *mask
 * is what is blocked then, and *stack the stack for handlers. ERROR_BAD_ADDRESS. */
enum error signal_frame_pop(struct trap_frame *frame, uint64_t *mask, struct signal_stack *stack);

/* Is the stack pointer on that stack? Never on one that is disarmed while it is used. */
bool signal_stack_holds(const struct signal_stack *stack, virt_addr_t rsp);

/* Sets the thread's stack for handlers. ERROR_NOT_PERMITTED while `rsp` is on the one that it has;
 * ERROR_INVALID; ERROR_OUT_OF_FRAMES: it is too small. */
enum error signal_stack_set(struct user_thread *thread, const struct signal_stack *stack,
                            virt_addr_t rsp);

#endif
