/*
 * The final byte selects what a sequence does. The names in the comments are those of ECMA-48 (8.3)
 * or, where it has none, of DEC's VT220. The sender may choose any parameter up to
 * ECMA48_PARAMETER_MAX, so each one is limited to the screen before it is used. With a prefix or an
 * intermediate byte, the final byte stands for another sequence; the unknown ones do nothing.
 */
#include <lib/format.h>
#include <lib/terminal_charset.h>
#include <lib/terminal_cursor.h>
#include <lib/terminal_sequences.h>

static void erase(struct terminal *terminal, unsigned row, unsigned from, unsigned to)
{
    grid_erase(&terminal->grid, row, from, to, terminal->blank);
}

static void erase_rows(struct terminal *terminal, unsigned from, unsigned to)
{
    for (unsigned row = from; row < to; row++)
        erase(terminal, row, 0, terminal->grid.columns);
}

/* EL: from the cursor on (0), up to and including the cursor (1), all (2). */
static void erase_in_line(struct terminal *terminal, unsigned mode)
{
    unsigned columns = terminal->grid.columns, column = terminal_column(terminal);
    if (mode <= 2)
        erase(terminal, terminal->cursor.row, mode == 0 ? column : 0,
              mode == 1 ? column + 1 : columns);
}

/* ED: the same for the screen; 3 is the history, as in xterm. */
static void erase_in_display(struct terminal *terminal, unsigned mode)
{
    unsigned row = terminal->cursor.row, rows = terminal->grid.rows;
    if (mode == 3) {
        grid_forget_history(&terminal->grid);
    } else if (mode == 2) {
        erase_rows(terminal, 0, rows);
    } else if (mode <= 1) {
        erase_in_line(terminal, mode);
        erase_rows(terminal, mode == 0 ? row + 1 : 0, mode == 0 ? rows : row);
    }
}

/* ECH */
static void erase_characters(struct terminal *terminal, unsigned count)
{
    unsigned column = terminal_column(terminal);
    erase(terminal, terminal->cursor.row, column, MIN(column + count, terminal->grid.columns));
}

/* grid_scroll_up() or grid_scroll_down(). */
typedef void (*scroll_function)(struct grid *grid, unsigned top, unsigned bottom, unsigned lines,
                                terminal_cell_t blank);

/* IL and DL: only within the scroll region. The cursor stays, as on Linux. */
static void shift_lines(struct terminal *terminal, unsigned count, scroll_function scroll)
{
    unsigned row = terminal->cursor.row;
    if (row < terminal->region_top || row >= terminal->region_bottom)
        return;
    scroll(&terminal->grid, row, terminal->region_bottom, count, terminal->blank);
}

/* SU and SD. */
static void scroll_region(struct terminal *terminal, unsigned count, scroll_function scroll)
{
    scroll(&terminal->grid, terminal->region_top, terminal->region_bottom, count, terminal->blank);
}

/* DECSTBM: the first and the last row that scroll, at least two rows. The cursor goes to the
 * screen's first cell, in origin mode to the region's. */
static void set_region(struct terminal *terminal)
{
    unsigned rows = terminal->grid.rows;
    unsigned top = ecma48_parameter(&terminal->parser, 0, 1) - 1;
    unsigned bottom = MIN(ecma48_parameter(&terminal->parser, 1, rows), rows);
    if (top + 1 >= bottom)
        return;
    terminal->region_top = top;
    terminal->region_bottom = bottom;
    terminal_address(terminal, 0, 0);
}

/* TBC */
static void clear_tabs(struct terminal *terminal, unsigned mode)
{
    if (mode == 0)
        terminal_clear_tab(terminal);
    else if (mode == 3)
        terminal_clear_all_tabs(terminal);
}

static void answer(struct terminal *terminal, const char *format, ...) PRINTF(2, 3);

static void answer(struct terminal *terminal, const char *format, ...)
{
    char text[32];
    if (!terminal->answer)
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    terminal->answer(terminal->answer_context, text, (size_t)length);
}

