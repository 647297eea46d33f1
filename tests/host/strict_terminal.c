#include <lib/string.h>

#include "strict_terminal.h"

static void complain(struct strict_terminal *terminal, const char *about)
{
    if (!terminal->complaint)
        terminal->complaint = about;
}

static void feed_line(struct strict_terminal *terminal)
{
    terminal->column = 0;
    if (++terminal->row == STRICT_ROWS) {
        terminal->row--;
        memmove(terminal->cells[0], terminal->cells[1],
                sizeof(terminal->cells) - sizeof(terminal->cells[0]));
        memset(terminal->cells[terminal->row], 0, sizeof(terminal->cells[0]));
    }
}

const char wide_character[] = "\xe6\x97\xa5", right_half[] = "\xff";

static void put(struct strict_terminal *terminal, const char *character)
{
    string_copy(terminal->cells[terminal->row][terminal->column++], character, 5);
}

static void show(struct strict_terminal *terminal, const char *character)
{
    if (character[0] == '\xc2' && (unsigned char)character[1] < 0xa0)
        complain(terminal, "a control character as text");
    bool is_wide = strcmp(character, wide_character) == 0;
    if (terminal->column + is_wide >= terminal->columns)
        feed_line(terminal);
    put(terminal, character);
    if (is_wide)
        put(terminal, right_half);
}

static void take_text(struct strict_terminal *terminal, char byte)
{
    unsigned char value = (unsigned char)byte;
    if ((value & 0xc0) != 0x80) {
        if (terminal->missing)
            complain(terminal, "an incomplete character");
        terminal->missing = value < 0x80 ? 0 : value < 0xe0 ? 1 : value < 0xf0 ? 2 : 3;
        terminal->character[0] = '\0';
    } else if (terminal->missing == 0) {
        complain(terminal, "a stray continuation");
        return;
    } else {
        terminal->missing--;
    }
    size_t length = strlen(terminal->character);
    terminal->character[length] = byte;
    terminal->character[length + 1] = '\0';
    if (!terminal->missing)
        show(terminal, terminal->character);
}

static void take_control(struct strict_terminal *terminal, char byte)
{
    if (byte == '\r')
        terminal->column = 0;
    else if (byte == '\n')
        feed_line(terminal);
    else if (byte == '\b' && terminal->column > 0 && terminal->column < terminal->columns)
        terminal->column--;
    else if (byte != '\a')
        complain(terminal, byte == '\b' ? "\\b at an edge" : "an unknown control character");
}

static void erase_below(struct strict_terminal *terminal)
{
    if (terminal->column == terminal->columns)
        complain(terminal, "an erasure from a full row");
    memset(terminal->cells[terminal->row][terminal->column], 0,
           sizeof(terminal->cells[0][0]) * (STRICT_COLUMNS - terminal->column));
    for (unsigned row = terminal->row + 1; row < STRICT_ROWS; row++)
        memset(terminal->cells[row], 0, sizeof(terminal->cells[row]));
}

static void take_sequence(struct strict_terminal *terminal, char final)
{
    unsigned count = ecma48_parameter(&terminal->parser, 0, 1);
    if (final == 'A' && count <= terminal->row) {
        terminal->row -= count;
        if (terminal->column == terminal->columns)
            complain(terminal, "a step up from a full row");
    } else if (final == 'C' && terminal->column + count < terminal->columns) {
        terminal->column += count;
    } else if (final == 'J' && terminal->parser.count == 0) {
        erase_below(terminal);
    } else if (final == 'J') {
        memset(terminal->cells, 0, sizeof(terminal->cells));
    } else if (final == 'H') {
        terminal->row = terminal->parser.count ? STRICT_ROWS - 1 : 0;
        terminal->column = terminal->parser.count ? terminal->columns - 1 : 0;
    } else if (final == 'n') {
        terminal->asked = true;
    } else {
        complain(terminal, "an unknown sequence, or one beyond the edge");
    }
}
static void write(struct console_sink *sink, const char *text, size_t length)
{
    struct strict_terminal *terminal = CONTAINER_OF(sink, struct strict_terminal, sink);
    if (terminal->before_write)
        terminal->before_write();
    for (; length; length--, text++) {
        enum ecma48_event event = ecma48_feed(&terminal->parser, *text);
        if (event == ECMA48_PRINT)
            take_text(terminal, *text);
        else if (event == ECMA48_CONTROL)
            take_control(terminal, *text);
        else if (event == ECMA48_SEQUENCE)
            take_sequence(terminal, *text);
    }
}

void strict_terminal_start(struct strict_terminal *terminal, unsigned columns,
                           void (*before_write)(void))
{
    terminal->sink.write = write;
    terminal->before_write = before_write;
    terminal->columns = terminal->sink.columns = columns;
    terminal->complaint = NULL;
}
