/*
 * Terminals in the kernel: threads that read and write one, and wait. The device is a buffer, and
 * processes are a few numbers.
 */
#include <kernel/displays.h>
#include <kernel/task/sleep.h>
#include <kernel/task/thread.h>
#include <kernel/tty/controls.h>
#include <kernel/tty/terminals.h>
#include <kernel/tty/virtual_terminal.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/kernel_stacks.h>

#include "../live_tasks.h"
#include "../test.h"

/* --- The device ------------------------------------------------------------------------------- */

static char shown[16 * 1024];
static size_t shown_count;
static bool device_is_full;

static void write(struct tty *tty, const char *bytes, size_t count)
{
    (void)tty;
    ASSERT(shown_count + count < sizeof(shown));
    memcpy(shown + shown_count, bytes, count);
    shown_count += count;
}

static bool has_room(const struct tty *tty, bool all)
{
    (void)tty;
    (void)all;
    return !device_is_full;
}

static const struct tty_device device = {.write = write, .has_room = has_room, .resets = true};
static struct tty tty;

/* The text that was shown since the last call. */
static const char *seen(void)
{
    shown[shown_count] = '\0';
    shown_count = 0;
    return shown;
}

static void type(const char *text)
{
    tty_input(&tty, (const uint8_t *)text, strlen(text));
}

/* --- The processes ---------------------------------------------------------------------------- */

enum { LEADER = 10, JOB = 20, OTHER_SESSION = 30 };

static int group, session;
static bool leads, ignores, orphaned;
static char signals[64]; /* "20:2 " for signal 2 to group 20 */

static int current_group(void)
{
    return group;
}

static int current_session(void)
{
    return session;
}

static bool current_leads_session(void)
{
    return leads;
}

static bool current_ignores(int signal)
{
    (void)signal;
    return ignores;
}

static bool current_group_is_orphaned(void)
{
    return orphaned;
}

static void signal_group(int to, int signal)
{
    size_t length = strlen(signals);
    snprintf(signals + length, sizeof(signals) - length, "%d:%d ", to, signal);
}

static int session_of_group(int number)
{
    return number == LEADER || number == JOB ? LEADER : number == OTHER_SESSION ? number : 0;
}

static const struct tty_hooks hooks = {
    .current_group = current_group,
    .current_session = current_session,
    .current_leads_session = current_leads_session,
    .current_ignores = current_ignores,
    .current_group_is_orphaned = current_group_is_orphaned,
    .signal_group = signal_group,
    .session_of_group = session_of_group,
};

/* Resets all that an earlier test may have changed. */
static void begin(void)
{
    static bool added;
    static const struct termios settings = TERMIOS_INITIAL;
    tty.device = &device;
    tty.size = (struct window_size){.rows = 25, .columns = 80};
    if (!added)
        tty_add(&tty, &settings, NULL);
    added = true;
    tty_set_hooks(&hooks);
    tty_set_termios(&tty, &settings);
    line_discipline_flush(&tty.discipline);
    tty.session = tty.foreground = 0;
    group = session = LEADER;
    leads = true;
    ignores = orphaned = device_is_full = false;
    shown_count = 0;
    signals[0] = '\0';
}

static void set_raw(uint8_t minimum, uint8_t tenths)
{
    struct termios termios = TERMIOS_INITIAL;
    termios.local &= ~(uint32_t)(ICANON | ECHO);
    termios.characters[VMIN] = minimum;
    termios.characters[VTIME] = tenths;
    tty_set_termios(&tty, &termios);
}

/* --- The threads ------------------------------------------------------------------------------ */

/* A thread that makes one call. */
struct caller {
    struct thread thread;
    struct file file;
    char bytes[8192];
    size_t size;  /* how much it wants to move */
    size_t moved; /* how much it has */
    enum error error;
    bool over;
};

static struct executor executor = EXECUTOR_INIT(executor);
static struct caller reader, writer;

static void call(struct thread *thread,
                 enum error (*move)(struct file *, struct buffer *, uint64_t *))
{
    struct caller *caller = CONTAINER_OF(thread, struct caller, thread);
    struct buffer buffer;
    buffer_init_kernel(&buffer, caller->bytes, caller->size);
    caller->error = move(&caller->file, &buffer, &caller->file.position);
    caller->moved = caller->size - buffer.left;
    caller->over = true;
}

