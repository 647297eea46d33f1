/*
 * Every five seconds a task counts the threads that run or could run, and moves each average
 * towards that number, by a factor that makes it an average over 1, 5 or 15 minutes. The factors,
 * e^(-5/60), e^(-5/300) and e^(-5/900), and the averages are fractions of 2048, as on Linux
 * (include/linux/sched/loadavg.h).
 */
#include <fs/proc.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/cpu.h>
#include <kernel/process/cpu_time.h>
#include <kernel/process/load.h>
#include <kernel/process/process.h>
#include <kernel/task/sleep.h>

enum { ONE = 2048, AVERAGES = 3 };

#define PERIOD (5 * NANOSECONDS_PER_SECOND)

static uint64_t averages[AVERAGES];
static uint64_t switches;
static const struct executor *processor; /* counts the idle time */

void load_note_switch(void)
{
    switches++;
}

static unsigned count_running(void)
{
    unsigned count = 0;
    for_each_process(process) {
        for_each_thread(thread, process) {
            bool runs = &thread->thread == thread_current();
            count += runs || !thread->thread.task.waiting;
        }
    }
    return count;
}

/* A zombie counts as a thread. */
static unsigned count_threads(void)
{
    unsigned count = 0;
    for_each_process(process)
        count += MAX(process->thread_count, 1u);
    return count;
}

static void average(unsigned running)
{
    static const uint64_t factors[AVERAGES] = {1884, 2014, 2037};
    for (unsigned i = 0; i < AVERAGES; i++) {
        uint64_t active = (uint64_t)running * ONE, up = active >= averages[i] ? ONE - 1 : 0;
        averages[i] = (averages[i] * factors[i] + active * (ONE - factors[i]) + up) / ONE;
    }
}

static enum poll_result poll(struct task *task)
{
    static struct interval interval;
    uint64_t periods;
    if (task->polls == 1)
        interval_start(&interval, PERIOD);
    while (interval_poll(&interval, task, &periods) == POLL_READY) {
        for (; periods > 0; periods--)
            average(count_running());
    }
    return POLL_PENDING;
}

/* --- /proc ----------------------------------------------------------------------------------- */

static enum error write_loadavg(struct text *text, int process)
{
    enum { HALF_A_HUNDREDTH = ONE / 200 };
    (void)process;
    for (unsigned i = 0; i < AVERAGES; i++) {
        uint64_t load = averages[i] + HALF_A_HUNDREDTH;
        text_printf(text, "%lu.%02lu ", load / ONE, load % ONE * 100 / ONE);
    }
    text_printf(text, "%u/%u %d\n", count_running(), count_threads(), id_last());
    return OK;
}

static uint64_t count_interrupts(void)
{
    uint64_t count = 0;
    for (unsigned vector = EXCEPTION_COUNT; vector < VECTOR_COUNT; vector++)
        count += trap_count(vector);
    return count;
}

/* All time that is neither user time nor idle is the kernel's. */
static enum error write_stat(struct text *text, int process)
{
    uint64_t now = clock_now(), idle = clock_from_tsc(processor->idle);
    uint64_t user = clock_from_tsc(this_cpu()->user_time);
    uint64_t system = now > user + idle ? now - user - idle : 0;
    (void)process;
    for (const char *const *name = (const char *const[]){"cpu ", "cpu0", NULL}; *name; name++)
        text_printf(text, "%s %lu 0 %lu %lu 0 0 0 0 0 0\n", *name, to_clock_ticks(user),
                    to_clock_ticks(system), to_clock_ticks(idle));
    int64_t boot = (clock_real_now() - (int64_t)now) / (int64_t)NANOSECONDS_PER_SECOND;
    text_printf(text, "intr %lu\nctxt %lu\nbtime %ld\n", count_interrupts(), switches, boot);
    text_printf(text, "processes %lu\nprocs_running %u\nprocs_blocked 0\n", id_count_created(),
                count_running());
    return OK;
}

/* There is no swap, and nothing counts disks and faults. */
static enum error write_vmstat(struct text *text, int process)
{
    static const char *const names[] = {"pgpgin",  "pgpgout", "pswpin",
                                        "pswpout", "pgfault", "pgmajfault"};
    (void)process;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        text_printf(text, "%s 0\n", names[i]);
    return OK;
}

void load_start(struct executor *executor)
{
    static struct task task = {.name = "load", .poll = poll};
    static struct proc_entry entries[] = {
        {.name = "loadavg", .write = write_loadavg},
        {.name = "stat", .write = write_stat},
        {.name = "vmstat", .write = write_vmstat},
    };
    processor = executor;
    executor_spawn(executor, &task);
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
        proc_add(&entries[i]);
}
