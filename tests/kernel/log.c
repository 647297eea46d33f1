/*
 * Lines that handlers log at the worst moments: an NMI or a breakpoint, whose handlers log a line,
 * is raised in the middle of what is shown.
 */
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/task/clock.h>
#include <lib/format.h>

#include "../test.h"
#include "record.h"

#define LINE_OF_HANDLER    "] fault: non-maskable interrupt"
#define LINE_OF_BREAKPOINT "] fault: breakpoint"

static void log_in_handler(void)
{
    __asm__ volatile("int $2" : : : "memory");
}

static void log_in_breakpoint(void)
{
    __asm__ volatile("int3" : : : "memory");
}

TEST(log, a_line_from_a_handler_waits_for_its_turn)
{
    record_start();
    log_in_handler();
    EXPECT_EQ(record_count(""), 0);
    EXPECT(log_pending());
    log_flush();
    EXPECT(!log_pending());
    EXPECT_EQ(record_count(LINE_OF_HANDLER), 1);
}

TEST(log, a_handler_in_the_middle_of_a_line_does_not_tear_it)
{
    record_start();
    record_interrupt(log_in_handler);
    log_info("test: a whole line");
    EXPECT_EQ(record_count("] test: a whole line\n["), 1);
    EXPECT_EQ(record_count(LINE_OF_HANDLER), 1);
    EXPECT(!log_pending());
}

/* An exception's handler would show its line at once. */
TEST(log, an_exception_in_the_middle_of_a_line_does_not_tear_it)
{
    record_start();
    record_interrupt(log_in_breakpoint);
    log_info("test: a whole line");
    EXPECT_EQ(record_count("] test: a whole line\n["), 1);
    EXPECT_EQ(record_count(LINE_OF_BREAKPOINT), 1);
    EXPECT(!log_pending());
}

/* Interrupts arrive while lines are being written and shown: each line comes out whole and once. */
TEST(log, lines_stay_whole_under_timer_interrupts)
{
    enum { LINES = 200 };
    record_start();
    for (unsigned i = 0; i < LINES; i++) {
        record_interrupt(i % 3 == 0 ? log_in_handler : NULL);
        log_info("test: number %u", i);
    }
    char expected[32];
    for (unsigned i = 0; i < LINES; i++) {
        snprintf(expected, sizeof(expected), "] test: number %u\n", i);
        EXPECT_EQ(record_count(expected), 1);
    }
    EXPECT_EQ(record_count(LINE_OF_HANDLER), (LINES + 2) / 3);
}

TEST(log, more_lines_than_the_ring_holds_are_counted_as_lost)
{
    record_start();
    for (unsigned i = 0; i < 300; i++)
        log_in_handler();
    log_flush();
    EXPECT_EQ(record_count("[log: 44 lines lost]\n"), 1);
    EXPECT_EQ(record_count(LINE_OF_HANDLER), 256);
}

TEST(log, lines_below_the_level_are_not_shown)
{
    record_start();
    log_set_level(LOG_WARNING);
    log_info("test: hidden");
    log_warn("test: shown");
    log_write(LOG_ALWAYS, "test: always");
    log_set_level(LOG_INFO);
    EXPECT_EQ(record_count("hidden"), 0);
    EXPECT_EQ(record_count("shown"), 1);
    EXPECT_EQ(record_count("always"), 1);
    enum log_level level;
    EXPECT_EQ(log_parse_level("debug", &level), OK);
    EXPECT_EQ(level, LOG_DEBUG);
    EXPECT_EQ(log_parse_level("loud", &level), ERROR_INVALID);
}

TEST(log, the_ring_keeps_what_was_not_shown)
{
    EXPECT_EQ(log_count("] test: hidden"), 1);
}

/* The timer's handler does this when a task does not let others run. */
static uint64_t flush_in_the_midst(void)
{
    log_flush();
    return 0;
}

/* The log asks for the time while it is adding a line. */
TEST(log, a_line_that_is_being_added_is_shown_when_it_is_there)
{
    record_start();
    log_set_clock(flush_in_the_midst);
    log_info("test: begun and ended");
    log_set_clock(clock_now);
    EXPECT_EQ(record_count("] test: begun and ended\n"), 1);
}

/* A screen that the timer's handler interrupts at each write, to show what is pending. */
static bool interrupts_screen, screen_writes;
static unsigned entered_twice;

static void write_interrupted(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    (void)text;
    (void)length;
    entered_twice += screen_writes;
    if (!interrupts_screen)
        return;
    screen_writes = true;
    log_flush();
    screen_writes = false;
}

/* Not for its colours, either. */
TEST(log, a_sink_is_not_entered_twice)
{
    static struct console_sink screen = {.write = write_interrupted, .rows = 25, .columns = 80};
    console_add_sink(&screen);
    log_in_handler();
    interrupts_screen = true;
    log_print(LOG_ERROR, "red\n", 4);
    interrupts_screen = false;
    EXPECT_EQ(entered_twice, 0);
    EXPECT(log_pending());
    log_flush();
}

static unsigned hooks_called;

static void count_hook(void)
{
    hooks_called++;
}

TEST(log, hooks_stand_around_what_is_shown)
{
    log_set_line_hooks(count_hook, count_hook);
    log_info("test: between the hooks");
    log_flush();
    log_set_line_hooks(NULL, NULL);
    EXPECT_EQ(hooks_called, 2);
}

/* Text from outside may be in a line, such as a word of the command line. */
TEST(log, control_characters_are_shown_and_not_sent)
{
    record_start();
    log_info("test: '%s'", "\033[2J\xc2\x9b"
                           "1m\xff\xc3\xa4");
    EXPECT_EQ(record_count("] test: '?[2J?1m?\xc3\xa4'\n"), 1);
}