static void run_read(struct thread *thread)
{
    call(thread, tty_read);
}

static void run_write(struct thread *thread)
{
    call(thread, tty_write);
}

static void release(struct task *task)
{
    kernel_stack_free(&CONTAINER_OF(task, struct thread, task)->stack);
}

static void start(struct caller *caller, void (*run)(struct thread *), size_t size, unsigned flags)
{
    struct stack stack;
    enum error error = kernel_stack_alloc(&stack);
    ASSERT(!error);
    caller->size = size;
    caller->over = false;
    caller->file.flags = flags;
    tty_file_init(&caller->file, &tty, false);
    thread_init(&caller->thread, "caller", &stack, run, release);
    executor_spawn(&executor, &caller->thread.task);
    executor_run_ready(&executor);
}

static void start_read(size_t size, unsigned flags)
{
    memset(reader.bytes, 0, sizeof(reader.bytes));
    start(&reader, run_read, size, flags);
}

static void start_write(const char *text, unsigned flags)
{
    start(&writer, run_write, string_copy(writer.bytes, text, sizeof(writer.bytes)), flags);
}

static void type_and_run(const char *text)
{
    type(text);
    executor_run_ready(&executor);
}

/* --- Reading ---------------------------------------------------------------------------------- */

TEST(terminals, a_read_waits_for_a_line)
{
    begin();
    start_read(64, O_RDWR);
    type_and_run("ls -l");
    EXPECT(!reader.over);
    type_and_run("\r");
    EXPECT(reader.over);
    EXPECT_EQ(reader.error, OK);
    EXPECT_STR(reader.bytes, "ls -l\n");
    EXPECT_STR(seen(), "ls -l\r\n");
    EXPECT_EQ(live_tasks(&executor), 0);
}

TEST(terminals, a_short_read_leaves_the_rest_of_the_line)
{
    begin();
    type("abcdef\rgh\r");
    start_read(4, O_RDWR);
    EXPECT_STR(reader.bytes, "abcd");
    start_read(64, O_RDWR);
    EXPECT_STR(reader.bytes, "ef\n");
    start_read(64, O_RDWR);
    EXPECT_STR(reader.bytes, "gh\n");
}

TEST(terminals, a_long_line_is_read_in_pieces)
{
    begin();
    for (unsigned i = 0; i < 1000; i++)
        type("0123");
    type("\r");
    shown_count = 0;
    start_read(sizeof(reader.bytes), O_RDWR);
    EXPECT(reader.over);
    EXPECT_EQ(reader.moved, 4001);
    EXPECT(memcmp(reader.bytes + 3992, "01230123\n", 9) == 0);
}

TEST(terminals, an_end_of_file_ends_a_read_with_nothing)
{
    begin();
    start_read(64, O_RDWR);
    type_and_run("\x04");
    EXPECT(reader.over);
    EXPECT_EQ(reader.error, OK);
    EXPECT_EQ(reader.moved, 0);
}

TEST(terminals, a_read_that_may_not_wait_says_so)
{
    begin();
    start_read(64, O_RDWR | O_NONBLOCK);
    EXPECT_EQ(reader.error, ERROR_AGAIN);
    type("no end");
    start_read(64, O_RDWR | O_NONBLOCK);
    EXPECT_EQ(reader.error, ERROR_AGAIN);
    type("\r");
    start_read(64, O_RDWR | O_NONBLOCK);
    EXPECT_STR(reader.bytes, "no end\n");
}

TEST(terminals, a_signal_ends_a_read)
{
    begin();
    start_read(64, O_RDWR);
    EXPECT(!reader.over);
    thread_interrupt(&reader.thread);
    executor_run_ready(&executor);
    EXPECT(reader.over);
    EXPECT_EQ(reader.error, ERROR_INTERRUPTED);
}

