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
    struct process *process;  /* may be gone once the thread is over */
    struct list_node sibling; /* among process->threads */
    char name[16];            /* with a NUL */
    struct trap_frame first;  /* the registers that it starts with */
    struct id *number;        /* referenced */
    int id;                   /* the number in it */
    uint64_t user_time; /* TSC ticks in user mode, up to the last time it lost the processor */
    uint64_t user_time_before;     /* the processor's user time when the thread got it */
    struct signal_queue pending;   /* signals for this thread alone */
    uint64_t forced;               /* those of a fault, which end the first process, too */
    uint64_t awaited;              /* signals that a call waits for, blocked or not */
    uint64_t blocked;              /* signals that it does not take */
    uint64_t blocked_before;       /* `blocked` before sigsuspend() and its like ... */
    bool restore_blocked;          /* ... which is restored when the call is over */
    uint8_t policy;                /* SCHED_OTHER, or another that has no effect (schedule.c) */
    bool reset_on_fork;            /* sched_setscheduler()'s flag; a fork does not copy it */
    uint16_t io_priority;          /* as ioprio_get() has it; a fork copies it, and the policy */
    int slices;                    /* of time that it has had in a row */
    uint64_t debt;                 /* TSC ticks that other threads get before it (user_thread.c) */
    struct signal_stack stack;     /* for handlers; size 0: none */
    virt_addr_t clear_child;       /* the address to which 0 is written at the end; 0: none */
    struct list lock_waiters;      /* wait for locks that it owns (kernel/process/futex_lock.c) */
    struct user_thread *waits_for; /* the owner of the lock that it waits for; NULL: none */
    bool takes_no_locks;           /* it ends */
    virt_addr_t robust_list;       /* the address of its robust list (futex.h); 0: none */
    /* The call that restart_syscall() continues: an interrupted sleep, up to its deadline. */
    int64_t (*restart)(struct trap_frame *frame);
    uint64_t sleep_deadline;
    virt_addr_t sleep_remaining;     /* the address for the time left if it ends early; 0: none */
    struct call_history *calls;      /* the last system calls, on the heap; NULL: none are kept */
    struct user_registers registers; /* valid while it is not running; the last member */
};

/* The running thread, which runs a program. In such threads, and interrupt handlers above them. */
static inline struct user_thread *user_thread_current(void)
{
    return CONTAINER_OF(this_cpu()->thread_stack, struct user_thread, thread.stack);
}

/* The thread of that number, or NULL. In tasks and threads. */
struct user_thread *user_thread_find(int number);

/* Does the running thread run a program? In tasks and threads. */
bool user_thread_is_running(void);

/* Makes `of` the executor of programs' threads. In set-up code. */
void user_threads_start(struct executor *of);

/* Makes and starts a thread of the process, which goes to user mode with copies of `frame` and
 * `registers` (NULL: those of a program's start). It takes over the reference on `number`, unless
 * this fails. It does not run before the caller waits. ERROR_OUT_OF_FRAMES. In threads. */
enum error user_thread_spawn(struct process *process, struct id *number,
                             const struct trap_frame *frame, const struct user_registers *registers,
                             struct user_thread **spawned);

/* Gives the thread a name, which is cut to fit. The first thread's name is the process's. In
 * threads.
 */
void user_thread_set_name(struct user_thread *thread, const char *name);

/* Ends the running thread's slice of time if it has run since the last call. For the timer's
 * interrupt handler, every few milliseconds. */
void user_threads_tick(void);

/* The last step before a program goes on: gives the processor to other threads when its slice is
 * over or something more urgent is ready, and acts upon signals; waits while one has stopped the
 * process. For user_mode_init(). Interrupts are masked at the call and at the return. */
void user_thread_before_return(struct trap_frame *frame);

#endif
