/*
 * A thread that runs a program: in user mode, and in the kernel on the program's behalf.
 */
#ifndef KERNEL_PROCESS_USER_THREAD_H
#define KERNEL_PROCESS_USER_THREAD_H

#include <kernel/cpu/cpu.h>
#include <kernel/cpu/user_mode.h>
#include <kernel/process/ids.h>
#include <kernel/process/signal.h>
#include <kernel/task/executor.h>
#include <kernel/task/thread.h>

struct user_thread {
    struct thread thread;
    struct process *process;       /* not used any more once the thread is over */
    struct list_node sibling;      /* among process->threads */
    char name[16];                 /* with a NUL */
    struct trap_frame first;       /* what it starts with */
    struct id *number;             /* referenced */
    int id;                        /* the same as a number */
    uint64_t user_time;            /* in user mode, by the time stamp counter; while not running */
    uint64_t user_time_before;     /* the processor's when the thread got it */
    struct signal_queue pending;   /* signals for this thread alone */
    uint64_t forced;               /* of those: a fault's, which ends the first process, too */
    uint64_t awaited;              /* signals that a call waits for, blocked or not */
    uint64_t blocked;              /* signals */
    uint64_t blocked_before;       /* a call that waits with other signals has changed them: */
    bool restore_blocked;          /* ... they come back when it is over */
    uint8_t policy;                /* SCHED_OTHER, or another that changes nothing (schedule.c) */
    bool reset_on_fork;            /* sched_setscheduler()'s flag: a fork does not copy it */
    uint16_t io_priority;          /* as ioprio_get() has it; a fork copies it, and the policy */
    int slices;                    /* that it has had in a row */
    uint64_t debt;                 /* time that others get first, by the time stamp counter */
    struct signal_stack stack;     /* for handlers; size 0: none */
    virt_addr_t clear_child;       /* where 0 is written at the end; 0: nowhere */
    struct list lock_waiters;      /* for locks that it owns (kernel/process/futex_lock.c) */
    struct user_thread *waits_for; /* the owner of such a lock; NULL: it waits for none */
    bool takes_no_locks;           /* it ends */
    virt_addr_t robust_list;       /* of the locks that it holds (futex.h); 0: none */
    /* What restart_syscall() does: an interrupted sleep goes on, up to its deadline. */
    int64_t (*restart)(struct trap_frame *frame);
    uint64_t sleep_deadline;
    virt_addr_t sleep_remaining; /* where it says how much is left if it ends early; 0: nowhere */
    struct call_history *calls;  /* the last ones, on the heap; NULL: none are kept */
    struct user_registers registers; /* while it is not running; the last member */
};

/* The running thread, which runs a program. */
static inline struct user_thread *user_thread_current(void)
{
    return CONTAINER_OF(this_cpu()->thread_stack, struct user_thread, thread.stack);
}

/* The thread of that number, or NULL. In tasks and threads. */
struct user_thread *user_thread_find(int number);

/* Does the running thread run a program? In tasks and threads. */
bool user_thread_is_running(void);

/* Programs' threads run on executor `of`. In set-up code. */
void user_threads_start(struct executor *of);

/* Makes and starts a thread of the process that goes on in user mode with `frame` and `registers`,
 * both copied; without `registers` (NULL), with those of a program's start. It takes over the
 * reference on `number`. It does not run before the caller waits. ERROR_OUT_OF_FRAMES. */
enum error user_thread_spawn(struct process *process, struct id *number,
                             const struct trap_frame *frame, const struct user_registers *registers,
                             struct user_thread **spawned);

/* Gives it a name, of which as much is taken as fits. The first thread's is the process's. */
void user_thread_set_name(struct user_thread *thread, const char *name);

/* Looks whether the running thread's slice of time is over. For the timer's interrupt handler,
 * every few milliseconds. */
void user_threads_tick(void);

/* The last look before a program goes on: gives the processor to others when its slice is over or
 * something more urgent is ready, and acts on signals; waits while one has stopped the process. For
 * user_mode_init(). */
void user_thread_before_return(struct trap_frame *frame);

#endif