TEST(terminals, a_raw_read_waits_for_as_many_bytes_as_it_says)
{
    begin();
    set_raw(3, 0);
    start_read(64, O_RDWR);
    type_and_run("ab");
    EXPECT(!reader.over);
    type_and_run("cd");
    EXPECT(reader.over);
    EXPECT_STR(reader.bytes, "abcd");
    start_read(2, O_RDWR);
    type_and_run("xy");
    EXPECT(reader.over); /* there is no room for a third */
    EXPECT_STR(reader.bytes, "xy");
}

/* Runs the executor until the read is over; how many nanoseconds it took. */
static uint64_t finish_read(void)
{
    uint64_t start_time = clock_now();
    while (!reader.over && clock_now() - start_time < 5 * NANOSECONDS_PER_SECOND)
        executor_run_ready(&executor);
    return clock_now() - start_time;
}

TEST(terminals, a_raw_read_ends_when_its_time_is_over)
{
    const uint64_t tenth = NANOSECONDS_PER_SECOND / 10;
    begin();
    timers_start(&executor);
    set_raw(0, 1);
    start_read(64, O_RDWR);
    EXPECT(finish_read() >= tenth / 2);
    EXPECT(reader.over);
    EXPECT_EQ(reader.error, OK);
    EXPECT_EQ(reader.moved, 0);
    set_raw(10, 1); /* the time runs from the first byte on */
    start_read(64, O_RDWR);
    type_and_run("ab");
    EXPECT(!reader.over);
    finish_read();
    EXPECT_STR(reader.bytes, "ab");
    set_raw(0, 0);
    start_read(64, O_RDWR);
    EXPECT(reader.over);
    EXPECT_EQ(reader.moved, 0);
}

/* --- Writing ---------------------------------------------------------------------------------- */

TEST(terminals, a_write_is_translated)
{
    begin();
    start_write("one\ntwo\n", O_RDWR);
    EXPECT(writer.over);
    EXPECT_EQ(writer.moved, 8);
    EXPECT_STR(seen(), "one\r\ntwo\r\n");
}

TEST(terminals, a_write_waits_while_the_output_is_stopped)
{
    begin();
    type("\x13");
    start_write("text", O_RDWR | O_NONBLOCK);
    EXPECT_EQ(writer.error, ERROR_AGAIN);
    start_write("text", O_RDWR);
    EXPECT(!writer.over);
    EXPECT_STR(seen(), "");
    type_and_run("\x11");
    EXPECT(writer.over);
    EXPECT_STR(seen(), "text");
}

TEST(terminals, a_write_waits_for_a_device_that_is_full)
{
    begin();
    device_is_full = true;
    start_write("text", O_RDWR);
    EXPECT(!writer.over);
    device_is_full = false;
    tty_wake(&tty);
    executor_run_ready(&executor);
    EXPECT(writer.over);
    EXPECT_STR(seen(), "text");
}

TEST(terminals, a_long_write_lets_others_run_and_a_signal_ends_it)
{
    static char text[8192];
    begin();
    memset(text, 'w', sizeof(text) - 1);
    start_write(text, O_RDWR);
    EXPECT(writer.over);
    EXPECT_EQ(writer.moved, sizeof(text) - 1);
    EXPECT(writer.thread.task.polls > 1);
    shown_count = 0;
    device_is_full = true;
    start_write(text, O_RDWR);
    thread_interrupt(&writer.thread);
    device_is_full = false;
    tty_wake(&tty);
    executor_run_ready(&executor);
    EXPECT_EQ(writer.error, ERROR_INTERRUPTED);
    EXPECT(writer.moved > 0 && writer.moved < sizeof(text) - 1);
    shown_count = 0;
}

/* --- Job control ------------------------------------------------------------------------------ */

static const struct file no_file;

static void take_terminal(void)
{
    begin();
    EXPECT_EQ(tty_take(&tty, false), OK);
    EXPECT_EQ(tty.session, LEADER);
    EXPECT_EQ(tty.foreground, LEADER);
}

TEST(terminals, a_leader_without_a_terminal_takes_one)
{
    begin();
    leads = false;
    EXPECT_EQ(tty_take(&tty, false), ERROR_NOT_PERMITTED);
    take_terminal();
    EXPECT_EQ(tty_take(&tty, false), OK); /* it has it */
    EXPECT(tty_of_current() == &tty && tty_of_session(LEADER) == &tty);
    session = group = OTHER_SESSION;
    EXPECT(!tty_of_current());
    EXPECT_EQ(tty_take(&tty, false), ERROR_NOT_PERMITTED);
    EXPECT_EQ(tty_take(&tty, true), OK);
    EXPECT_EQ(tty.session, OTHER_SESSION);
}