/* DSR: 5 asks for the status, 6 for the cursor's place (CPR). */
static void report_status(struct terminal *terminal, unsigned what)
{
    unsigned origin = terminal->origin ? terminal->region_top : 0;
    if (what == 5)
        answer(terminal, "\033[0n");
    else if (what == 6)
        answer(terminal, "\033[%u;%uR", terminal->cursor.row - origin + 1,
               terminal_column(terminal) + 1);
}

static bool cursor_sequence(struct terminal *terminal, char final)
{
    unsigned row = terminal->cursor.row, column = terminal_column(terminal);
    unsigned count = ecma48_parameter(&terminal->parser, 0, 1);
    switch (final) {
    case 'A': /* CUU */
        terminal_move_up(terminal, count);
        return true;
    case 'B': /* CUD */
    case 'e': /* VPR */
        terminal_move_down(terminal, count);
        return true;
    case 'C': /* CUF */
    case 'a': /* HPR */
        terminal_move_to(terminal, row, column + count);
        return true;
    case 'D': /* CUB */
        terminal_move_to(terminal, row, column - MIN(count, column));
        return true;
    case 'E': /* CNL */
        terminal_move_down(terminal, count);
        terminal->cursor.column = 0;
        return true;
    case 'F': /* CPL */
        terminal_move_up(terminal, count);
        terminal->cursor.column = 0;
        return true;
    case 'G': /* CHA */
    case '`': /* HPA */
        terminal_move_to(terminal, row, count - 1);
        return true;
    case 'H': /* CUP */
    case 'f': /* HVP */
        terminal_address(terminal, count - 1, ecma48_parameter(&terminal->parser, 1, 1) - 1);
        return true;
    case 'I': /* CHT */
        terminal_tab(terminal, count);
        return true;
    case 'Z': /* CBT */
        terminal_tab_back(terminal, count);
        return true;
    case 'd': /* VPA */
        terminal_address(terminal, count - 1, column);
        return true;
    case 's': /* SCOSC */
        terminal_save(terminal);
        return true;
    case 'u': /* SCORC */
        terminal_restore(terminal);
        return true;
    default:
        return false;
    }
}

static bool edit_sequence(struct terminal *terminal, char final)
{
    struct grid *grid = &terminal->grid;
    unsigned row = terminal->cursor.row, column = terminal_column(terminal);
    unsigned count = ecma48_parameter(&terminal->parser, 0, 1);
    unsigned mode = ecma48_parameter(&terminal->parser, 0, 0);
    switch (final) {
    case 'J': /* ED */
        erase_in_display(terminal, mode);
        return true;
    case 'K': /* EL */
        erase_in_line(terminal, mode);
        return true;
    case 'X': /* ECH */
        erase_characters(terminal, count);
        return true;
    case '@': /* ICH */
        grid_insert(grid, row, column, count, terminal->blank);
        return true;
    case 'P': /* DCH */
        grid_delete(grid, row, column, count, terminal->blank);
        return true;
    case 'L': /* IL */
        shift_lines(terminal, count, grid_scroll_down);
        return true;
    case 'M': /* DL */
        shift_lines(terminal, count, grid_scroll_up);
        return true;
    case 'S': /* SU */
        scroll_region(terminal, count, grid_scroll_up);
        return true;
    case 'T': /* SD */
        scroll_region(terminal, count, grid_scroll_down);
        return true;
    default:
        return false;
    }
}

/* SM and RM: mode 4 is IRM. */
static void set_modes(struct terminal *terminal, bool on)
{
    for (unsigned i = 0; i < terminal->parser.count; i++) {
        if (terminal->parser.parameters[i] == 4)
            terminal_set_insert(terminal, on);
    }
}

static void other_sequence(struct terminal *terminal, char final)
{
    unsigned mode = ecma48_parameter(&terminal->parser, 0, 0);
    struct terminal_pen pen = terminal->cursor.pen;
    switch (final) {
    case 'm': /* SGR */
        terminal_pen_select(&pen, &terminal->parser);
        terminal_set_pen(terminal, pen);
        break;
    case 'h': /* SM */
    case 'l': /* RM */
        set_modes(terminal, final == 'h');
        break;
    case 'r': /* DECSTBM */
        set_region(terminal);
        break;
    case 'g': /* TBC */
        clear_tabs(terminal, mode);
        break;
    case 'n': /* DSR */
        report_status(terminal, mode);
        break;
    case 'c': /* DA: a VT102 */
        if (mode == 0)
            answer(terminal, "\033[?6c");
        break;
    default:
        break;
    }
}

