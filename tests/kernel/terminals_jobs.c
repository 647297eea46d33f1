/*
 * The controlling terminal of a session: who may read and write, and who gets which signals.
 */
#include <kernel/tty/controls.h>
#include <kernel/tty/terminals.h>
#include <lib/string.h>

#include "../test.h"
#include "fake_tty.h"

static void take_terminal(void)
{
    fake_tty_begin();
    EXPECT_EQ(tty_take(&fake_tty.tty, false), OK);
    EXPECT_EQ(fake_tty.tty.session, LEADER);
    EXPECT_EQ(fake_tty.tty.foreground, LEADER);
}

TEST(terminals, a_leader_without_a_terminal_takes_one)
{
    fake_tty_begin();
    fake_tty.leads = false;
    EXPECT_EQ(tty_take(&fake_tty.tty, false), ERROR_NOT_PERMITTED);
    take_terminal();
    EXPECT_EQ(tty_take(&fake_tty.tty, false), OK); /* it has it */
    EXPECT(tty_of_current() == &fake_tty.tty && tty_of_session(LEADER) == &fake_tty.tty);
    fake_tty.session = fake_tty.group = OTHER_SESSION;
    EXPECT(!tty_of_current());
    EXPECT_EQ(tty_take(&fake_tty.tty, false), ERROR_NOT_PERMITTED);
    EXPECT_EQ(tty_take(&fake_tty.tty, true), ERROR_NOT_PERMITTED);
    fake_tty.is_privileged = true;
    EXPECT_EQ(tty_take(&fake_tty.tty, true), OK);
    EXPECT_EQ(fake_tty.tty.session, OTHER_SESSION);
}

TEST(terminals, keys_send_signals_to_the_foreground)
{
    take_terminal();
    EXPECT_EQ(tty_set_foreground(&fake_tty.tty, JOB), OK);
    fake_tty_type("\x03\x1c\x1a");
    EXPECT_STR(fake_tty.signals, "20:2 20:3 20:20 ");
}

TEST(terminals, a_size_that_changes_is_a_signal)
{
    take_terminal();
    tty_set_size(&fake_tty.tty, (struct window_size){.rows = 25, .columns = 80});
    EXPECT_STR(fake_tty.signals, "");
    tty_set_size(&fake_tty.tty, (struct window_size){.rows = 30, .columns = 100});
    EXPECT_STR(fake_tty.signals, "10:28 ");
}

TEST(terminals, the_foreground_is_a_group_of_the_session)
{
    take_terminal();
    EXPECT_EQ(tty_set_foreground(&fake_tty.tty, OTHER_SESSION), ERROR_NOT_PERMITTED);
    EXPECT_EQ(tty_set_foreground(&fake_tty.tty, 99), ERROR_NO_PROCESS);
    EXPECT_EQ(tty_set_foreground(&fake_tty.tty, -1), ERROR_INVALID);
    fake_tty.session = OTHER_SESSION;
    EXPECT_EQ(tty_set_foreground(&fake_tty.tty, JOB), ERROR_NOT_TERMINAL);
}

TEST(terminals, a_read_in_the_background_is_stopped_or_fails)
{
    take_terminal();
    fake_tty_type("line\r");
    fake_tty.group = JOB;
    fake_tty_start_read(64, O_RDWR);
    EXPECT_EQ(fake_tty.reader.error, ERROR_INTERRUPTED);
    EXPECT_STR(fake_tty.signals, "20:21 ");
    fake_tty.ignores = true;
    fake_tty_start_read(64, O_RDWR);
    EXPECT_EQ(fake_tty.reader.error, ERROR_DEVICE);
    fake_tty.ignores = false;
    fake_tty.orphaned = true;
    fake_tty_start_read(64, O_RDWR);
    EXPECT_EQ(fake_tty.reader.error, ERROR_DEVICE);
    fake_tty.group = LEADER;
    fake_tty_start_read(64, O_RDWR);
    EXPECT_STR(fake_tty.reader.bytes, "line\n");
}

TEST(terminals, a_write_in_the_background_is_stopped_only_with_tostop)
{
    take_terminal();
    fake_tty.group = JOB;
    fake_tty_start_write("a", O_RDWR);
    EXPECT_EQ(fake_tty.writer.error, OK);
    struct termios termios = TERMIOS_INITIAL;
    termios.local |= TOSTOP;
    tty_set_termios(&fake_tty.tty, &termios);
    fake_tty_start_write("b", O_RDWR);
    EXPECT_EQ(fake_tty.writer.error, ERROR_INTERRUPTED);
    EXPECT_STR(fake_tty.signals, "20:22 ");
    fake_tty.ignores = true; /* then it goes on */
    fake_tty_start_write("c", O_RDWR);
    EXPECT_EQ(fake_tty.writer.error, OK);
    EXPECT_STR(fake_tty_seen(), "ac");
}

TEST(terminals, a_hang_up_ends_reads_and_kills_files)
{
    take_terminal();
    fake_tty_set_raw(1, 0);
    EXPECT_EQ(tty_set_foreground(&fake_tty.tty, JOB), OK);
    fake_tty.group = JOB;
    fake_tty_start_read(64, O_RDWR);
    EXPECT(!fake_tty.reader.over);
    tty_hang_up(OTHER_SESSION);
    EXPECT_EQ(fake_tty.tty.session, LEADER);
    tty_hang_up(LEADER);
    executor_run_ready(&fake_tty.executor);
    EXPECT(fake_tty.reader.over);
    EXPECT_EQ(fake_tty.reader.error, OK);
    EXPECT_EQ(fake_tty.reader.moved, 0);
    EXPECT_STR(fake_tty.signals, "20:1 ");
    EXPECT_EQ(fake_tty.tty.session, 0);
    EXPECT(fake_tty.tty.discipline.termios.local & ICANON); /* reset */
    EXPECT(tty_file_is_dead(&fake_tty.reader.file));
    unsigned ready = tty_poll(&fake_tty.reader.file, NULL, NULL);
    EXPECT(ready & POLLHUP);
    int64_t result;
    EXPECT_EQ(tty_ioctl(&fake_tty.reader.file, 0x5401, 0, &result), ERROR_DEVICE);
}

TEST(terminals, what_is_typed_after_a_hang_up_is_for_the_next_session)
{
    take_terminal();
    fake_tty_start_read(64, O_RDWR);
    tty_hang_up(LEADER);
    fake_tty_type_and_run("next\r");
    EXPECT(fake_tty.reader.over);
    EXPECT_EQ(fake_tty.reader.moved, 0);
    EXPECT_EQ(line_discipline_available(&fake_tty.tty.discipline), 5);
}
