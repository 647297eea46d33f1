/*
 * Threads that read a terminal and write to it, and wait.
 */
#include <kernel/task/sleep.h>
#include <kernel/tty/controls.h>
#include <lib/string.h>

#include "../live_tasks.h"
#include "../test.h"
#include "fake_tty.h"

/* --- Reading ---------------------------------------------------------------------------------- */

TEST(terminals, a_read_waits_for_a_line)
{
    fake_tty_begin();
    fake_tty_start_read(64, O_RDWR);
    fake_tty_type_and_run("ls -l");
    EXPECT(!fake_tty.reader.over);
    fake_tty_type_and_run("\r");
    EXPECT(fake_tty.reader.over);
    EXPECT_EQ(fake_tty.reader.error, OK);
    EXPECT_STR(fake_tty.reader.bytes, "ls -l\n");
    EXPECT_STR(fake_tty_seen(), "ls -l\r\n");
    EXPECT_EQ(live_tasks(&fake_tty.executor), 0);
}

TEST(terminals, a_short_read_leaves_the_rest_of_the_line)
{
    fake_tty_begin();
    fake_tty_type("abcdef\rgh\r");
    fake_tty_start_read(4, O_RDWR);
    EXPECT_STR(fake_tty.reader.bytes, "abcd");
    fake_tty_start_read(64, O_RDWR);
    EXPECT_STR(fake_tty.reader.bytes, "ef\n");
    fake_tty_start_read(64, O_RDWR);
    EXPECT_STR(fake_tty.reader.bytes, "gh\n");
}

TEST(terminals, a_long_line_is_read_in_pieces)
{
    fake_tty_begin();
    for (unsigned i = 0; i < 1000; i++)
        fake_tty_type("0123");
    fake_tty_type("\r");
    fake_tty.shown_count = 0;
    fake_tty_start_read(sizeof(fake_tty.reader.bytes), O_RDWR);
    EXPECT(fake_tty.reader.over);
    EXPECT_EQ(fake_tty.reader.moved, 4001);
    EXPECT(memcmp(fake_tty.reader.bytes + 3992, "01230123\n", 9) == 0);
}

TEST(terminals, an_end_of_file_ends_a_read_with_nothing)
{
    fake_tty_begin();
    fake_tty_start_read(64, O_RDWR);
    fake_tty_type_and_run("\x04");
    EXPECT(fake_tty.reader.over);
    EXPECT_EQ(fake_tty.reader.error, OK);
    EXPECT_EQ(fake_tty.reader.moved, 0);
}

TEST(terminals, a_read_that_may_not_wait_says_so)
{
    fake_tty_begin();
    fake_tty_start_read(64, O_RDWR | O_NONBLOCK);
    EXPECT_EQ(fake_tty.reader.error, ERROR_AGAIN);
    fake_tty_type("no end");
    fake_tty_start_read(64, O_RDWR | O_NONBLOCK);
    EXPECT_EQ(fake_tty.reader.error, ERROR_AGAIN);
    fake_tty_type("\r");
    fake_tty_start_read(64, O_RDWR | O_NONBLOCK);
    EXPECT_STR(fake_tty.reader.bytes, "no end\n");
}

TEST(terminals, a_signal_ends_a_read)
{
    fake_tty_begin();
    fake_tty_start_read(64, O_RDWR);
    EXPECT(!fake_tty.reader.over);
    thread_interrupt(&fake_tty.reader.thread);
    executor_run_ready(&fake_tty.executor);
    EXPECT(fake_tty.reader.over);
    EXPECT_EQ(fake_tty.reader.error, ERROR_INTERRUPTED);
}

TEST(terminals, a_raw_read_waits_for_as_many_bytes_as_it_says)
{
    fake_tty_begin();
    fake_tty_set_raw(3, 0);
    fake_tty_start_read(64, O_RDWR);
    fake_tty_type_and_run("ab");
    EXPECT(!fake_tty.reader.over);
    fake_tty_type_and_run("cd");
    EXPECT(fake_tty.reader.over);
    EXPECT_STR(fake_tty.reader.bytes, "abcd");
    fake_tty_start_read(2, O_RDWR);
    fake_tty_type_and_run("xy");
    EXPECT(fake_tty.reader.over); /* there is no room for a third */
    EXPECT_STR(fake_tty.reader.bytes, "xy");
}

/* Runs the executor until the read is over, for five seconds at the most. */
static void finish_read(void)
{
    uint64_t limit = clock_now() + 5 * NANOSECONDS_PER_SECOND;
    while (!fake_tty.reader.over && clock_now() < limit)
        executor_run_ready(&fake_tty.executor);
}

TEST(terminals, a_raw_read_ends_when_its_time_is_over)
{
    const uint64_t tenth = NANOSECONDS_PER_SECOND / 10;
    fake_tty_begin();
    timers_start(&fake_tty.executor);
    fake_tty_set_raw(0, 1);
    uint64_t start = clock_now();
    fake_tty_start_read(64, O_RDWR);
    finish_read();
    EXPECT(fake_tty.reader.over);
    EXPECT(clock_now() - start >= tenth);
    EXPECT_EQ(fake_tty.reader.error, OK);
    EXPECT_EQ(fake_tty.reader.moved, 0);
}

