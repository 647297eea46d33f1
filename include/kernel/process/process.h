/*
 * Processes: a program, or what is left of one, with its memory, files and signals.
 *
 *     NEW ----> LIVE -- process_exit(), or a signal --> ZOMBIE -- the parent's wait --> gone
 *
 * A process has threads (struct user_thread) while it is live, and takes no signals before that.
 * Its threads share all that struct process has. When one of them ends the process, or replaces its
 * program, it tells the others to end. They do so on their way back to user mode, and the last one
 * gives back what the process has. A zombie keeps what its parent may ask for: the exit status and
 * the times. Children whose parent ends first are given to the first process.
 *
 * All functions are for threads, unless they say otherwise.
 */
#ifndef KERNEL_PROCESS_PROCESS_H
#define KERNEL_PROCESS_PROCESS_H

#include <fs/file_table.h>
#include <fs/path.h>
#include <kernel/process/limits.h>
#include <kernel/process/signal.h>
#include <kernel/process/user_thread.h>
#include <kernel/process/users.h>
#include <kernel/task/executor.h>
#include <lib/tree.h>
#include <mm/address_space.h>

enum { PROCESS_NAME = 16, PROCESS_FIRST = 1 };

enum { NICENESS_LEAST = -20, NICENESS_MOST = 19 };
/* The one bit of a personality that has an effect (Linux: include/uapi/linux/personality.h). */
enum { ADDR_NO_RANDOMIZE = 0x40000 };

enum process_state { PROCESS_NEW, PROCESS_LIVE, PROCESS_ZOMBIE };

struct process {
    int id, group, session;                    /* the numbers in the next three */
    struct id *number, *group_id, *session_id; /* referenced */
    struct list_node in_group, in_session;
    enum process_state state;
    char name[PROCESS_NAME]; /* of the program; with a NUL */
    struct process *parent;  /* NULL for the first process */
    struct list children;    /* zombies among them, by `sibling` */
    struct list_node sibling;
    struct list threads; /* by `sibling`, oldest first; empty once it is a zombie */
    size_t thread_count;
    struct user_thread *survivor; /* replaces the program, so it alone does not end; or NULL */
    struct wait_queue alone;      /* woken when only one thread is left */

    struct address_space *space; /* NULL once it is a zombie; so are the next two */
    struct file_table *files;
    struct fs_context *fs;
    struct file *program;     /* the file that runs: /proc/PID/exe; NULL for zombies */
    uint32_t uid, euid, suid; /* real, effective, saved; `fs` has those for access to files */
    uint32_t gid, egid, sgid;
    uint64_t lost_rights;   /* capabilities that it has given up until an exec */
    uint64_t unused_rights; /* these, and those that it may take back */
    struct user *user;      /* of `uid`; counts its threads, at least 1. NULL: not set yet */
    bool had_too_many;      /* when it changed its user, that user had reached RLIMIT_NPROC */
    struct limit limits[RLIMIT_COUNT];
    int oom_adjust;       /* OOM_ADJUST_MIN to _MAX; a fork copies this and the next */
    int oom_adjust_least; /* the value that root has set last; others may not go below */
    uint32_t personality; /* of personality(2); a fork copies it, an exec keeps it */

    int niceness;

    struct signals signals;
    size_t stopped_threads;
    int stopping;      /* the signal that stops it, until all threads have stopped; else 0 */
    int stop_signal;   /* the signal that has stopped it, until a wait has reported it; else 0 */
    int exit_signal;   /* the signal that the parent gets at its end, as a rule SIGCHLD; 0: none */
    int exit_status;   /* as wait4() gives it */
    int death_signal;  /* the signal that it gets when its parent ends; 0: none */
    bool stopped;      /* by a signal, until SIGCONT or SIGKILL */
    bool continued;    /* no wait has reported it yet */
    bool ending;       /* all threads but the survivor have been told to end */
    bool is_subreaper; /* becomes the parent of orphans among its descendants */
    bool no_new_privileges;
    bool not_dumpable;
    bool has_executed;   /* a program since its fork; its parent cannot change its group any more */
    bool is_vfork;       /* the caller of vfork waits until it gives the space back */
    bool has_cpu_timers; /* a timer or RLIMIT_CPU needs its processor time to be looked at */
    uint64_t time;       /* of threads that have ended, in ticks of the time stamp counter */
    uint64_t children_time;
    uint64_t user_time, children_user_time; /* the parts of these that were spent in user mode */
    uint64_t start;                         /* by the clock */
    struct list timers;                     /* struct process_timer */
    struct wait_queue changed;              /* woken when a child has ended, stopped or gone on */
    virt_addr_t arguments, arguments_end, environment, environment_end; /* on its stack */
};

