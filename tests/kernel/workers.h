/*
 * Threads that run a function of a test, for what only threads may do.
 */
#ifndef TESTS_KERNEL_WORKERS_H
#define TESTS_KERNEL_WORKERS_H

#include <kernel/task/executor.h>
#include <kernel/task/thread.h>

struct worker {
    struct thread thread;
    void (*work)(struct worker *worker);
    bool done; /* work() has returned */
};

/* Starts it on the executor. False when there is no stack for it. */
bool worker_start(struct executor *executor, struct worker *worker, void (*work)(struct worker *));

/* Runs one function in a thread, on an executor of its own, until nothing is ready. False when it
 * has not returned by then. */
bool worker_run(void (*work)(struct worker *));

/* The same with two threads; the second one runs when the first one waits or has returned. */
bool worker_run_both(void (*first)(struct worker *), void (*second)(struct worker *));

#endif
