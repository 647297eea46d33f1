/*
 * What procfs.c and proc_names.c share: what a name in procfs stands for.
 */
#ifndef FS_PROC_NODE_H
#define FS_PROC_NODE_H

#include <fs/file.h>
#include <fs/proc.h>

enum proc_kind {
    PROC_ROOT,
    PROC_DIRECTORY, /* of entries with slashes in their names */
    PROC_FILE,
    PROC_SELF,
    PROC_PROCESS,
    PROC_PROGRAM, /* exe */
    PROC_WORKING_DIRECTORY,
    PROC_ROOT_DIRECTORY,
    PROC_DESCRIPTORS, /* fd */
    PROC_DESCRIPTOR,
    PROC_DESCRIPTOR_TEXTS, /* fdinfo */
    PROC_DESCRIPTOR_TEXT,
    PROC_TASKS,  /* task: the threads */
    PROC_THREAD, /* one of them; `process` is its number */
};

struct proc_node {
    struct inode inode;
    enum proc_kind kind;
    int process; /* 0: none */
    int fd;
    uint32_t permissions;           /* of a descriptor's link */
    const struct proc_entry *entry; /* a file's; of a directory, one that is in it */
    size_t prefix; /* of a directory: how much of the entry's name it is, with a slash */
    char *target;  /* of a link, once it was asked for; on the heap */
};

/* What kernel/process has registered; NULL: nothing. */
extern const struct proc_processes *proc_processes;

/* The type and permissions, and an inode number that is the same for what is the same, and never 0.
 */
uint32_t proc_node_mode(const struct proc_node *node);
uint64_t proc_node_number(const struct proc_node *node);

/* May only the process's user open it, whatever its mode? */
bool proc_node_is_private(const struct proc_node *node);

/* Describes what a name in the directory stands for. False: there is no such name. In threads. */
bool proc_find(const struct proc_node *directory, const char *name, size_t length,
               struct proc_node *found);

/* Lists the directory, as the operation of a file. In threads. */
enum error proc_list(const struct proc_node *directory, struct file *file, struct entry_sink *sink);

/* Writes the content of /proc/PID/fdinfo/FD. ERROR_NO_ENTRY, ERROR_NO_PROCESS. In threads. */
enum error proc_describe_descriptor(struct text *text, int process, int fd);

/* The file of a process's descriptor, referenced. ERROR_NO_ENTRY, ERROR_NO_PROCESS. In threads. */
enum error proc_get_file(int process, int fd, struct file **file);

#endif
