/*
 * Virtual terminals and the serial terminal: which one is shown, what the keyboard types at, where
 * the log and the monitor's text go, and what the devices' names lead to.
 */
#include <drivers/uart16550.h>
#include <fs/device.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/tty/file.h>
#include <kernel/tty/serial_terminal.h>
#include <kernel/tty/terminals.h>
#include <kernel/tty/virtual_terminal.h>
#include <mm/heap.h>
#include <string.h>

#include "../test.h"
#include "fake_display.h"
#include "test_arena.h"

static enum log_level level;

void log_set_level(enum log_level new_level)
{
    level = new_level;
}

enum { ROWS = 5, COLUMNS = 20, UNSENT = 256 };

static struct fake_display fake;
static struct screen screen;
static uint8_t console_rows[GRID_SIZE(2 * ROWS, COLUMNS)] ALIGNED(8);
static uint8_t received[16], unsent[UNSENT];
static struct uart16550 uart = UART16550_INIT(uart, received, unsent);
static char serial[UNSENT];

/* The port is not there: its bytes stay in the ring. */
static void write_serial(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    strncat(serial, text, length);
}

static void start(struct screen *console_screen)
{
    static struct test_arena *arena; /* never destroyed: the screens lie in it */
    arena = test_arena_create(MIB(4));
    enum error error = heap_init(NULL, false, &arena->arena);
    ASSERT(!error);
    fake_display_init(&fake, ROWS, COLUMNS, true);
    error = screen_init(&screen, &fake.display, console_rows, sizeof(console_rows));
    ASSERT(!error);
    console_add_sink(&screen.sink);
    uart.sink.write = write_serial;
    console_add_sink(&uart.sink);
    console_set_buffered(true);
    terminals_start(console_screen, &uart, true);
}

static void reset(struct tty *tty)
{
    line_discipline_flush(&tty->discipline);
    line_discipline_set_termios(&tty->discipline, &tty->initial);
    tty_output(tty, "\033c", 2);
}

/* The tests of a suite have the same terminals; each begins with empty ones. */
static void begin(void)
{
    static bool started;
    if (!started)
        start(&screen);
    started = true;
    for (unsigned number = VIRTUAL_TERMINALS; number > 0; number--) {
        enum error error = virtual_terminal_show(number);
        ASSERT(!error);
        reset(virtual_terminal(number));
    }
    console_write("\033ccairn> ", 9);
    serial[0] = '\0';
}

/* A row of the display as text, without the blanks at its end. */
static const char *row(unsigned number)
{
    static char text[COLUMNS + 1];
    unsigned length = 0;
    for (unsigned column = 0; column < COLUMNS; column++) {
        text[column] = (char)(fake.cells[number * COLUMNS + column] & CELL_CODE);
        if (text[column] != ' ')
            length = column + 1;
    }
    text[length] = '\0';
    return text;
}

static void print(unsigned number, const char *text)
{
    tty_output(virtual_terminal(number), text, strlen(text));
}

static bool press(const char *key)
{
    return virtual_terminals_type(key, (unsigned)strlen(key));
}

/* Reads all that can be read from a terminal now. */
static const char *typed_at(struct tty *tty)
{
    static char text[256];
    bool ends;
    text[line_discipline_read(&tty->discipline, (uint8_t *)text, sizeof(text) - 1, &ends)] = '\0';
    return text;
}

#define ALT_F1  "\033[1;3P"
#define ALT_F2  "\033[1;3Q"
#define ALT_F6  "\033[17;3~"
#define ALT_F12 "\033[24;3~"

/* --- Devices ---------------------------------------------------------------------------------- */

static struct inode inode;
static struct file file;

static enum error open_device(uint32_t major, uint32_t minor, unsigned flags)
{
    const struct device *device = device_find(S_IFCHR, DEVICE_NUMBER(major, minor));
    ASSERT(device);
    inode.rdev = device->number;
    file = (struct file){.operations = device->operations, .inode = &inode, .flags = flags};
    return device->operations->open(&file);
}

TEST(terminals, the_log_is_quiet_once_a_program_has_a_terminal)
{
    level = LOG_INFO;
    begin();
    EXPECT_EQ(level, LOG_INFO);
    EXPECT_EQ(open_device(4, 1, O_RDWR), OK);
    EXPECT_EQ(level, LOG_ERROR);
}

/* --- Showing ---------------------------------------------------------------------------------- */

