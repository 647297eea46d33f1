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

/* The same for a call that is not made again after any handler. */
int64_t syscall_result_no_restart(enum error error);

/* Makes the call that the frame asks for, and stores its result there. For user_mode_init(). In
 * threads of programs, with interrupts enabled; may wait. */
void syscall_dispatch(struct trap_frame *frame);

/* A watcher makes the call by its function, and returns the result. It can look at the call before
 * and after. */
typedef int64_t syscall_watcher(struct trap_frame *frame, syscall_function *call);

/* From now on all calls are made by a watcher; NULL: by none. Any context. */
void syscall_watch(syscall_watcher *by);

#endif
