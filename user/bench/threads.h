/*
 * Threads, as pthread_create() makes them and pthread_join() waits for them. Their stacks come from
 * mmap(), and the last page is a guard.
 */
#ifndef USER_BENCH_THREADS_H
#define USER_BENCH_THREADS_H

struct thread {
    char *stack;
    int id; /* 0 once it has ended */
};

/* Starts a thread, or ends the program. It ends when `run` returns. */
void thread_start(struct thread *thread, void (*run)(void *argument), void *argument);

/* Waits for its end. */
void thread_join(struct thread *thread);

#endif
