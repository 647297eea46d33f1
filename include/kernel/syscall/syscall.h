/*
 * System calls: Linux's numbers, arguments and results (x86_64).
 *
 * A call is a function of the program's trap frame, which holds the arguments, and returns the
 * result or the negative of an errno. It runs in the program's thread with interrupts enabled, and
 * may wait. Calls are thin: they fetch arguments, call the floor that does the work, and turn its
 * error into an errno.
 */
#ifndef KERNEL_SYSCALL_SYSCALL_H
#define KERNEL_SYSCALL_SYSCALL_H

#include <error.h>
#include <kernel/cpu/trap.h>

typedef int64_t syscall_function(struct trap_frame *frame);

/* The arguments, in the order of the call's. Linux's `int` and `unsigned` are the lower half. */
static inline uint64_t argument_0(const struct trap_frame *frame)
{
    return frame->rdi;
}
static inline uint64_t argument_1(const struct trap_frame *frame)
{
    return frame->rsi;
}
static inline uint64_t argument_2(const struct trap_frame *frame)
{
    return frame->rdx;
}
static inline uint64_t argument_3(const struct trap_frame *frame)
{
    return frame->r10;
}
static inline uint64_t argument_4(const struct trap_frame *frame)
{
    return frame->r8;
}
static inline uint64_t argument_5(const struct trap_frame *frame)
{
    return frame->r9;
}

/* The result of a call that failed, the negative errno; 0 for OK. An interrupted call is made again
 * if the handler was set with SA_RESTART. */
int64_t syscall_result(enum error error);

/* The same for a call that is not made again after a handler. */
int64_t syscall_result_no_restart(enum error error);

/* For user_mode_init(): makes the call that the frame asks for, and stores its result there. */
void syscall_dispatch(struct trap_frame *frame);

/* Makes a call, by its function, and returns its result; looks at it before and after. */
typedef int64_t syscall_watcher(struct trap_frame *frame, syscall_function *call);

/* Has all calls made by a watcher from now on, or by none with NULL. Any context. */
void syscall_watch(syscall_watcher *by);

#endif
