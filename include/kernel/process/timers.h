/*
 * The timers of a process, which send it signals: the three of setitimer() and those of
 * timer_create().
 *
 * A timer that goes by a clock is an alarm (kernel/task/alarm.h). A timer that goes by the
 * processor time of the process is checked whenever the process gets the processor, and at the end
 * of each of its slices of time.
 */
#ifndef KERNEL_PROCESS_TIMERS_H
#define KERNEL_PROCESS_TIMERS_H

#include <kernel/process/process.h>
#include <kernel/task/alarm.h>

enum timer_clock {
    TIMER_SINCE_START,
    TIMER_TIME_OF_DAY,
    TIMER_PROCESS_TIME, /* this and those that follow are processor time */
    TIMER_USER_TIME,
    TIMER_THREAD_TIME,
};

enum { PROCESS_TIMERS_MAX = 1024 };

/* The numbers of setitimer()'s timers. Those of timer_create() begin with 0. */
enum { TIMER_REAL = -3, TIMER_VIRTUAL, TIMER_PROFILE };

struct process_timer {
    struct list_node node; /* on process->timers */
    struct process *process;
    int id;
    enum timer_clock clock;
    int counted;        /* with TIMER_THREAD_TIME: the number of the thread whose time counts */
    int signal;         /* 0: none */
    int thread;         /* the number of the thread that gets the signal; 0: any of the process */
    int64_t value;      /* that comes with the signal */
    uint64_t expired;   /* how often, since its signal was last taken */
    int last_overrun;   /* how often beyond once when its signal was last taken */
    struct alarm alarm; /* of a timer that goes by a clock */
    uint64_t deadline;  /* in processor time; 0: not set */
    uint64_t period;
};

/* Makes a timer that goes by `clock` and is not set; the caller then sets its signal.
 * ERROR_OUT_OF_FRAMES. In threads, like all that follow. */
enum error process_timer_create(struct process *process, int id, enum timer_clock clock,
                                struct process_timer **timer);

/* The timer of that number; NULL: there is none. */
struct process_timer *process_timer_find(const struct process *process, int id);

/* A number for a further timer of timer_create(); -1: the process has PROCESS_TIMERS_MAX timers. */
int process_timer_next_id(const struct process *process);

/* The time by a timer's clock, in nanoseconds. TIMER_THREAD_TIME is that of the running thread. */
uint64_t process_timer_now(const struct process *process, enum timer_clock clock);

/* Sets the timer to expire at `time` by its clock, and from then on after each `period` unless that
 * is 0. In nanoseconds. */
void process_timer_set(struct process_timer *timer, uint64_t time, uint64_t period);

/* Turns the timer off. */
void process_timer_clear(struct process_timer *timer);

/* The nanoseconds until the timer expires, at least 1; 0 if it is not set. And its period. */
void process_timer_get(const struct process_timer *timer, uint64_t *left, uint64_t *period);

/* Deletes the timer; it sends no signal any more. */
void process_timer_delete(struct process_timer *timer);

/* Deletes the timers of timer_create(), for exec; with `all` those of setitimer(), too. */
void process_timers_delete(struct process *process, bool all);

/* Lets timers that go by the processor time of the process expire, and keeps RLIMIT_CPU. In its
 * threads, or right before one of them runs. */
void process_timers_check(struct process *process);

/* Called when a signal is taken. If it is a timer's, fills in how often the timer has expired
 * beyond once. */
void process_timer_signal_taken(struct process *process, struct signal_info *info);

#endif
