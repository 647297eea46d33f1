/*
 * Each virtual terminal has a struct terminal of its own. That draws on the display while it is
 * shown, and otherwise on a hidden display of the same size. To show a terminal, it is given the
 * display, and draws all of its cells there. A terminal that was never shown or written to has no
 * memory for cells.
 *
 * While the console is hidden, the log's lines go to the console's screen and to the terminal that
 * is shown. A panic shows the console first.
 *
 * The keyboard types what xterm sends; console_keys.c translates that for the Linux console.
 */
#include <assert.h>
#include <fs/device.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>
#include <kernel/tty/console_keys.h>
#include <kernel/tty/controls.h>
#include <kernel/tty/virtual_terminal.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { HISTORY = 200 /* lines */, ROWS_WITHOUT_DISPLAY = 25, COLUMNS_WITHOUT_DISPLAY = 80 };

struct virtual_terminal {
    struct tty tty;
    struct terminal terminal;
    void *rows; /* its memory; NULL: it was never used */
};

static struct virtual_terminal terminals[VIRTUAL_TERMINALS];
static struct terminal *console;         /* NULL: there is no display */
static struct terminal_display *display; /* the real one; NULL: there is none */
static struct terminal_display hidden;
static unsigned shown = CONSOLE_SHOWN;
bool virtual_terminals_exist;

static struct virtual_terminal *terminal_of(struct tty *tty)
{
    return CONTAINER_OF(tty, struct virtual_terminal, tty);
}

struct tty *virtual_terminal(unsigned number)
{
    ASSERT(number >= 1 && number <= VIRTUAL_TERMINALS);
    return &terminals[number - 1].tty;
}

unsigned virtual_terminal_shown(void)
{
    return shown;
}

/* --- The device ------------------------------------------------------------------------------- */

static void answer(void *tty, const char *text, size_t length)
{
    tty_answer(tty, text, length);
}

/* Allocates memory for the screen at the first output, or when the terminal is first shown. If
 * there is too little for a history, the terminal has none. */
static enum error find_memory(struct virtual_terminal *terminal)
{
    size_t size = GRID_SIZE(hidden.rows + HISTORY, hidden.columns);
    if (terminal->rows)
        return OK;
    terminal->rows = kmalloc(size);
    if (!terminal->rows) {
        size = GRID_SIZE(hidden.rows, hidden.columns);
        terminal->rows = kmalloc(size);
    }
    if (!terminal->rows)
        return ERROR_OUT_OF_FRAMES;
    enum error error = terminal_init(&terminal->terminal, &hidden, terminal->rows, size);
    ASSERT(!error); /* it has room for the screen, which is of a size that is allowed */
    terminal->terminal.answer = answer;
    terminal->terminal.answer_context = &terminal->tty;
    return OK;
}

/* Without memory for the screen, the output is lost. */
static void write(struct tty *tty, const char *bytes, size_t count)
{
    struct virtual_terminal *terminal = terminal_of(tty);
    if (find_memory(terminal) == OK)
        terminal_write(&terminal->terminal, bytes, count);
}

/* --- Showing ---------------------------------------------------------------------------------- */

static struct terminal *terminal_shown(void)
{
    return shown == CONSOLE_SHOWN ? console : &terminals[shown - 1].terminal;
}

static void show(unsigned number)
{
    if (display)
        terminal_use_display(terminal_shown(), &hidden);
    shown = number;
    if (display)
        terminal_use_display(terminal_shown(), display);
}

enum error virtual_terminal_show(unsigned number)
{
    ASSERT(number <= VIRTUAL_TERMINALS);
    enum error error = number == CONSOLE_SHOWN ? OK : find_memory(&terminals[number - 1]);
    if (error || number == shown)
        return error;
    show(number);
    if (number != CONSOLE_SHOWN)
        tty_wake(virtual_terminal(number)); /* see wait_until_shown() */
    return OK;
}

/* Shows the console for a panic. Any context. */
static void show_console(void)
{
    if (shown != CONSOLE_SHOWN)
        show(CONSOLE_SHOWN);
}

/* Shows a line of the log on the terminal that is shown, on a row of its own. */
static void write_log(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    if (shown == CONSOLE_SHOWN)
        return;
    ASSERT(terminals[shown - 1].rows); /* what is shown has memory */
    if (terminal_shown()->cursor.column > 0)
        terminal_write_lines(terminal_shown(), "\n", 1);
    terminal_write_lines(terminal_shown(), text, length);
}

static struct console_sink log_sink = {.write = write_log, .log_only = true};

/* --- Requests --------------------------------------------------------------------------------- */

/* Linux: include/uapi/linux/vt.h, kd.h */
enum {
    KDGKBTYPE = 0x4b33,
    KDGETMODE = 0x4b3b,
    KDGKBMODE = 0x4b44,
    VT_OPENQRY = 0x5600,
    VT_GETSTATE = 0x5603,
    VT_ACTIVATE = 0x5606,
    VT_WAITACTIVE = 0x5607,
};
enum { KEYBOARD_101 = 2, MODE_TEXT = 0, KEYS_UNICODE = 3, NO_TERMINAL = -1 };

struct vt_state {
    uint16_t active, signal, used; /* the last is a bit for each number */
};

struct shown_wait {
    struct future future;
    unsigned number;
};

