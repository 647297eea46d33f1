/*
 * The two kinds of text for a terminal's device: a program's output, and the echo of typed bytes.
 * The echo waits in a small buffer while the output is stopped.
 *
 * Columns are counted, because erasing a tab takes the number of columns that it has moved. Like
 * Linux's, the count is a guess: a character counts as one column, and a program's control
 * sequences count as text.
 */
#include <assert.h>
#include <kernel/tty/line_parts.h>
#include <lib/string.h>

/* The letters of ISO 8859-1 as Linux has them, ß and ÿ among the small ones. */
static uint8_t to_capital(uint8_t byte)
{
    bool is_small = (byte >= 'a' && byte <= 'z') || (byte >= 0xdf && byte != 0xf7);
    return is_small ? byte - 0x20 : byte;
}

/* --- Output --------------------------------------------------------------------------------- */

static size_t put_tab(struct line_discipline *discipline, char *to)
{
    unsigned columns = TAB_COLUMNS - discipline->column % TAB_COLUMNS;
    discipline->column += columns;
    if ((discipline->termios.output & TABDLY) == TABDLY) {
        memset(to, ' ', columns);
        return columns;
    }
    to[0] = '\t';
    return 1;
}

static size_t put_newline(struct line_discipline *discipline, char *to)
{
    bool adds_return = has_output(discipline, ONLCR);
    if (adds_return || has_output(discipline, ONLRET))
        discipline->column = 0;
    discipline->line_column = discipline->column;
    to[0] = '\r';
    to[adds_return] = '\n';
    return 1 + adds_return;
}

static size_t put_return(struct line_discipline *discipline, char *to)
{
    bool becomes_newline = has_output(discipline, OCRNL);
    if (has_output(discipline, ONOCR) && discipline->column == 0)
        return 0;
    if (!becomes_newline || has_output(discipline, ONLRET))
        discipline->line_column = discipline->column = 0;
    to[0] = becomes_newline ? '\n' : '\r';
    return 1;
}

/* Translates a byte of output while OPOST is set. Returns how many bytes it became. */
static size_t put_byte(struct line_discipline *discipline, char byte, char *to)
{
    if (byte == '\n')
        return put_newline(discipline, to);
    if (byte == '\r')
        return put_return(discipline, to);
    if (byte == '\t')
        return put_tab(discipline, to);
    if (byte == '\b')
        discipline->column -= discipline->column > 0;
    if (byte != '\b' && !is_control((uint8_t)byte)) {
        if (has_output(discipline, OLCUC))
            byte = (char)to_capital((uint8_t)byte);
        discipline->column += !is_continuation(discipline, (uint8_t)byte);
    }
    to[0] = byte;
    return 1;
}

size_t line_discipline_output(struct line_discipline *discipline, const char *from, size_t count,
                              char *to, size_t room, size_t *used)
{
    ASSERT(room >= LINE_DISCIPLINE_EXPANDED);
    if (!has_output(discipline, OPOST)) {
        *used = MIN(count, room);
        memcpy(to, from, *used);
        return *used;
    }
    size_t put = 0, taken = 0;
    while (taken < count && room - put >= LINE_DISCIPLINE_EXPANDED)
        put += put_byte(discipline, from[taken++], to + put);
    *used = taken;
    return put;
}

/* --- Echo ----------------------------------------------------------------------------------- */

void echo_show(struct line_discipline *discipline)
{
    ASSERT(discipline->pending_count <= LINE_DISCIPLINE_ECHO);
    if (discipline->stopped || !discipline->pending_count)
        return;
    discipline->echo(discipline, discipline->pending, discipline->pending_count);
    discipline->pending_count = 0;
}

bool echo_make_room(struct line_discipline *discipline)
{
    if (discipline->pending_count > LINE_DISCIPLINE_ECHO - LINE_DISCIPLINE_EXPANDED)
        echo_show(discipline);
    if (discipline->pending_count == 0) {
        discipline->shown_column = discipline->column;
        discipline->shown_line_column = discipline->line_column;
    }
    return discipline->pending_count <= LINE_DISCIPLINE_ECHO - LINE_DISCIPLINE_EXPANDED;
}

void echo_drop(struct line_discipline *discipline)
{
    if (discipline->pending_count == 0)
        return;
    discipline->pending_count = 0;
    discipline->column = discipline->shown_column;
    discipline->line_column = discipline->shown_line_column;
}

void echo_raw(struct line_discipline *discipline, uint8_t byte)
{
    if (!echo_make_room(discipline))
        return;
    char *to = discipline->pending + discipline->pending_count;
    if (has_output(discipline, OPOST) && byte != PARITY_MARK) {
        discipline->pending_count += (unsigned)put_byte(discipline, (char)byte, to);
    } else {
        discipline->column += byte == PARITY_MARK;
        to[0] = (char)byte;
        discipline->pending_count++;
    }
}

void echo_text(struct line_discipline *discipline, const char *text)
{
    for (; *text; text++)
        echo_raw(discipline, (uint8_t)*text);
}

void echo_byte(struct line_discipline *discipline, uint8_t byte)
{
    if (!has_local(discipline, ECHOCTL) || !is_control(byte) || byte == '\t') {
        echo_raw(discipline, byte);
        return;
    }
    if (!echo_make_room(discipline))
        return;
    discipline->pending[discipline->pending_count++] = '^';
    discipline->pending[discipline->pending_count++] = (char)(byte ^ 0x40);
    discipline->column += 2;
}

void echo_end_erasing(struct line_discipline *discipline)
{
    if (discipline->erasing)
        echo_raw(discipline, '/');
    discipline->erasing = false;
}

void echo_typed(struct line_discipline *discipline, uint8_t byte)
{
    if (!has_local(discipline, ECHO))
        return;
    echo_end_erasing(discipline);
    if (discipline->line_start == discipline->head)
        discipline->line_column = discipline->column;
    echo_byte(discipline, byte);
}
