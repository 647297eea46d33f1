/*
 * The characters that edit a line: each changes the line and shows the change on the screen. A
 * character of UTF-8 is erased as a whole.
 */
#include <assert.h>
#include <kernel/tty/line_parts.h>

/* Is the byte part of a word? Letters are those of ISO 8859-1, which include most bytes of UTF-8.
 */
static bool is_word(uint8_t byte)
{
    enum { FIRST_LETTER = 0xc0, TIMES = 0xd7, DIVISION = 0xf7 };
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= FIRST_LETTER && byte != TIMES && byte != DIVISION);
    return is_letter || (byte >= '0' && byte <= '9') || byte == '_';
}

enum erase { ERASE_CHARACTER, ERASE_WORD, ERASE_LINE };

/* Moves the cursor back over a tab that was erased at the line's end. Its width follows from the
 * characters between the tab before it, or else the line's start, and itself. */
static void echo_tab_erased(struct line_discipline *discipline)
{
    unsigned columns = 0;
    uint32_t at = discipline->head;
    while (at != discipline->line_start) {
        uint8_t byte = *input_byte(discipline, --at);
        if (byte == '\t')
            break;
        if (is_control(byte))
            columns += has_local(discipline, ECHOCTL) ? 2 : 0;
        else
            columns += !is_continuation(discipline, byte);
    }
    bool after_tab = at != discipline->head && *input_byte(discipline, at) == '\t';
    if (!after_tab)
        columns += discipline->line_column;
    for (unsigned i = columns % TAB_COLUMNS; i < TAB_COLUMNS && echo_make_room(discipline); i++) {
        discipline->pending[discipline->pending_count++] = '\b';
        discipline->column -= discipline->column > 0;
    }
}

/* Prints the `count` bytes of a character that was erased at the line's end. */
static void print_erased(struct line_discipline *discipline, unsigned count)
{
    if (!discipline->erasing)
        echo_raw(discipline, '\\');
    discipline->erasing = true;
    echo_byte(discipline, *input_byte(discipline, discipline->head));
    for (unsigned i = 1; i < count; i++) {
        echo_raw(discipline, *input_byte(discipline, discipline->head + i));
        discipline->column -= discipline->column > 0;
    }
}

/* Shows that a character of `count` bytes was erased at the line's end. */
static void echo_erased(struct line_discipline *discipline, enum erase what, unsigned count)
{
    uint8_t first = *input_byte(discipline, discipline->head);
    if (has_local(discipline, ECHOPRT)) {
        print_erased(discipline, count);
    } else if (what == ERASE_CHARACTER && !has_local(discipline, ECHOE)) {
        echo_byte(discipline, discipline->termios.characters[VERASE]);
    } else if (first == '\t') {
        echo_tab_erased(discipline);
    } else if (!is_control(first)) {
        echo_text(discipline, "\b \b");
    } else if (has_local(discipline, ECHOCTL)) {
        echo_text(discipline, "\b \b\b \b");
    }
}

/* Returns the position where the line's last character begins; `head` if the line holds only
 * continuation bytes of it. */
static uint32_t last_character(struct line_discipline *discipline)
{
    uint32_t at = discipline->head;
    ASSERT(at != discipline->line_start);
    do
        at--;
    while (is_continuation(discipline, *input_byte(discipline, at)) &&
           at != discipline->line_start);
    return is_continuation(discipline, *input_byte(discipline, at)) ? discipline->head : at;
}

/* Erases from the line's end as far as `what` says, character by character. */
static void erase_characters(struct line_discipline *discipline, enum erase what)
{
    bool in_word = false;
    while (discipline->head != discipline->line_start) {
        uint32_t at = last_character(discipline), count = discipline->head - at;
        bool word = is_word(*input_byte(discipline, at));
        if (count == 0 || (what == ERASE_WORD && in_word && !word))
            break;
        in_word |= word;
        discipline->head = at;
        if (has_local(discipline, ECHO))
            echo_erased(discipline, what, count);
        if (what == ERASE_CHARACTER)
            break;
    }
    if (discipline->head == discipline->line_start && has_local(discipline, ECHO))
        echo_end_erasing(discipline);
}

/* Drops the line, which stays on the screen. */
static void abandon_line(struct line_discipline *discipline)
{
    discipline->head = discipline->line_start;
    if (!has_local(discipline, ECHO))
        return;
    echo_end_erasing(discipline);
    echo_byte(discipline, discipline->termios.characters[VKILL]);
    if (has_local(discipline, ECHOK))
        echo_raw(discipline, '\n');
}

static void erase(struct line_discipline *discipline, enum erase what)
{
    uint32_t all = ECHO | ECHOE | ECHOK | ECHOKE;
    if (discipline->head == discipline->line_start)
        return;
    if (what == ERASE_LINE && (discipline->termios.local & all) != all)
        abandon_line(discipline);
    else
        erase_characters(discipline, what);
}

/* Echoes the line again, on a new row. */
static void reprint(struct line_discipline *discipline, uint8_t byte)
{
    echo_end_erasing(discipline);
    echo_byte(discipline, byte);
    echo_raw(discipline, '\n');
    for (uint32_t at = discipline->line_start; at != discipline->head; at++)
        echo_byte(discipline, *input_byte(discipline, at));
}

static void begin_literal(struct line_discipline *discipline)
{
    discipline->literal_next = true;
    if (!has_local(discipline, ECHO))
        return;
    echo_end_erasing(discipline);
    if (has_local(discipline, ECHOCTL))
        echo_text(discipline, "^\b");
}

bool line_edit(struct line_discipline *discipline, uint8_t byte)
{
    bool extended = has_local(discipline, IEXTEN);
    if (is_character(discipline, byte, VERASE))
        erase(discipline, ERASE_CHARACTER);
    else if (extended && is_character(discipline, byte, VWERASE))
        erase(discipline, ERASE_WORD);
    else if (is_character(discipline, byte, VKILL))
        erase(discipline, ERASE_LINE);
    else if (extended && is_character(discipline, byte, VLNEXT))
        begin_literal(discipline);
    else if (extended && has_local(discipline, ECHO) && is_character(discipline, byte, VREPRINT))
        reprint(discipline, byte);
    else
        return false;
    return true;
}
