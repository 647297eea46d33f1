/*
 * The processor time that processes and threads have used, exactly: the time stamp counter is read
 * at each way into the kernel and back, and when the processor changes threads.
 */
#ifndef KERNEL_PROCESS_CPU_TIME_H
#define KERNEL_PROCESS_CPU_TIME_H

#include <kernel/process/process.h>

/* In ticks of the time stamp counter. */
struct cpu_time {
    uint64_t total; /* in user mode and in the kernel */
    uint64_t user;  /* at most `total` */
};

/* A thread's, up to this moment. In threads and tasks, like all that follow. */
struct cpu_time thread_cpu_time(const struct user_thread *thread);

/* That of all threads of a process, those that have ended included. */
struct cpu_time process_cpu_time(const struct process *process);

/* That of its children for which it has waited, and theirs. */
struct cpu_time process_children_time(const struct process *process);

/* The parts in nanoseconds. They do not add up to more than the total. */
uint64_t cpu_time_user(struct cpu_time time);
uint64_t cpu_time_system(struct cpu_time time);

#endif