/* xterm's private modes: the other screen, and with it the saved cursor. */
static void choose_screen(struct terminal *terminal, bool other, bool with_cursor)
{
    if (other) {
        if (with_cursor)
            terminal_save(terminal);
        grid_begin_alternate(&terminal->grid, terminal->blank);
    } else {
        grid_end_alternate(&terminal->grid);
        if (with_cursor)
            terminal_restore(terminal);
    }
}

static void reverse_screen(struct terminal *terminal, bool on)
{
    if (on != terminal->reverse)
        grid_exchange_colours(&terminal->grid);
    terminal->reverse = on;
    terminal_set_pen(terminal, terminal->cursor.pen);
}

static void set_private_mode(struct terminal *terminal, unsigned mode, bool on)
{
    switch (mode) {
    case 5: /* DECSCNM */
        reverse_screen(terminal, on);
        break;
    case 6: /* DECOM */
        terminal->origin = on;
        terminal_address(terminal, 0, 0);
        break;
    case 7: /* DECAWM */
        terminal->autowrap = on;
        break;
    case 25: /* DECTCEM */
        terminal->cursor_visible = on;
        break;
    case 47:
    case 1047:
    case 1049:
        choose_screen(terminal, on, mode == 1049);
        break;
    case 1048:
        if (on)
            terminal_save(terminal);
        else
            terminal_restore(terminal);
        break;
    default:
        break;
    }
}

/* DECSET and DECRST */
static void set_private_modes(struct terminal *terminal, bool on)
{
    for (unsigned i = 0; i < terminal->parser.count; i++)
        set_private_mode(terminal, terminal->parser.parameters[i], on);
}

void terminal_sequence(struct terminal *terminal, char final)
{
    const struct ecma48 *parser = &terminal->parser;
    if (parser->prefix == '?' && !parser->intermediate && (final == 'h' || final == 'l'))
        set_private_modes(terminal, final == 'h');
    else if (!parser->prefix && parser->intermediate == '!' && final == 'p')
        terminal_reset_modes(terminal); /* DECSTR */
    else if (!parser->prefix && !parser->intermediate && !cursor_sequence(terminal, final) &&
             !edit_sequence(terminal, final))
        other_sequence(terminal, final);
}

/* RIS */
static void reset(struct terminal *terminal)
{
    terminal_reset(terminal);
    erase_rows(terminal, 0, terminal->grid.rows);
}

/* DECALN: fills the screen with E. The cursor stays, as on Linux. */
static void align(struct terminal *terminal)
{
    terminal_cell_t cell = (terminal->blank & CELL_COLOURS_MASK) | 'E';
    for (unsigned row = 0; row < terminal->grid.rows; row++)
        grid_erase(&terminal->grid, row, 0, terminal->grid.columns, cell);
}

/* An escape sequence with an intermediate byte. */
static void intermediate_sequence(struct terminal *terminal, char intermediate, char final)
{
    if (intermediate == '#' && final == '8')
        align(terminal);
    else if ((intermediate == '(' || intermediate == ')') && (final == '0' || final == 'B'))
        terminal_designate_set(terminal, intermediate == ')', final == '0');
}

void terminal_escape_sequence(struct terminal *terminal, char final)
{
    if (terminal->parser.intermediate) {
        intermediate_sequence(terminal, terminal->parser.intermediate, final);
        return;
    }
    switch (final) {
    case '7': /* DECSC */
        terminal_save(terminal);
        break;
    case '8': /* DECRC */
        terminal_restore(terminal);
        break;
    case 'D': /* IND */
        terminal_line_feed(terminal);
        break;
    case 'E': /* NEL */
        terminal->cursor.column = 0;
        terminal_index(terminal);
        break;
    case 'H': /* HTS */
        terminal_set_tab(terminal);
        break;
    case 'M': /* RI */
        terminal_reverse_index(terminal);
        break;
    case 'c': /* RIS */
        reset(terminal);
        break;
    default:
        break;
    }
}