static enum poll_result poll_shown(struct future *future, struct task *task)
{
    unsigned number = CONTAINER_OF(future, struct shown_wait, future)->number;
    if (number != shown) {
        waker_register(&future->waker, virtual_terminal(number)->changed, task);
        return POLL_PENDING;
    }
    waker_finish(&future->waker);
    return POLL_READY;
}

static enum error wait_until_shown(unsigned number)
{
    struct shown_wait wait = {.future = {.poll = poll_shown}, .number = number};
    return await_interruptible(&wait.future);
}

static enum error give_state(uint64_t address)
{
    unsigned active = MAX(shown, 1u);
    struct vt_state state = {.active = (uint16_t)active, .used = 1};
    for (unsigned number = 1; number <= VIRTUAL_TERMINALS; number++)
        state.used |= (uint16_t)(terminals[number - 1].rows ? 1 << number : 0);
    return copy_to_user(address, &state, sizeof(state));
}

/* The first terminal that has shown nothing yet: openvt opens it. */
static int first_unused(void)
{
    for (int number = 1; number <= VIRTUAL_TERMINALS; number++) {
        if (!terminals[number - 1].rows)
            return number;
    }
    return NO_TERMINAL;
}

static enum error ioctl(struct tty *tty, unsigned request, uint64_t argument, int64_t *result)
{
    const uint8_t keyboard_type = KEYBOARD_101;
    (void)tty;
    (void)result;
    switch (request) {
    case KDGKBTYPE:
        return copy_to_user(argument, &keyboard_type, sizeof(keyboard_type));
    case KDGETMODE:
        return tty_give_number(argument, MODE_TEXT);
    case KDGKBMODE:
        return tty_give_number(argument, KEYS_UNICODE);
    case VT_OPENQRY:
        return tty_give_number(argument, first_unused());
    case VT_GETSTATE:
        return give_state(argument);
    case VT_ACTIVATE:
    case VT_WAITACTIVE:
        if (argument < 1 || argument > VIRTUAL_TERMINALS)
            return ERROR_NO_UNIT;
        return request == VT_ACTIVATE ? virtual_terminal_show((unsigned)argument)
                                      : wait_until_shown((unsigned)argument);
    default:
        return ERROR_NOT_TERMINAL;
    }
}

static const struct tty_device device = {
    .write = write, .ioctl = ioctl, .fixed_control = TERMIOS_LINE, .resets = true};

/* --- Keys ------------------------------------------------------------------------------------- */

static bool is_key(const char *bytes, unsigned count, const char *key)
{
    return strlen(key) == count && memcmp(bytes, key, count) == 0;
}

/* Acts on a key with Alt that shows a terminal; returns false for other keys. */
static bool take_switch(const char *bytes, unsigned count)
{
    static const char *const keys[] = {"\033[24;3~", "\033[1;3P",  "\033[1;3Q", "\033[1;3R",
                                       "\033[1;3S",  "\033[15;3~", "\033[17;3~"};
    for (unsigned number = 0; number < ARRAY_SIZE(keys); number++) {
        if (is_key(bytes, count, keys[number])) {
            (void)virtual_terminal_show(number); /* without memory nothing happens */
            return true;
        }
    }
    return false;
}

/* Acts on a key with Shift that moves the view; returns false for other keys. The console's line
 * editor has these keys, too. */
static bool take_view(const char *bytes, unsigned count)
{
    bool back = is_key(bytes, count, "\033[5;2~"), forward = is_key(bytes, count, "\033[6;2~");
    if (back || forward)
        terminal_view(terminal_shown(), (int)MAX(hidden.rows / 2, 1u) * (back ? 1 : -1));
    return back || forward;
}

bool virtual_terminals_type(const char *bytes, unsigned count)
{
    bool is_character = count == 1; /* most keys are; all others begin with ESC, or are not ASCII */
    if (!is_character && take_switch(bytes, count))
        return true;
    if (shown == CONSOLE_SHOWN)
        return false;
    if (!is_character && take_view(bytes, count))
        return true;
    char key[CONSOLE_KEY_MAX];
    if (!is_character) {
        count = console_key(bytes, count, key);
        bytes = key;
    }
    tty_input(virtual_terminal(shown), (const uint8_t *)bytes, count);
    return true;
}

/* --- Set-up ----------------------------------------------------------------------------------- */

void virtual_terminals_start(struct screen *screen)
{
    static const struct termios settings = TERMIOS_INITIAL;
    unsigned rows = screen ? screen->sink.rows : ROWS_WITHOUT_DISPLAY;
    unsigned columns = screen ? screen->sink.columns : COLUMNS_WITHOUT_DISPLAY;
    console = screen ? &screen->terminal : NULL;
    display = screen ? console->grid.display : NULL;
    terminal_display_init_hidden(&hidden, rows, columns);
    for (unsigned number = 1; number <= VIRTUAL_TERMINALS; number++) {
        struct tty *tty = virtual_terminal(number);
        tty->device = &device;
        tty->number = DEVICE_NUMBER(4, number);
        tty->size = (struct window_size){.rows = (uint16_t)rows, .columns = (uint16_t)columns};
        tty_add(tty, &settings, NULL);
    }
    log_sink.rows = rows;
    log_sink.columns = columns;
    console_add_sink(&log_sink);
    console_set_report_hook(show_console);
    virtual_terminals_exist = true;
    if (virtual_terminal_show(1) == OK)
        log_show_again(&log_sink);
}