TEST(terminals, keys_send_signals_to_the_foreground)
{
    take_terminal();
    EXPECT_EQ(tty_set_foreground(&tty, JOB), OK);
    type("\x03\x1c\x1a");
    EXPECT_STR(signals, "20:2 20:3 20:20 ");
}

TEST(terminals, a_size_that_changes_is_a_signal)
{
    take_terminal();
    tty_set_size(&tty, (struct window_size){.rows = 25, .columns = 80});
    EXPECT_STR(signals, "");
    tty_set_size(&tty, (struct window_size){.rows = 30, .columns = 100});
    EXPECT_STR(signals, "10:28 ");
}

TEST(terminals, the_foreground_is_a_group_of_the_session)
{
    take_terminal();
    EXPECT_EQ(tty_set_foreground(&tty, OTHER_SESSION), ERROR_NOT_PERMITTED);
    EXPECT_EQ(tty_set_foreground(&tty, 99), ERROR_NO_PROCESS);
    EXPECT_EQ(tty_set_foreground(&tty, -1), ERROR_INVALID);
    session = OTHER_SESSION;
    EXPECT_EQ(tty_set_foreground(&tty, JOB), ERROR_NOT_TERMINAL);
}

TEST(terminals, a_read_in_the_background_is_stopped_or_fails)
{
    take_terminal();
    type("line\r");
    group = JOB;
    start_read(64, O_RDWR);
    EXPECT_EQ(reader.error, ERROR_INTERRUPTED);
    EXPECT_STR(signals, "20:21 ");
    ignores = true;
    start_read(64, O_RDWR);
    EXPECT_EQ(reader.error, ERROR_DEVICE);
    ignores = false;
    orphaned = true;
    start_read(64, O_RDWR);
    EXPECT_EQ(reader.error, ERROR_DEVICE);
    group = LEADER;
    start_read(64, O_RDWR);
    EXPECT_STR(reader.bytes, "line\n");
}

TEST(terminals, a_write_in_the_background_is_stopped_only_with_tostop)
{
    take_terminal();
    group = JOB;
    start_write("a", O_RDWR);
    EXPECT_EQ(writer.error, OK);
    struct termios termios = TERMIOS_INITIAL;
    termios.local |= TOSTOP;
    tty_set_termios(&tty, &termios);
    start_write("b", O_RDWR);
    EXPECT_EQ(writer.error, ERROR_INTERRUPTED);
    EXPECT_STR(signals, "20:22 ");
    ignores = true; /* then it goes on */
    start_write("c", O_RDWR);
    EXPECT_EQ(writer.error, OK);
    EXPECT_STR(seen(), "ac");
}

TEST(terminals, a_hang_up_ends_reads_and_kills_files)
{
    take_terminal();
    set_raw(1, 0);
    EXPECT_EQ(tty_set_foreground(&tty, JOB), OK);
    group = JOB;
    start_read(64, O_RDWR);
    EXPECT(!reader.over);
    tty_hang_up(OTHER_SESSION);
    EXPECT_EQ(tty.session, LEADER);
    tty_hang_up(LEADER);
    executor_run_ready(&executor);
    EXPECT(reader.over);
    EXPECT_EQ(reader.error, OK);
    EXPECT_EQ(reader.moved, 0);
    EXPECT_STR(signals, "20:1 ");
    EXPECT_EQ(tty.session, 0);
    EXPECT(tty.discipline.termios.local & ICANON); /* reset */
    EXPECT(tty_file_is_dead(&reader.file));
    unsigned ready = tty_poll(&reader.file, NULL, NULL);
    EXPECT(ready & POLLHUP);
    int64_t result;
    EXPECT_EQ(tty_ioctl(&reader.file, 0x5401, 0, &result), ERROR_DEVICE);
}

