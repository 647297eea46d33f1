/*
 * Lines that interrupt handlers log at the worst moments. A sink of the test's own records what is
 * shown, and raises a breakpoint, whose handler logs a line, in the middle of it.
 */
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <lib/format.h>
#include <lib/string.h>

#include "../test.h"

#define LINE_OF_HANDLER "] fault: breakpoint"

static char record[65536];
static size_t recorded;
static bool raise_in_sink;

static void log_in_handler(void)
{
    __asm__ volatile("int3" : : : "memory");
}

static void record_text(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    for (; length && recorded < sizeof(record) - 1; length--) {
        record[recorded++] = *text++;
        if (raise_in_sink) {
            raise_in_sink = false;
            log_in_handler();
        }
    }
    record[recorded] = '\0';
}

static struct console_sink sink = {.write = record_text};

static void start_recording(void)
{
    static bool added;
    if (!added) {
        console_add_sink(&sink);
        added = true;
    }
    recorded = 0;
    record[0] = '\0';
}

/* How often `text` stands in the record. */
static unsigned count(const char *text)
{
    unsigned found = 0;
    size_t length = strlen(text);
    for (const char *at = record; *at; at++)
        found += strncmp(at, text, length) == 0;
    return found;
}

TEST(log, a_line_from_a_handler_waits_for_its_turn)
{
    start_recording();
    log_in_handler();
    EXPECT_EQ(recorded, 0);
    EXPECT(log_pending());
    log_flush();
    EXPECT(!log_pending());
    EXPECT_EQ(count(LINE_OF_HANDLER), 1);
}

TEST(log, a_handler_in_the_middle_of_a_line_does_not_tear_it)
{
    start_recording();
    raise_in_sink = true;
    log_info("test: a whole line");
    EXPECT_EQ(count("] test: a whole line\n["), 1);
    EXPECT_EQ(count(LINE_OF_HANDLER), 1);
    EXPECT(!log_pending());
}

/* Interrupts arrive while lines are being written and shown: each line comes out whole and once. */
TEST(log, lines_stay_whole_under_timer_interrupts)
{
    enum { LINES = 200 };
    start_recording();
    for (unsigned i = 0; i < LINES; i++) {
        raise_in_sink = i % 3 == 0;
        log_info("test: number %u", i);
    }
    char expected[32];
    for (unsigned i = 0; i < LINES; i++) {
        snprintf(expected, sizeof(expected), "] test: number %u\n", i);
        EXPECT_EQ(count(expected), 1);
    }
    EXPECT_EQ(count(LINE_OF_HANDLER), (LINES + 2) / 3);
}

TEST(log, more_lines_than_the_ring_holds_are_counted_as_lost)
{
    start_recording();
    for (unsigned i = 0; i < 300; i++)
        log_in_handler();
    log_flush();
    EXPECT_EQ(count("[log: 44 lines lost]\n"), 1);
    EXPECT_EQ(count(LINE_OF_HANDLER), 256);
}

TEST(log, levels)
{
    start_recording();
    log_set_level(LOG_WARNING);
    log_info("test: hidden");
    log_warn("test: shown");
    log_write(LOG_ALWAYS, "test: always");
    log_set_level(LOG_INFO);
    EXPECT_EQ(count("hidden"), 0);
    EXPECT_EQ(count("shown"), 1);
    EXPECT_EQ(count("always"), 1);
    enum log_level level;
    EXPECT_EQ(log_parse_level("debug", &level), OK);
    EXPECT_EQ(level, LOG_DEBUG);
    EXPECT_EQ(log_parse_level("loud", &level), ERROR_INVALID);
}

static void find_hidden(void *context, enum log_level level, const char *line)
{
    bool *found = context;
    size_t length = strlen(line);
    if (level == LOG_INFO && length > 14 && strcmp(line + length - 14, "] test: hidden") == 0)
        *found = true;
}

TEST(log, the_ring_keeps_what_was_not_shown)
{
    bool found = false;
    log_for_each(find_hidden, &found);
    EXPECT(found);
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
