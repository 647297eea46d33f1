/*
 * The processor time that processes and threads have used. It is exact: the time stamp counter is
 * read on each way into the kernel and back, and whenever another thread gets the processor.
 */
#ifndef KERNEL_PROCESS_CPU_TIME_H
#define KERNEL_PROCESS_CPU_TIME_H

#include <kernel/process/process.h>
#include <kernel/task/clock.h>

/* In ticks of the time stamp counter. */
struct cpu_time {
    uint64_t total; /* in user mode and in the kernel */
    uint64_t user;  /* at most `total` */
};

/* The time of a thread, up to this moment. In threads and tasks, like all that follow. */
struct cpu_time thread_cpu_time(const struct user_thread *thread);

/* The time of all threads of a process, including those that have ended. */
struct cpu_time process_cpu_time(const struct process *process);

/* The time of the children that the process has waited for, and of their children. */
struct cpu_time process_children_time(const struct process *process);

/* The two parts of a time, in nanoseconds. Their sum is not larger than the total. */
uint64_t cpu_time_user(struct cpu_time time);
uint64_t cpu_time_system(struct cpu_time time);

/* The unit in which programs are told processor time (AT_CLKTCK, /proc): ticks of a hundredth of a
 * second, whatever the timer does. Any context. */
enum { CLOCK_TICKS_PER_SECOND = 100 };
static inline uint64_t to_clock_ticks(uint64_t nanoseconds)
{
    return nanoseconds / (NANOSECONDS_PER_SECOND / CLOCK_TICKS_PER_SECOND);
}

#endif