TEST(terminals, what_is_typed_after_a_hang_up_is_for_the_next_session)
{
    take_terminal();
    start_read(64, O_RDWR);
    tty_hang_up(LEADER);
    type_and_run("next\r");
    EXPECT(reader.over);
    EXPECT_EQ(reader.moved, 0);
    EXPECT_EQ(line_discipline_available(&tty.discipline), 5);
}

TEST(terminals, poll_tells_what_would_not_wait)
{
    begin();
    struct file file = no_file;
    tty_file_init(&file, &tty, false);
    EXPECT_EQ(tty_poll(&file, NULL, NULL), POLLOUT | POLLWRNORM);
    type("x");
    EXPECT_EQ(tty_poll(&file, NULL, NULL), POLLOUT | POLLWRNORM);
    type("\r\x13");
    EXPECT_EQ(tty_poll(&file, NULL, NULL), POLLIN | POLLRDNORM);
}

TEST(terminals, what_a_device_answers_is_typed)
{
    begin();
    set_raw(1, 0);
    tty_answer(&tty, "\033[5;7R", 6);
    tty_output(&tty, "", 0); /* as if it had asked */
    start_read(64, O_RDWR);
    EXPECT_STR(reader.bytes, "\033[5;7R");
}

TEST(terminals, what_is_no_terminals_request_is_refused)
{
    begin();
    int64_t result;
    tty_file_init(&reader.file, &tty, false);
    EXPECT_EQ(tty_ioctl(&reader.file, 0x5400, 0, &result), ERROR_NOT_TERMINAL);
    EXPECT_EQ(tty_ioctl(&reader.file, 0x540a, 77, &result), ERROR_INVALID); /* TCXONC */
}

/* --- On the real screen ----------------------------------------------------------------------- */

TEST(virtual_terminals, keys_reach_the_one_that_is_shown)
{
    char line[16];
    bool ends;
    terminals_start(displays_screen(), NULL, false);
    struct tty *second = virtual_terminal(2);
    EXPECT_EQ(virtual_terminal_shown(), 1);
    EXPECT(virtual_terminals_type("\033[1;3Q", 6));
    EXPECT_EQ(virtual_terminal_shown(), 2);
    EXPECT(virtual_terminals_type("x", 1));
    EXPECT(virtual_terminals_type("\r", 1));
    EXPECT_EQ(line_discipline_read(&second->discipline, (uint8_t *)line, sizeof(line), &ends), 2);
    tty_output(second, "\033[6n", 4);
    EXPECT_EQ(line_discipline_read(&second->discipline, (uint8_t *)line, sizeof(line), &ends), 0);
    EXPECT(virtual_terminals_type("\033[5;2~", 6)); /* Shift and PageUp: nothing is typed */
    EXPECT(virtual_terminals_type("\033[6;2~", 6));
    EXPECT(!line_discipline_readable(&second->discipline, 1));
    EXPECT_EQ(virtual_terminal_show(CONSOLE_SHOWN), OK);
    EXPECT(!virtual_terminals_type("x", 1));
    EXPECT(!virtual_terminals_type("\033[5;2~", 6));
}

TEST(virtual_terminals, requests_show_one_by_its_number)
{
    enum { VT_ACTIVATE = 0x5606, VT_WAITACTIVE = 0x5607, VT_SETMODE = 0x5602 };
    struct tty *first = virtual_terminal(1);
    int64_t result;
    EXPECT_EQ(first->device->ioctl(first, VT_ACTIVATE, 3, &result), OK);
    EXPECT_EQ(virtual_terminal_shown(), 3);
    EXPECT_EQ(first->device->ioctl(first, VT_ACTIVATE, 0, &result), ERROR_NO_UNIT);
    EXPECT_EQ(first->device->ioctl(first, VT_ACTIVATE, 7, &result), ERROR_NO_UNIT);
    EXPECT_EQ(first->device->ioctl(first, VT_WAITACTIVE, 7, &result), ERROR_NO_UNIT);
    EXPECT_EQ(first->device->ioctl(first, VT_SETMODE, 0, &result), ERROR_NOT_TERMINAL);
    EXPECT_EQ(virtual_terminal_shown(), 3);
    EXPECT_EQ(virtual_terminal_show(CONSOLE_SHOWN), OK);
}
