/*
 * The numbers of processes and threads, which come from one range: Linux's struct pid. A process
 * has the number of its first thread. Groups of processes and sessions are named after a process
 * that may have ended long ago, so a number is in use as long as anything has it.
 *
 * In tasks and threads, like all of it.
 */
#ifndef KERNEL_PROCESS_IDS_H
#define KERNEL_PROCESS_IDS_H

#include <error.h>
#include <kernel/task/waker.h>
#include <lib/list.h>
#include <lib/tree.h>

enum {
    ID_FIRST_REUSED = 300, /* lower ones are given out once: Linux's RESERVED_PIDS */
    ID_LEAST_LIMIT = 301,  /* Linux's limits of pid_max, and what it is at first */
    ID_FIRST_LIMIT = 32768,
    ID_MOST_LIMIT = 4194304,
};

struct process;
struct user_thread;

struct id {
    struct tree_node node;
    int number;
    size_t references;
    struct process *process;    /* of that number, zombies included; NULL: none */
    struct user_thread *thread; /* likewise */
    struct wait_queue ended;    /* where others wait for the process's end */
    struct list group, session; /* the processes whose group or session has that number */
};

/* Takes the next number that is free, with one reference. NULL when memory or numbers are out. The
 * cost is that of looking it up, however many are in use. */
struct id *id_create(void);

/* Is every number below the limit in use? The cost is that of a search through all. */
bool ids_are_out(void);

/* New numbers are below this limit: Linux's pid_max. Setting it leaves the numbers in use alone.
 * ERROR_INVALID: too low or too high. */
int id_limit(void);
enum error id_set_limit(uint64_t limit);

/* The number that was taken last, and how many have been taken. */
int id_last(void);
uint64_t id_count_created(void);

/* The number in use, or NULL. Adds no reference. */
struct id *id_find(int number);

/* The first one with a process above `number`, or NULL: O(log n) for each number without one. */
struct id *id_next_process(int number);

/* The first one above `number` with a thread of the process, or NULL: likewise. */
struct id *id_next_thread(const struct process *process, int number);

/* Adds a reference, and drops one; with the last one, the number is free again. */
void id_reference(struct id *id);
void id_release(struct id *id);

#endif
