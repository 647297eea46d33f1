/*
 * Signals: sending them, and what a process does with each.
 *
 * A signal is sent to a process or to one of its threads, and is pending there. Any thread that
 * does not block it may take a signal of its process. A thread acts upon signals only on its way
 * back to user mode (signal_act.h), so a signal never ends a thread inside the kernel. A thread
 * that waits there is interrupted (kernel/task/thread.h), unwinds, and comes to that place.
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

/* The reason for a signal: si_code of siginfo_t. */
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

/* The information about a signal: as much of Linux's siginfo_t as Linux keeps in the kernel. */
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

/* The same in the form that programs get. */
struct user_signal_info {
    struct signal_info known;
    uint64_t zeros[10];
};
_Static_assert(sizeof(struct user_signal_info) == 128, "Linux: uapi/asm-generic/siginfo.h");

/* The action for a signal: Linux's struct sigaction, as the call takes it. */
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
#define SA_TAGBITS   UINT64_C(0x00000800) /* no effect: addresses have no tags */
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

/* A system call that a signal has interrupted leaves one of these as its result. signals_act() then
 * makes the call again or lets it fail with EINTR (Linux: include/linux/errno.h). */
enum {
    RESTART_IF_ASKED = -512, /* again, unless a handler without SA_RESTART ran */
    RESTART_ALWAYS = -513,
    RESTART_WITHOUT_HANDLER = -514, /* again, unless a handler ran */
    RESTART_SLEEP = -516,           /* likewise, by restart_syscall(): a sleep keeps its deadline */
};

/* The signals whose default action is to stop the process, and those without one. All others end
 * the process (signal(7)). */
#define SIGNALS_THAT_STOP \
    (signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU))
#define SIGNALS_IGNORED \
    (signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH))

/* The signals that cannot be blocked, handled or ignored. */
#define SIGNALS_UNBLOCKABLE (signal_bit(SIGKILL) | signal_bit(SIGSTOP))

struct process;
struct user_thread;

/* Signals that are pending (signal_queue.h). */
struct signal_queue {
    uint64_t set;
    struct list entries; /* the information about each, oldest first */
    uint64_t count;      /* of the entries */
};

/* The action for each signal. Processes share one after a clone with CLONE_SIGHAND. */
struct signal_actions {
    size_t references;
    struct signal_action of[SIGNAL_COUNT];
};

/* The part of a process that belongs to signals. */
struct signals {
    struct signal_actions *actions;
    struct signal_queue pending; /* for any of its threads */
};

/* Woken when a signal becomes pending for any process: signalfd waits here. */
extern struct wait_queue signals_arrived;

/* Makes a signal pending, unless the process ignores it, and interrupts a thread that does not
 * block it. SIGKILL and SIGCONT let a stopped process go on. `info` NULL: the signal comes from the
 * kernel. ERROR_AGAIN: there is no room for a signal with a value. In threads and tasks, like all
 * that follow that do not speak of the running thread. */
enum error signal_send(struct process *process, int signal, const struct signal_info *info);

/* The same for a signal that only this thread can take. */
enum error signal_send_thread(struct user_thread *thread, int signal,
                              const struct signal_info *info);

/* Sends the running thread a signal that its own call has caused, such as SIGPIPE. */
void signal_send_self(int signal);

/* Sends a signal to each process of a group, none if `signal` is 0; returns how many there were. */
size_t signal_send_group(int group, int signal, const struct signal_info *info);

/* Sends the running thread a signal for a fault of its own program. If the program blocks or
 * ignores the signal, it ends the program. */
void signal_force(int signal, const struct signal_info *info);

/* Sets the action for a signal, unless `action` is NULL; *old becomes the one before, unless `old`
 * is NULL. Drops the signal where it is pending and the new action ignores it. `signal` is 1 to
 * SIGNAL_COUNT, and with an action not SIGKILL or SIGSTOP. */
void signal_set_action(struct process *process, int signal, const struct signal_action *action,
                       struct signal_action *old);

/* Sets the running thread's blocked signals, without SIGKILL and SIGSTOP. Signals that are pending
 * for the process and that this thread now blocks interrupt another thread. */
void signals_block(uint64_t blocked);

/* Does the running thread neither block nor ignore the signal? */
bool signal_is_taken(int signal);

/* Does the signal have no effect on the process? The first process takes only signals that it
 * handles. */
bool signal_is_ignored(const struct process *process, int signal);

/* Tells a process's parent that the process has ended, stopped or gone on: wakes the parent where
 * it waits for that, and sends it `signal` with `code` and `status`, unless `signal` is 0. */
void signal_parent(struct process *process, int signal, int code, int status);

/* Makes the thread, which ends, take no signal any more; others take those of the process. */
void signals_leave_to_others(struct user_thread *thread);

/* Takes the first pending signal of a set: the thread's own before the process's, then the lowest
 * number. Returns false if there is none. */
bool signal_take(struct user_thread *thread, uint64_t set, struct signal_info *info);

/* Called when a thread has stopped or ended. If now all threads of a process that is told to stop
 * have stopped, tells the parent. */
void signals_note_stop(struct process *process);

/* Makes default actions, with one reference; NULL: there is no memory. */
struct signal_actions *signal_actions_create(void);

/* Drops a reference; dropping the last one frees the actions. */
void signal_actions_release(struct signal_actions *actions);

/* Gives the process a copy of its actions, if it shares them. ERROR_OUT_OF_FRAMES: it still shares
 * them. */
enum error signals_unshare(struct process *process);

/* Replaces handlers by the default action; ignored signals stay ignored. For exec. */
void signals_clear_handlers(struct process *process);

#endif
