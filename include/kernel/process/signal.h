/*
 * Signals: which are pending, what a process does with them, and who may go on.
 *
 * A signal is sent to a process, or to one of its threads, and made pending there. One of the
 * process's is for any thread that does not block it. It is acted upon by a thread itself, on
 * its way back to user mode (signal_act.h). So a signal never ends a thread inside the kernel. A
 * thread that waits there is interrupted (kernel/task/thread.h), unwinds, and comes to that place.
 */
#ifndef KERNEL_PROCESS_SIGNAL_H
#define KERNEL_PROCESS_SIGNAL_H

#include <error.h>
#include <kernel/cpu/trap.h>
#include <kernel/task/waker.h>
#include <lib/list.h>
#include <types.h>

/* Linux's numbers (arch/x86/include/uapi/asm/signal.h). */
enum {
    SIGHUP = 1,
    SIGINT,
    SIGQUIT,
    SIGILL,
    SIGTRAP,
    SIGABRT,
    SIGBUS,
    SIGFPE,
    SIGKILL,
    SIGUSR1,
    SIGSEGV,
    SIGUSR2,
    SIGPIPE,
    SIGALRM,
    SIGTERM,
    SIGSTKFLT,
    SIGCHLD,
    SIGCONT,
    SIGSTOP,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    SIGURG,
    SIGXCPU,
    SIGXFSZ,
    SIGVTALRM,
    SIGPROF,
    SIGWINCH,
    SIGIO,
    SIGPWR,
    SIGSYS,
    SIGRTMIN = 32,
    SIGNAL_COUNT = 64, /* from 1 on */
};

/* A set of signals, as Linux's sigset_t. */
static inline uint64_t signal_bit(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

/* The reasons in a siginfo's si_code. */
enum {
    SI_USER = 0,
    SI_KERNEL = 128,
    SI_QUEUE = -1,
    SI_TIMER = -2,
    SI_TKILL = -6,
    ILL_OPN = 2,
    FPE_INTDIV = 1,
    FPE_FLTDIV = 3,
    FPE_FLTOVF = 4,
    FPE_FLTUND = 5,
    FPE_FLTRES = 6,
    FPE_FLTINV = 7,
    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,
    BUS_ADRALN = 1,
    BUS_ADRERR = 2,
    TRAP_BRKPT = 1,
    TRAP_TRACE = 2,
    CLD_EXITED = 1,
    CLD_KILLED,
    CLD_DUMPED,
    CLD_TRAPPED,
    CLD_STOPPED,
    CLD_CONTINUED,
};

/* What is known of a signal: as much of Linux's siginfo_t as it keeps itself. */
struct signal_info {
    int32_t number, error, code, padding;
    union {
        struct {
            int32_t process;
            uint32_t user;
            int64_t value; /* of SIGCHLD: the status, in the lower half */
            uint64_t user_time, system_time;
        };
        uint64_t address; /* of a fault */
        uint8_t room[32];
    };
};
_Static_assert(sizeof(struct signal_info) == 48, "Linux: include/linux/signal_types.h");

/* The same as programs get it. */
struct user_signal_info {
    struct signal_info known;
    uint64_t zeros[10];
};
_Static_assert(sizeof(struct user_signal_info) == 128, "Linux: uapi/asm-generic/siginfo.h");

/* What a process does with a signal: Linux's struct sigaction, as the call takes it. */
struct signal_action {
    uint64_t handler; /* SIGNAL_DEFAULT, SIGNAL_IGNORE, or an address */
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask; /* blocked while the handler runs */
};
enum { SIGNAL_DEFAULT = 0, SIGNAL_IGNORE = 1 };

#define SA_NOCLDSTOP UINT64_C(1)
#define SA_NOCLDWAIT UINT64_C(2)
#define SA_SIGINFO   UINT64_C(4)
#define SA_TAGBITS   UINT64_C(0x00000800) /* of addresses, which no processor tells of here */
#define SA_RESTORER  UINT64_C(0x04000000)
#define SA_ONSTACK   UINT64_C(0x08000000)
#define SA_RESTART   UINT64_C(0x10000000)
#define SA_NODEFER   UINT64_C(0x40000000)
#define SA_RESETHAND UINT64_C(0x80000000)
#define SA_KNOWN                                                                        \
    (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_TAGBITS | SA_RESTORER | SA_ONSTACK | \
     SA_RESTART | SA_NODEFER | SA_RESETHAND)

/* Linux's stack_t. */
struct signal_stack {
    uint64_t start;
    int32_t flags, padding;
    uint64_t size;
};
enum { SS_ONSTACK = 1, SS_DISABLE = 2, SS_AUTODISARM = (int)0x80000000 };

/* A system call that a signal has interrupted leaves one of these as its result, and signals_act()
 * settles what becomes of it (Linux: include/linux/errno.h). */
enum {
    RESTART_IF_ASKED = -512, /* again, unless a handler ran that was set without SA_RESTART */
    RESTART_ALWAYS = -513,
    RESTART_WITHOUT_HANDLER = -514, /* again, unless a handler ran */
    RESTART_SLEEP = -516, /* likewise, as restart_syscall(): a sleep ends when it would have */
};

/* The default actions (signal(7)): these stop the process, these do nothing; all others end it. */
#define SIGNALS_THAT_STOP \
    (signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))