TEST(terminals, the_first_is_shown_and_keys_show_others)
{
    begin();
    EXPECT_EQ(virtual_terminal_shown(), 1);
    print(1, "one");
    EXPECT_STR(row(0), "one");
    EXPECT(press(ALT_F2));
    EXPECT_STR(row(0), "");
    print(1, "\nmore");
    print(2, "two");
    EXPECT_STR(row(0), "two");
    EXPECT(press(ALT_F1));
    EXPECT_STR(row(0), "one");
    EXPECT_STR(row(1), "more");
    EXPECT_EQ(fake.cursor_row, 1);
    EXPECT_EQ(fake.cursor_column, 4);
    EXPECT(press(ALT_F12));
    EXPECT_STR(row(0), "cairn>");
    EXPECT(press(ALT_F6));
    EXPECT_EQ(virtual_terminal_shown(), 6);
    EXPECT_STR(row(0), "");
}

TEST(terminals, the_keyboard_types_at_the_one_that_is_shown)
{
    begin();
    EXPECT(press("a"));
    EXPECT(press("\r"));
    EXPECT_STR(typed_at(virtual_terminal(1)), "a\n");
    press(ALT_F2);
    EXPECT(press("b"));
    EXPECT(press("\r"));
    EXPECT_STR(typed_at(virtual_terminal(1)), "");
    EXPECT_STR(typed_at(virtual_terminal(2)), "b\n");
    press(ALT_F12);
    EXPECT(!press("c")); /* it is the monitor's */
    EXPECT(!press("\033[A"));
}

/* Each key that terminfo's entry `linux` names, as tests/e2e/screens.py checks, by xterm's bytes;
 * and keys with modifiers. */
TEST(terminals, keys_are_the_linux_consoles)
{
    static const struct {
        const char *typed, *expected;
    } keys[] = {
        {"\033[E", "\033[G"},       {"\033OP", "\033[[A"},      {"\033OQ", "\033[[B"},
        {"\033OR", "\033[[C"},      {"\033OS", "\033[[D"},      {"\033[15~", "\033[[E"},
        {"\033[17~", "\033[17~"},   {"\033[18~", "\033[18~"},   {"\033[19~", "\033[19~"},
        {"\033[20~", "\033[20~"},   {"\033[21~", "\033[21~"},   {"\033[23~", "\033[23~"},
        {"\033[24~", "\033[24~"},   {"\033[1;2P", "\033[25~"},  {"\033[1;2Q", "\033[26~"},
        {"\033[1;2R", "\033[28~"},  {"\033[1;2S", "\033[29~"},  {"\033[15;2~", "\033[31~"},
        {"\033[17;2~", "\033[32~"}, {"\033[18;2~", "\033[33~"}, {"\033[19;2~", "\033[34~"},
        {"\033[20;2~", ""},         {"\033[1;5P", ""},          {"\033[A", "\033[A"},
        {"\033[B", "\033[B"},       {"\033[C", "\033[C"},       {"\033[D", "\033[D"},
        {"\033[1;5C", "\033[C"},    {"\033[1;2A", "\033[A"},    {"\033[H", "\033[1~"},
        {"\033[F", "\033[4~"},      {"\033[1;5H", "\033[1~"},   {"\033[2~", "\033[2~"},
        {"\033[3~", "\033[3~"},     {"\033[3;5~", "\033[3~"},   {"\033[5~", "\033[5~"},
        {"\033[6~", "\033[6~"},     {"\033[Z", "\033\t"},       {"\177", "\177"},
        {"0123456789", "01234567"}, /* no key; longer than any */
        {"\033x", "\033x"},         {"\u00e4", "\u00e4"},       {"\033[", "\033["},
    };
    begin();
    struct tty *tty = virtual_terminal(1);
    struct termios raw = TERMIOS_INITIAL;
    raw.local = 0;
    line_discipline_set_termios(&tty->discipline, &raw);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        EXPECT(press(keys[i].typed));
        EXPECT_STR(typed_at(tty), keys[i].expected);
    }
}

/* Each terminal has a history of its own. */
TEST(terminals, what_has_scrolled_away_can_be_viewed)
{
    begin();
    for (unsigned number = 1; number <= VIRTUAL_TERMINALS; number++) {
        for (char line[] = "a1\n"; line[0] <= 'z'; line[0]++) {
            line[1] = (char)('0' + number);
            print(number, line);
        }
    }
    for (unsigned number = 1; number <= VIRTUAL_TERMINALS; number++) {
        char top[] = "w1", back[] = "u1";
        top[1] = back[1] = (char)('0' + number);
        virtual_terminal_show(number);
        EXPECT_STR(row(0), top);
        EXPECT(press("\033[5;2~"));
        EXPECT_STR(row(0), back);
        EXPECT(press("\033[6;2~"));
        EXPECT_STR(row(0), top);
        EXPECT_STR(typed_at(virtual_terminal(number)), "");
    }
}

