/*
 * A thread that runs a program: in user mode, and in the kernel on the program's behalf.
 */
#ifndef KERNEL_PROCESS_USER_THREAD_H
#define KERNEL_PROCESS_USER_THREAD_H

#include <kernel/cpu/cpu.h>
#include <kernel/cpu/user_mode.h>
#include <kernel/process/signal.h>
#include <kernel/task/executor.h>
#include <kernel/task/thread.h>

struct user_thread {
    struct thread thread;
    struct user_registers registers; /* while it is not running */
    struct process *process;         /* not used any more once the thread is over */
    char name[16];                   /* the process's, which the executor lists */
    struct trap_frame first;         /* what it starts with */
    int id;
    uint64_t awaited;            /* signals that a call waits for, blocked or not */
    uint64_t blocked;            /* signals */
                                 /* signals */
    uint64_t blocked_before;     /* a call that waits with other signals has changed them: */
    bool restore_blocked;        /* ... they come back when it is over */
    struct signal_stack stack;   /* for handlers; size 0: none */
    virt_addr_t clear_child;     /* where 0 is written at the end; 0: nowhere */
    uint64_t sleep_deadline;     /* of an interrupted sleep that goes on */
    virt_addr_t sleep_remaining; /* where it says how much is left if it ends early; 0: nowhere */
};

/* The running thread, which runs a program. */
static inline struct user_thread *user_thread_current(void)
{
    return CONTAINER_OF(this_cpu()->thread_stack, struct user_thread, thread.stack);
}

/* Does the running thread run a program? In tasks and threads. */
bool user_thread_is_running(void);

/* Programs' threads run on executor `of`. In set-up code. */
void user_threads_start(struct executor *of);

/* Makes and starts a thread that goes on in user mode with `frame` and `registers`, both copied.
 * Sets process->thread. ERROR_OUT_OF_FRAMES. */
enum error user_thread_spawn(struct process *process, int id, const struct trap_frame *frame,
                             const struct user_registers *registers);

/* Looks whether the running thread's slice of time is over. For the timer's interrupt handler,
 * every few milliseconds. */
void user_threads_tick(void);

/* The last look before a program goes on: gives the processor to others when its slice is over or
 * something more urgent is ready, and acts on signals. For user_mode_init(). */
void user_thread_before_return(struct trap_frame *frame);

#endif