#define SIGNALS_IGNORED \
    (signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH))

struct process;
struct user_thread;

/* Signals that are pending (signal_queue.h). */
struct signal_queue {
    uint64_t set;
    struct list entries; /* what is known of each, oldest first */
    uint64_t count;      /* of the entries */
};

/* What is done with each signal. Processes that were cloned so share one (CLONE_SIGHAND). */
struct signal_actions {
    size_t references;
    struct signal_action of[SIGNAL_COUNT];
};

/* What of a process's memory concerns signals. */
struct signals {
    struct signal_actions *actions;
    struct signal_queue pending; /* for any of its threads */
};

/* Woken when a signal becomes pending for any process: signalfd waits here. */
extern struct wait_queue signals_arrived;

/* Makes a signal pending, unless the process ignores it, and wakes a thread that does not block it.
 * SIGKILL and SIGCONT let a stopped process go on. `info` may be NULL: from the kernel.
 * ERROR_AGAIN: there is no place for a signal with a value. In threads and tasks. */
enum error signal_send(struct process *process, int signal, const struct signal_info *info);

/* The same for one thread, which alone can take the signal. */
enum error signal_send_thread(struct user_thread *thread, int signal,
                              const struct signal_info *info);

/* The same for the running thread, which has caused the signal by a call, such as SIGPIPE. */
void signal_send_self(int signal);

/* The same for each process of a group; how many there were. */
size_t signal_send_group(int group, int signal, const struct signal_info *info);

/* Makes the running thread's program take the signal of a fault of its own, which it can neither
 * block nor ignore: it ends then. */
void signal_force(int signal, const struct signal_info *info);

/* Sets what to do with a signal; *old becomes what it was, unless that is NULL. A pending signal
 * that is ignored from now on is dropped. `signal` is 1 to SIGNAL_COUNT, and not SIGKILL or
 * SIGSTOP.
 */
void signal_set_action(struct process *process, int signal, const struct signal_action *action,
                       struct signal_action *old);

/* Sets the running thread's blocked signals; SIGKILL and SIGSTOP are never blocked. What is pending
 * for the process and blocked from now on goes to another thread. */
void signals_block(uint64_t blocked);

/* Does the running thread neither block nor ignore the signal? */
bool signal_is_taken(int signal);

/* Would nothing happen if the process acted upon the signal? The first process takes only those
 * that it handles. */
bool signal_is_ignored(const struct process *process, int signal);

/* A child has ended, stopped or gone on: wakes its parent where it waits for that, and sends
 * `signal` with `code` and `status`, unless it is 0. */
void signal_parent(struct process *process, int signal, int code, int status);

/* A thread that takes no signals any more leaves those of its process to the others. */
void signals_leave_to_others(struct user_thread *thread);

/* Takes the pending signal of a set that comes first: the thread's own before the process's, the
 * lowest number first. False: there is none. */
bool signal_take(struct user_thread *thread, uint64_t set, struct signal_info *info);

/* A process that is told to stop has stopped when each of its threads has: tells the parent then.
 */
void signals_note_stop(struct process *process);

/* The default actions, with one reference; NULL: no memory. */
struct signal_actions *signal_actions_create(void);

/* Drops a reference; the last one frees them. */
void signal_actions_release(struct signal_actions *actions);

/* The process gets actions of its own, which are what the shared ones were. ERROR_OUT_OF_FRAMES:
 * it shares them still. */
enum error signals_unshare(struct process *process);

/* Handlers become the default action, what is ignored stays so. */
void signals_clear_handlers(struct process *process);

#endif
