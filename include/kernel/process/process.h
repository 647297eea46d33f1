/*
 * Processes: a program, or what is left of one, with its memory, files and signals.
 *
 *     NEW ----> LIVE ---- process_exit(), also by a signal ----> ZOMBIE ---- parent's wait ---->
 * gone
 *
 * A process has a thread (struct user_thread) while it is live, and takes no signals before that.
 * What its parent is told later, the exit status and the times, stays until the parent has asked.
 * Children whose parent ends first are given to the first process.
 *
 * All functions are for threads, unless they say otherwise.
 */
#ifndef KERNEL_PROCESS_PROCESS_H
#define KERNEL_PROCESS_PROCESS_H

#include <fs/file_table.h>
#include <fs/path.h>
#include <kernel/process/signal.h>
#include <kernel/process/user_thread.h>
#include <kernel/task/executor.h>
#include <lib/tree.h>
#include <mm/address_space.h>

enum { PROCESS_NAME = 16, PROCESS_MAX_ID = 32767, PROCESS_FIRST = 1 };

enum process_state { PROCESS_NEW, PROCESS_LIVE, PROCESS_ZOMBIE };

struct process {
    int id, group, session;
    enum process_state state;
    char name[PROCESS_NAME]; /* of the program; with a NUL */
    struct process *parent;  /* NULL for the first process */
    struct list children;    /* zombies among them, by `sibling` */
    struct list_node sibling;
    struct tree_node by_id;
    struct user_thread *thread; /* NULL once it is a zombie */

    struct address_space *space; /* NULL once it is a zombie; so are the next two */
    struct file_table *files;
    struct fs_context *fs;
    struct file *program; /* the file that runs: /proc/PID/exe; NULL for zombies */
    uint32_t uid, euid, gid, egid;

    struct signals signals;
    bool stopped;      /* by a signal, until SIGCONT or SIGKILL */
    int stop_signal;   /* that a wait has not reported yet; 0: none */
    bool continued;    /* likewise */
    int exit_signal;   /* what the parent gets at the end: SIGCHLD */
    int exit_status;   /* as wait4() gives it */
    bool has_executed; /* since its fork: its parent may not move it to another group */
    bool is_vfork;     /* its parent waits until it gives the space back */
    uint64_t time;     /* of its ended threads, in ticks of the time stamp counter */
    uint64_t children_time;
    uint64_t start;            /* by the clock */
    struct alarm *alarm;       /* NULL: it is not set */
    struct wait_queue changed; /* a child has ended, stopped or gone on; or the vfork is over */
    virt_addr_t arguments, arguments_end, environment, environment_end; /* on its stack */
};

/* The process of the running thread. Any context in which a program's thread runs. */
static inline struct process *process_current(void)
{
    return user_thread_current()->process;
}

/* The thread's pending signals that it does not block. */
static inline uint64_t signals_due(const struct user_thread *thread)
{
    return thread->process->signals.pending & ~thread->blocked;
}

/* All processes, in the order of their numbers: for_each_process(process) { ... }. The body may
 * wait only if it leaves the loop then. */
#define for_each_process(process) \
    for (struct process *process = process_next(0); process; process = process_next(process->id))

/* The live or dead process of that number, or NULL. In tasks and threads. */
struct process *process_find(int id);

/* The process with the lowest number above `id`, or NULL. In tasks and threads. */
struct process *process_next(int id);

/* How many there are, zombies included. In tasks and threads. */
size_t process_count(void);

/* A new process with the lowest free number above the last one's, without memory, files and thread.
 * Its parent is the running one, or none for the first. NULL when memory or numbers are out. */
struct process *process_create(struct process *parent);

/* Forgets a process that is a zombie, or that never ran. */
void process_forget(struct process *process);

/* Gives it a name: the last part of a path. */
void process_set_name(struct process *process, const char *path);

/* Is no process of the group's a child of one in another group of its session? Then nothing would
 * make it go on if it stopped (POSIX: orphaned). The first process does not count, as on Linux. */
bool process_group_is_orphaned(int group, int session);

#endif