TEST(terminals, the_time_between_bytes_runs_from_the_first_byte_on)
{
    const uint64_t tenth = NANOSECONDS_PER_SECOND / 10;
    fake_tty_begin();
    fake_tty_set_raw(10, 1);
    fake_tty_start_read(64, O_RDWR);
    uint64_t start = clock_now();
    while (clock_now() - start < 2 * tenth)
        executor_run_ready(&fake_tty.executor);
    EXPECT(!fake_tty.reader.over);
    start = clock_now();
    fake_tty_type_and_run("ab");
    finish_read();
    EXPECT(clock_now() - start >= tenth);
    EXPECT_STR(fake_tty.reader.bytes, "ab");
}

TEST(terminals, a_raw_read_of_neither_bytes_nor_time_does_not_wait)
{
    fake_tty_begin();
    fake_tty_set_raw(0, 0);
    fake_tty_start_read(64, O_RDWR);
    EXPECT(fake_tty.reader.over);
    EXPECT_EQ(fake_tty.reader.moved, 0);
}

/* --- Writing ---------------------------------------------------------------------------------- */

TEST(terminals, a_write_is_translated)
{
    fake_tty_begin();
    fake_tty_start_write("one\ntwo\n", O_RDWR);
    EXPECT(fake_tty.writer.over);
    EXPECT_EQ(fake_tty.writer.moved, 8);
    EXPECT_STR(fake_tty_seen(), "one\r\ntwo\r\n");
}

TEST(terminals, a_write_waits_while_the_output_is_stopped)
{
    fake_tty_begin();
    fake_tty_type("\x13");
    fake_tty_start_write("text", O_RDWR | O_NONBLOCK);
    EXPECT_EQ(fake_tty.writer.error, ERROR_AGAIN);
    fake_tty_start_write("text", O_RDWR);
    EXPECT(!fake_tty.writer.over);
    EXPECT_STR(fake_tty_seen(), "");
    fake_tty_type_and_run("\x11");
    EXPECT(fake_tty.writer.over);
    EXPECT_STR(fake_tty_seen(), "text");
}

TEST(terminals, a_write_waits_for_a_device_that_is_full)
{
    fake_tty_begin();
    fake_tty.is_full = true;
    fake_tty_start_write("text", O_RDWR);
    EXPECT(!fake_tty.writer.over);
    fake_tty.is_full = false;
    tty_wake(&fake_tty.tty);
    executor_run_ready(&fake_tty.executor);
    EXPECT(fake_tty.writer.over);
    EXPECT_STR(fake_tty_seen(), "text");
}

TEST(terminals, a_long_write_lets_others_run_and_a_signal_ends_it)
{
    static char text[8192];
    fake_tty_begin();
    memset(text, 'w', sizeof(text) - 1);
    fake_tty_start_write(text, O_RDWR);
    EXPECT(fake_tty.writer.over);
    EXPECT_EQ(fake_tty.writer.moved, sizeof(text) - 1);
    EXPECT(fake_tty.writer.thread.task.polls > 1);
    fake_tty.shown_count = 0;
    fake_tty.is_full = true;
    fake_tty_start_write(text, O_RDWR);
    thread_interrupt(&fake_tty.writer.thread);
    fake_tty.is_full = false;
    tty_wake(&fake_tty.tty);
    executor_run_ready(&fake_tty.executor);
    EXPECT_EQ(fake_tty.writer.error, ERROR_INTERRUPTED);
    EXPECT(fake_tty.writer.moved > 0 && fake_tty.writer.moved < sizeof(text) - 1);
    fake_tty.shown_count = 0;
}

/* --- Polls and requests ----------------------------------------------------------------------- */

TEST(terminals, poll_tells_what_would_not_wait)
{
    fake_tty_begin();
    struct file file = {0};
    tty_file_init(&file, &fake_tty.tty, false);
    EXPECT_EQ(tty_poll(&file, NULL, NULL), POLLOUT | POLLWRNORM);
    fake_tty_type("x");
    EXPECT_EQ(tty_poll(&file, NULL, NULL), POLLOUT | POLLWRNORM);
    fake_tty_type("\r\x13");
    EXPECT_EQ(tty_poll(&file, NULL, NULL), POLLIN | POLLRDNORM);
}

TEST(terminals, what_a_device_answers_is_typed)
{
    fake_tty_begin();
    fake_tty_set_raw(1, 0);
    tty_answer(&fake_tty.tty, "\033[5;7R", 6);
    tty_output(&fake_tty.tty, "", 0); /* as if it had asked */
    fake_tty_start_read(64, O_RDWR);
    EXPECT_STR(fake_tty.reader.bytes, "\033[5;7R");
}

TEST(terminals, what_is_no_terminals_request_is_refused)
{
    fake_tty_begin();
    int64_t result;
    tty_file_init(&fake_tty.reader.file, &fake_tty.tty, false);
    EXPECT_EQ(tty_ioctl(&fake_tty.reader.file, 0x5400, 0, &result), ERROR_NOT_TERMINAL);
    EXPECT_EQ(tty_ioctl(&fake_tty.reader.file, 0x540a, 77, &result), ERROR_INVALID); /* TCXONC */
}
