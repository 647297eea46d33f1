/*
 * The timers of a process, which send it signals: setitimer()'s three and those of timer_create().
 *
 * A timer goes by one of the clocks, and then is an alarm (kernel/task/alarm.h), or by the
 * processor time that the process has used. The latter are looked at whenever the process gets the
 * processor, and at the end of each slice of time.
 */
#ifndef KERNEL_PROCESS_TIMERS_H
#define KERNEL_PROCESS_TIMERS_H

#include <kernel/process/process.h>
#include <kernel/task/alarm.h>

enum timer_clock {
    TIMER_SINCE_START,
    TIMER_TIME_OF_DAY,
    TIMER_PROCESS_TIME, /* of the processor; so are those that follow */
    TIMER_USER_TIME,
    TIMER_THREAD_TIME,
};

/* setitimer()'s. The numbers of timer_create()'s begin with 0. */
enum { TIMER_REAL = -3, TIMER_VIRTUAL, TIMER_PROFILE };

struct process_timer {
    struct list_node node; /* on process->timers */
    struct process *process;
    int id;
    enum timer_clock clock;
    int counted;        /* by TIMER_THREAD_TIME: the thread, by its number */
    int signal;         /* 0: none */
    int thread;         /* the thread that gets it, by its number; 0: any of the process */
    int64_t value;      /* that comes with the signal */
    uint64_t expired;   /* how often, since its signal was taken */
    int last_overrun;   /* how often too many before its signal was last taken */
    struct alarm alarm; /* by one of the clocks */
    uint64_t deadline;  /* in processor time; 0: not set */
    uint64_t period;
};

/* Makes a timer that is not set, by `clock`; its signal can be set afterwards.
 * ERROR_OUT_OF_FRAMES. In threads, like all that follow. */
enum error process_timer_create(struct process *process, int id, enum timer_clock clock,
                                struct process_timer **timer);

/* The timer of that number; NULL: there is none. */
struct process_timer *process_timer_find(const struct process *process, int id);

/* The number above the last one of timer_create()'s. */
int process_timer_next_id(const struct process *process);

/* The time by a timer's clock, in nanoseconds. A thread's is the running one's. */
uint64_t process_timer_now(const struct process *process, enum timer_clock clock);

/* Sets the timer for `time` by its clock, and for each `period` from then on, unless that is 0. */
void process_timer_set(struct process_timer *timer, uint64_t time, uint64_t period);

/* Turns the timer off. */
void process_timer_clear(struct process_timer *timer);

/* How long it is until the timer expires, at least 1 if it is set, and its period. */
void process_timer_get(const struct process_timer *timer, uint64_t *left, uint64_t *period);

/* Deletes the timer, which sends nothing any more. */
void process_timer_delete(struct process_timer *timer);

/* Deletes those of timer_create(), for exec; with `all`, also setitimer()'s. */
void process_timers_delete(struct process *process, bool all);

/* Lets those expire that go by the processor time of the running process. In its threads, or right
 * before they run. */
void process_timers_check(struct process *process);

/* A timer's signal is about to be acted upon: fills in how often it came too often. */
void process_timer_signal_taken(struct process *process, struct signal_info *info);

#endif
