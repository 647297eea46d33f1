/*
 * procfs: files whose content is made up when they are read. Higher floors add entries, and say
 * which processes there are.
 */
#ifndef FS_PROC_H
#define FS_PROC_H

#include <fs/file_table.h>
#include <fs/path.h>
#include <fs/text.h>

/* A file /proc/NAME, or below /proc/PID (`process` is PID then, else 0), or below
 * /proc/PID/task/TID (`process` is TID then). */
struct proc_entry {
    const char *name; /* may have slashes: sys/kernel/pid_max; its directories come by themselves */
    /* Writes the content. ERROR_NO_PROCESS: the process is gone. In threads; may wait. */
    enum error (*write)(struct text *text, int process);
    /* Takes what a program has written there, with a NUL and without a line's end. NULL: the file
     * cannot be written to. In threads. */
    enum error (*store)(const char *text, int process);
    bool is_private; /* only the process's user may open it */
    bool is_hidden;  /* and its mode says so */
    struct list_node node;
};

/* Adds /proc/NAME. In set-up code. */
void proc_add(struct proc_entry *entry);

/* What kernel/process tells of processes. Each function in threads. A thread's number is as good as
 * its process's, except for `next`. */
struct proc_processes {
    /* The number of the running process, and of the one with the lowest number above `process`; 0:
     * there is none. */
    int (*current)(void);
    int (*next)(int process);
    /* Likewise the thread of a process with the lowest number above `thread`. */
    int (*next_thread)(int process, int thread);
    /* Its effective user and group. False: there is no such process. */
    bool (*owner)(int process, uint32_t *uid, uint32_t *gid);
    /* Referenced; ERROR_NO_PROCESS, ERROR_NO_ENTRY where it has none. */
    enum error (*program)(int process, struct path *path); /* exe */
    enum error (*context)(int process, struct fs_context **context);
    enum error (*files)(int process, struct file_table **table);
    /* The files of /proc/PID, such as stat and cmdline, without slashes. */
    const struct proc_entry *entries;
    size_t entry_count;
    /* Those of /proc/PID/task/TID. */
    const struct proc_entry *thread_entries;
    size_t thread_entry_count;
};

/* Sets it. In set-up code. */
void proc_set_processes(const struct proc_processes *hooks);

/* The process whose directory /proc/PID an inode is; 0: it is something else. */
int proc_process_of(struct inode *inode);

#endif