/* The process of the running thread. In threads of programs, and interrupt handlers above them. */
static inline struct process *process_current(void)
{
    return user_thread_current()->process;
}

/* The signals that are pending for the thread or its process, and those of them that it does not
 * block. */
static inline uint64_t signals_pending(const struct user_thread *thread)
{
    return thread->process->signals.pending.set | thread->pending.set;
}
static inline uint64_t signals_due(const struct user_thread *thread)
{
    return signals_pending(thread) & ~thread->blocked;
}

/* The oldest thread that has not ended, for what is asked of one thread only; NULL for zombies. */
static inline struct user_thread *process_first_thread(const struct process *process)
{
    struct list_node *node = list_first(&process->threads);
    return node ? CONTAINER_OF(node, struct user_thread, sibling) : NULL;
}

/* All threads of a process: for_each_thread(thread, process) { ... }. The body must not wait. */
#define for_each_thread(thread, process)                                     \
    for (struct user_thread *thread = process_first_thread(process); thread; \
         thread = process_next_thread(process, thread))
static inline struct user_thread *process_next_thread(const struct process *process,
                                                      const struct user_thread *thread)
{
    struct list_node *next = thread->sibling.next;
    return next == &process->threads.head ? NULL : CONTAINER_OF(next, struct user_thread, sibling);
}

/* All processes of a group: for_each_in_group(process, id) { ... }, zombies included. The body must
 * not wait. `id` may be NULL: there are none. */
#define for_each_in_group(process, id)                                  \
    for (struct process *process = process_first_in_group(id); process; \
         process = process_next_in_group(process))
static inline struct process *process_first_in_group(const struct id *id)
{
    struct list_node *node = id ? list_first(&id->group) : NULL;
    return node ? CONTAINER_OF(node, struct process, in_group) : NULL;
}
static inline struct process *process_next_in_group(const struct process *process)
{
    struct list_node *next = process->in_group.next;
    return next == &process->group_id->group.head ? NULL
                                                  : CONTAINER_OF(next, struct process, in_group);
}

/* All processes, in the order of their numbers: for_each_process(process) { ... }. The body may
 * wait only if it leaves the loop then. */
#define for_each_process(process) \
    for (struct process *process = process_next(0); process; process = process_next(process->id))

/* The process of that number, which may be a zombie, or NULL. In tasks and threads. */
struct process *process_find(int number);

/* The same; a thread's number leads to its process, too. */
struct process *process_of_number(int number);

/* The process with the lowest number above `number`, or NULL. In tasks and threads. */
struct process *process_next(int number);

/* How many there are, zombies included. In tasks and threads. */
size_t process_count(void);

/* Makes a process in its parent's group and session, without memory, files and threads. Its number
 * is the lowest free one above the last. `parent` is NULL for the first process. NULL: memory or
 * numbers have run out. */
struct process *process_create(struct process *parent);

/* Moves the process to a group of a session. Each has the number of this process, or has a process
 * already. */
void process_join(struct process *process, int group, int session);

/* Gives the running process a copy of its table of files, if it shares the table with another one.
 * ERROR_OUT_OF_FRAMES: it still shares it. May wait. */
enum error process_unshare_files(void);

/* Frees a process that is a zombie or never ran, and its number. */
void process_forget(struct process *process);

/* Has the process a parent in another group of its session? The parent can then let the process's
 * group go on when it has stopped. The first process does not count as such a parent, as on Linux.
 */
bool process_links_its_group(const struct process *process);

/* Has no live process of the group such a parent? POSIX calls the group orphaned then. */
bool process_group_is_orphaned(int group);

#endif