TEST(terminals, the_monitors_text_is_on_its_own_screen_only)
{
    begin();
    console_write("help", 4);
    EXPECT_STR(row(0), "");
    EXPECT_STR(serial, "");
    press(ALT_F12);
    EXPECT_STR(row(0), "cairn> help");
    serial_terminal_switch();
    EXPECT(!serial_terminal_has_line());
    console_write("\n", 1);
    EXPECT_STR(serial, "\n");
    serial_terminal_switch();
    EXPECT(serial_terminal_has_line());
}

TEST(terminals, a_line_of_the_log_is_everywhere)
{
    begin();
    print(1, "typing");
    for (struct console_sink *sink = console_sinks(); sink; sink = sink->next)
        console_log_to(sink, "[log]\n", 6);
    EXPECT_STR(row(0), "typing");
    EXPECT_STR(row(1), "[log]");
    EXPECT_EQ(fake.cursor_row, 2);
    EXPECT_STR(serial, "[log]\n");
}

TEST(terminals, answers_are_typed_at_the_terminal_that_was_asked)
{
    begin();
    struct termios raw = TERMIOS_INITIAL;
    raw.local = 0;
    line_discipline_set_termios(&virtual_terminal(2)->discipline, &raw);
    EXPECT_EQ(virtual_terminal_show(2), OK);
    EXPECT_EQ(virtual_terminal_show(1), OK);
    print(2, "ab\033[6n");
    EXPECT_STR(typed_at(virtual_terminal(2)), "\033[1;3R");
}

/* --- Opening ---------------------------------------------------------------------------------- */

TEST(terminals, devices_lead_to_terminals)
{
    begin();
    EXPECT_EQ(open_device(4, 3, O_RDWR), OK);
    EXPECT(tty_of_file(&file) == virtual_terminal(3));
    EXPECT_EQ(open_device(4, 64, O_RDWR), OK);
    EXPECT(tty_of_file(&file) == serial_terminal());
    EXPECT_EQ(serial_terminal()->number, DEVICE_NUMBER(4, 64));
    EXPECT_EQ(virtual_terminal(6)->number, DEVICE_NUMBER(4, 6));
    EXPECT_EQ(open_device(5, 0, O_RDWR), ERROR_NO_UNIT); /* there is no controlling terminal */
    press(ALT_F2);
    EXPECT_EQ(open_device(4, 0, O_RDWR), OK);
    EXPECT(tty_of_file(&file) == virtual_terminal(2));
    EXPECT_EQ(open_device(5, 1, O_RDWR), OK);
    EXPECT(tty_of_file(&file) == virtual_terminal(2));
    press(ALT_F12);
    EXPECT_EQ(open_device(5, 1, O_RDWR), OK);
    EXPECT(tty_of_file(&file) == virtual_terminal(1));
}

static int one(void)
{
    return 1;
}

static bool yes(void)
{
    return true;
}

TEST(terminals, a_leader_gets_the_first_terminal_that_it_opens)
{
    static const struct tty_hooks hooks = {
        .current_group = one, .current_session = one, .current_leads_session = yes};
    begin();
    tty_set_hooks(&hooks);
    EXPECT_EQ(open_device(5, 1, O_RDWR), OK);
    EXPECT_EQ(open_device(4, 1, O_RDWR | O_NOCTTY), OK);
    EXPECT_EQ(open_device(4, 1, O_WRONLY), OK);
    EXPECT_EQ(virtual_terminal(1)->session, 0);
    EXPECT_EQ(open_device(4, 1, O_RDWR), OK);
    EXPECT_EQ(virtual_terminal(1)->session, 1);
    EXPECT_EQ(open_device(4, 2, O_RDWR), OK);
    EXPECT_EQ(virtual_terminal(2)->session, 0);
    EXPECT_EQ(open_device(5, 0, O_RDWR), OK);
    EXPECT(tty_of_file(&file) == virtual_terminal(1));
}

/* --- Suites of their own ---------------------------------------------------------------------- */

TEST(terminals_in_a_panic, a_report_shows_the_console)
{
    begin();
    print(1, "a program's");
    console_begin_report(true);
    console_write("PANIC", 5);
    EXPECT_STR(row(1), "PANIC"); /* on a line of its own */
    EXPECT(strstr(serial, "PANIC"));
    EXPECT_EQ(virtual_terminal_shown(), CONSOLE_SHOWN);
}

TEST(terminals_without_a_display, the_console_is_serial)
{
    start(NULL);
    EXPECT_EQ(open_device(5, 1, O_RDWR), OK);
    EXPECT(tty_of_file(&file) == serial_terminal());
    print(1, "nobody sees this");
    EXPECT_STR(row(0), "");
}
