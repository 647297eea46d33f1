/*
 * The numbers of processes and threads, which come from one range: Linux's struct pid. A process
 * has the number of its first thread. A group of processes and a session have the number of a
 * process that may have ended long ago, so a number is in use as long as anything has it.
 *
 * All functions are for tasks and threads.
 */
#ifndef KERNEL_PROCESS_IDS_H
#define KERNEL_PROCESS_IDS_H

#include <error.h>
#include <kernel/task/waker.h>
#include <lib/list.h>
#include <lib/tree.h>

enum {
    ID_FIRST_REUSED = 300, /* lower ones are given out once: Linux's RESERVED_PIDS */
    ID_LEAST_LIMIT = 301,  /* pid_max: its least, its first and its highest value, as on Linux */
    ID_FIRST_LIMIT = 32768,
    ID_MOST_LIMIT = 4194304,
};

struct process;
struct user_thread;

struct id {
    struct tree_node node;
    int number;
    size_t references;
    struct process *process;    /* that has the number, zombies included; NULL: none */
    struct user_thread *thread; /* likewise */
    struct wait_queue ended;    /* woken at the process's end, and when a vfork is over */
    struct list group, session; /* the processes whose group or session has that number */
};

/* Takes the next free number, with one reference. NULL: memory or numbers have run out. O(log n)
 * while the numbers above the last one are free; otherwise it searches past those in use. */
struct id *id_create(void);

/* Is every number below the limit in use? Searches through all of them. */
bool ids_are_out(void);

/* The limit that new numbers are below: Linux's pid_max. Numbers in use stay as they are.
 * ERROR_INVALID: too low or too high. */
int id_limit(void);
enum error id_set_limit(uint64_t limit);

/* The number that was taken last, and how many have been taken. */
int id_last(void);
uint64_t id_count_created(void);

/* The number in use, or NULL. Adds no reference. */
struct id *id_find(int number);

/* The first number above `number` that a process has, or NULL. O(log n), and as much again for each
 * number without a process in between. */
struct id *id_next_process(int number);

/* The same for a thread of `process`. */
struct id *id_next_thread(const struct process *process, int number);

/* Adds a reference, and drops one; dropping the last one frees the number. */
void id_reference(struct id *id);
void id_release(struct id *id);

#endif
