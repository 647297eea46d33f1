/*
 * The line discipline with hooks that collect. tests/e2e/line_discipline.py compares it with
 * Linux's byte by byte; this has what that test cannot see: signals, limits, output stopped by a
 * program.
 */
#include <assert.h>
#include <kernel/tty/line_discipline.h>
#include <lib/string.h>

#include "../test.h"

static struct line_discipline discipline;
static char shown[8192];
static size_t shown_count;
static unsigned signals[32], signal_count;

static void take_echo(struct line_discipline *unused, const char *bytes, size_t count)
{
    (void)unused;
    memcpy(shown + shown_count, bytes, count);
    shown_count += count;
}

static void take_signal(struct line_discipline *unused, enum tty_signal signal)
{
    (void)unused;
    signals[signal_count++] = signal;
}

static void begin(void)
{
    line_discipline_init(&discipline, &(struct termios)TERMIOS_INITIAL, take_echo, take_signal);
    shown_count = signal_count = 0;
}

static void set_local(uint32_t flags, bool on)
{
    struct termios termios = discipline.termios;
    termios.local = on ? termios.local | flags : termios.local & ~flags;
    line_discipline_set_termios(&discipline, &termios);
}

static size_t type(const char *text)
{
    return line_discipline_input(&discipline, (const uint8_t *)text, strlen(text));
}

/* What has been shown since the last call. */
static const char *echoed(void)
{
    shown[shown_count] = '\0';
    shown_count = 0;
    return shown;
}

/* Reads at most `room` bytes as text. */
static const char *read_some(size_t room, bool *ends)
{
    static char text[LINE_DISCIPLINE_INPUT + 1];
    ASSERT(room < sizeof(text));
    size_t count = line_discipline_read(&discipline, (uint8_t *)text, room, ends);
    text[count] = '\0';
    return text;
}

TEST(line_discipline, a_line_is_edited_before_it_is_read)
{
    bool ends;
    begin();
    type("helxx\x7f\x7flo wor");
    EXPECT(!line_discipline_readable(&discipline, 1));
    EXPECT_STR(echoed(), "helxx\b \b\b \blo wor");
    type("\x17world\r");
    EXPECT_STR(echoed(), "\b \b\b \b\b \bworld\r\n");
    EXPECT(line_discipline_readable(&discipline, 1));
    EXPECT_EQ(line_discipline_available(&discipline), 12);
    EXPECT_STR(read_some(5, &ends), "hello");
    EXPECT(!ends);
    EXPECT_STR(read_some(100, &ends), " world\n");
    EXPECT(ends);
    EXPECT(!line_discipline_readable(&discipline, 1));
}

TEST(line_discipline, control_characters_send_signals_and_drop_the_line)
{
    bool ends;
    begin();
    type("first\rsecond");
    echoed();
    type("\x03");
    EXPECT_STR(echoed(), "^C");
    EXPECT_EQ(line_discipline_available(&discipline), 0);
    set_local(NOFLSH, true);
    type("third\r\x1a");
    type("\x1c");
    EXPECT_STR(echoed(), "third\r\n^Z^\\");
    EXPECT_STR(read_some(100, &ends), "third\n");
    EXPECT_EQ(signal_count, 3);
    EXPECT_EQ(signals[0], TTY_SIGNAL_INTERRUPT);
    EXPECT_EQ(signals[1], TTY_SIGNAL_STOP);
    EXPECT_EQ(signals[2], TTY_SIGNAL_QUIT);
    set_local(ISIG, false);
    type("\x03\r");
    EXPECT_EQ(signal_count, 3);
    EXPECT_STR(read_some(100, &ends), "\x03\n");
}

TEST(line_discipline, an_end_of_file_is_an_empty_line)
{
    bool ends;
    begin();
    type("ab\x04\x04");
    EXPECT_STR(echoed(), "ab");
    EXPECT_EQ(line_discipline_available(&discipline), 2);
    EXPECT_STR(read_some(2, &ends), "ab");
    EXPECT(ends);
    EXPECT(line_discipline_readable(&discipline, 1));
    EXPECT_STR(read_some(2, &ends), "");
    EXPECT(ends);
    EXPECT(!line_discipline_readable(&discipline, 1));
}

TEST(line_discipline, a_line_that_is_too_long_still_has_an_end)
{
    bool ends;
    begin();
    for (unsigned i = 0; i < 5000; i++)
        EXPECT_EQ(type("x"), 1);
    EXPECT_EQ(type("y\r"), 2);
    EXPECT_EQ(type("more"), 0);
    size_t length = strlen(read_some(LINE_DISCIPLINE_INPUT, &ends));
    EXPECT_EQ(length, LINE_DISCIPLINE_INPUT);
    EXPECT(ends);
    EXPECT_EQ(type("more\r"), 5);
    EXPECT_STR(read_some(100, &ends), "more\n");
}

TEST(line_discipline, raw_input_is_refused_when_it_is_full)
{
    bool ends;
    begin();
    set_local(ICANON | ECHO, false);
    for (unsigned i = 0; i < LINE_DISCIPLINE_INPUT - 1; i++)
        EXPECT_EQ(type("r"), 1);
    EXPECT_EQ(type("no"), 0);
    EXPECT(line_discipline_readable(&discipline, LINE_DISCIPLINE_INPUT - 1));
    EXPECT(!line_discipline_readable(&discipline, LINE_DISCIPLINE_INPUT));
    read_some(1, &ends);
    EXPECT(!ends);
    EXPECT_EQ(type("no"), 1);
}

TEST(line_discipline, stopped_output_holds_the_echo_and_drops_what_is_too_much)
{
    begin();
    type("\x13");
    EXPECT(discipline.stopped);
    for (unsigned i = 0; i < 2 * LINE_DISCIPLINE_ECHO; i++)
        type("e");
    EXPECT_STR(echoed(), "");
    type("\x11");
    EXPECT(!discipline.stopped);
    size_t length = strlen(echoed());
    EXPECT(length > LINE_DISCIPLINE_ECHO / 2 && length <= LINE_DISCIPLINE_ECHO);
}

TEST(line_discipline, only_a_program_starts_what_a_program_has_stopped)
{
    begin();
    line_discipline_stop(&discipline);
    type("a\x11"
         "b");
    EXPECT(discipline.stopped);
    EXPECT_STR(echoed(), "");
    line_discipline_start(&discipline);
    EXPECT_STR(echoed(), "ab");
}

TEST(line_discipline, output_fits_into_the_room_that_there_is)
{
    char to[LINE_DISCIPLINE_EXPANDED + 1];
    size_t used;
    begin();
    struct termios termios = TERMIOS_INITIAL;
    termios.output |= TABDLY;
    line_discipline_set_termios(&discipline, &termios);
    EXPECT_EQ(line_discipline_output(&discipline, "\t\t", 2, to, sizeof(to), &used), 8);
    EXPECT_EQ(used, 1);
    EXPECT_EQ(line_discipline_output(&discipline, "\n\n\n", 3, to, sizeof(to), &used), 2);
    EXPECT_EQ(used, 1);
}
