/*
 * The sinks, and what else the line editor needs: commands to complete and something to stop.
 */
#include <kernel/monitor/command.h>
#include <kernel/monitor/line.h>
#include <lib/random.h>
#include <lib/string.h>
#include <lib/terminal.h>

#include "fake_display.h"
#include "line_model.h"
#include "line_screens.h"

struct strict_terminal wide, narrow;

/* The kernel's own terminal. */
enum { OWN_ROWS = 60, OWN_COLUMNS = 80 };

static struct own {
    struct console_sink sink;
    struct fake_display display;
    struct terminal terminal;
    uint64_t storage[GRID_SIZE(OWN_ROWS + 10, OWN_COLUMNS) / 8];
} own;

static void write_own(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    terminal_write_lines(&own.terminal, text, length);
}

static void add_own(void)
{
    own.sink = (struct console_sink){.write = write_own, .rows = OWN_ROWS, .columns = OWN_COLUMNS};
    fake_display_init(&own.display, OWN_ROWS, OWN_COLUMNS, true);
    terminal_init(&own.terminal, &own.display.display, own.storage, sizeof(own.storage));
    console_add_sink(&own.sink);
}

void show_log(void)
{
    static bool showing;
    if (showing)
        return;
    showing = true;
    line_hide();
    line_show();
    showing = false;
}

/* The timer's interrupt may come between any two writes. */
static void interrupt(void)
{
    static uint64_t random = 1;
    if (random_below(&random, 10) == 0)
        show_log();
}

void begin_on(unsigned wide_columns, unsigned narrow_columns)
{
    static bool added;
    strict_terminal_start(&wide, wide_columns, interrupt);
    strict_terminal_start(&narrow, narrow_columns, interrupt);
    wide.sink.rows = STRICT_ROWS;
    if (!added) {
        console_add_sink(&wide.sink);
        console_add_sink(&narrow.sink);
        add_own();
    }
    added = true;
    line_feed(LINE_KEYBOARD, '\r');
    line_begin();
}

/* --- What the editor needs beside the console ------------------------------------------------- */

unsigned stops;

void command_stop(void)
{
    stops++;
}

const char *command_name(size_t index)
{
    static const char *const names[] = {"echo", "heap", "help", "hello"};
    return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

static const char *colour(size_t index)
{
    static const char *const names[] = {"red", "green"};
    return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

completion_list command_words(const char *line, size_t length, size_t *start)
{
    size_t at = 0;
    while (at < length && line[at] != ' ')
        at++;
    *start = at < length ? at + 1 : 0;
    return at < length ? colour : command_name;
}

/* --- Looking at the screens ------------------------------------------------------------------- */

/* Does the terminal show prompt, text, and cursor, and nothing to their right and below? */
static const char *compare(const struct strict_terminal *terminal)
{
    if (terminal->complaint)
        return terminal->complaint;
    const struct model_picture *expected = model_picture(terminal->columns);
    if (terminal->column != expected->column || terminal->row < expected->row)
        return "the cursor is elsewhere";
    unsigned top = terminal->row - expected->row;
    for (unsigned row = 0; row + top < STRICT_ROWS; row++) {
        for (unsigned column = 0; column < terminal->columns; column++) {
            const char *cell = expected->cells[row][column];
            if (strcmp(terminal->cells[top + row][column], cell ? cell : "") != 0)
                return "a cell is wrong";
        }
    }
    return NULL;
}

/* The code point of a character that is expected in a cell; NULL: nothing stands there. */
static uint32_t code_of(const char *character)
{
    uint32_t code = ' ';
    struct utf8 decoder = {0};
    for (; character && *character; character++)
        utf8_feed(&decoder, (uint8_t)*character, &code);
    return code;
}

/* The same for the kernel's own terminal. */
static const char *compare_own(void)
{
    const struct terminal_cursor *cursor = &own.terminal.cursor;
    const struct model_picture *expected = model_picture(OWN_COLUMNS);
    if (cursor->column != expected->column || cursor->row < expected->row)
        return "our own terminal: the cursor is elsewhere";
    unsigned top = cursor->row - expected->row;
    for (unsigned row = 0; row + top < OWN_ROWS; row++) {
        for (unsigned column = 0; column < OWN_COLUMNS; column++) {
            terminal_cell_t cell = own.display.cells[(top + row) * OWN_COLUMNS + column];
            const char *character = expected->cells[row][column];
            bool right = character == right_half
                             ? cell & CELL_RIGHT_HALF
                             : (cell & (CELL_CODE | CELL_RIGHT_HALF)) == code_of(character);
            if (!right)
                return "our own terminal: a cell is wrong";
        }
    }
    return NULL;
}

const char *compare_all(void)
{
    const char *difference = compare(&wide);
    if (!difference)
        difference = compare(&narrow);
    return difference ? difference : compare_own();
}

const char *type(const char *bytes)
{
    const char *line = NULL;
    for (; *bytes && !line; bytes++)
        line = line_feed(LINE_KEYBOARD, *bytes);
    return line;
}

const char *compare_text(const char *text)
{
    model_reset();
    for (; *text; text++)
        model_insert((const char[]){*text, '\0'});
    return compare_all();
}
