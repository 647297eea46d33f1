/*
 * The watchdog: it names the task that hogs the processor, in time, and the line can be read while
 * the task goes on.
 */
#include <kernel/cpu/cpu.h>
#include <kernel/log/log.h>
#include <kernel/monitor/line.h>
#include <kernel/monitor/monitor.h>
#include <kernel/task/clock.h>
#include <kernel/task/watchdog.h>
#include <lib/string.h>

#include "../test.h"
#include "record.h"

#define NAMED "watchdog: task 'hog' does not yield; it is at "

static void do_nothing(void)
{
}

static void watch_a_hog(void)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct task task = {.name = "hog", .executor = &executor};
    virt_addr_t rip = (virt_addr_t)do_nothing;
    this_cpu()->current = &task;
    for (unsigned poll = 1; poll <= 2; poll++) {
        executor.poll_start++;
        for (uint64_t time = 0; time < WATCHDOG_LIMIT; time += WATCHDOG_LIMIT / 8)
            EXPECT(!watchdog_look(time, rip));
        EXPECT_EQ(log_count(NAMED "do_nothing+0x0"), poll - 1);
        EXPECT(watchdog_look(WATCHDOG_LIMIT, rip));
        EXPECT_EQ(log_count(NAMED "do_nothing+0x0"), poll);
        EXPECT(watchdog_look(3 * WATCHDOG_LIMIT, rip));
        EXPECT_EQ(log_count(NAMED "do_nothing+0x0"), poll);
    }
    this_cpu()->current = NULL;
    EXPECT(!watchdog_look(5 * WATCHDOG_LIMIT, rip));
    EXPECT(!watchdog_look(7 * WATCHDOG_LIMIT, rip));
    EXPECT_EQ(log_count(NAMED "do_nothing+0x0"), 2);
}

/* The timer interrupt would have the watchdog look at another executor in between. */
TEST(watchdog, names_a_hog_once)
{
    uint64_t flags = interrupts_save();
    watch_a_hog();
    interrupts_restore(flags);
}

static const char *awaited;

/* Hogs until the awaited text is shown, or for much longer than a task may. The result says whether
 * the text was shown. */
static enum poll_result poll_hog(struct task *task)
{
    uint64_t limit = clock_now() + 20 * WATCHDOG_LIMIT;
    while (!record_count(awaited) && clock_now() < limit)
        wait_for_interrupt();
    task->result = record_count(awaited);
    return POLL_READY;
}

/* Runs the hog on the kernel's own executor, which the watchdog looks at. True when the text was
 * shown while it ran. */
static bool hog_until(const char *text)
{
    static struct task hog = {.name = "hog", .poll = poll_hog};
    awaited = text;
    executor_spawn(monitor_executor(), &hog);
    executor_block_on(monitor_executor(), &hog);
    return hog.result != 0;
}

TEST(watchdog, the_line_is_shown_while_the_hog_goes_on)
{
    record_start();
    EXPECT(hog_until(NAMED));
    EXPECT_EQ(record_count(NAMED), 1);
}

/* The log's line comes once, and then the line that was typed is drawn again, once. */
TEST(watchdog, the_line_goes_above_what_is_typed)
{
    monitor_start(monitor_executor());
    executor_run_ready(monitor_executor());
    line_feed(LINE_SERIAL, 'a');
    line_feed(LINE_SERIAL, 'b');
    record_start();
    EXPECT(hog_until("\ncairn> ab"));
    EXPECT_EQ(record_count("\033[J\r["), 1);
    EXPECT_EQ(record_count(NAMED), 1);
    EXPECT_EQ(record_count("\ncairn> ab"), 1);
    const char *text = record_text();
    EXPECT_STR(text + strlen(text) - strlen("\ncairn> ab"), "\ncairn> ab");
}
