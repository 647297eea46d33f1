/*
 * The input is a ring of bytes. In canonical mode it holds whole lines, from `tail` to
 * `line_start`, and behind them the line that is being edited. A bit for each place marks the byte
 * that ends a line, since it need not be a newline. The end of a file (VEOF) is such a byte, too, a
 * NUL, which is not given to the reader. In raw mode the bytes from `tail` to `head` are just
 * input.
 *
 * Programs can tell what they read and what is shown from Linux's, so each case is as in n_tty, odd
 * ones included; a test compares the two.
 *
 * Columns are counted to know how far a tab moved that is erased. Like Linux's, they are a guess:
 * a character counts as one column, and a program's control sequences count as text.
 */
#include <assert.h>
#include <kernel/tty/line_discipline.h>
#include <lib/string.h>

enum { DELETE = 0x7f, END_OF_FILE = '\0', PARITY_MARK = 0xff, TAB_COLUMNS = 8 };

static bool is_control(uint8_t byte)
{
    return byte < ' ' || byte == DELETE;
}

/* As in ISO 8859-1, so that a word of UTF-8 is mostly one word. */
static bool is_word(uint8_t byte)
{
    enum { FIRST_LETTER = 0xc0, TIMES = 0xd7, DIVISION = 0xf7 };
    bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= FIRST_LETTER && byte != TIMES && byte != DIVISION);
    return is_letter || (byte >= '0' && byte <= '9') || byte == '_';
}

/* The letters of ISO 8859-1 as Linux has them, ß and ÿ among the small ones. */
static uint8_t to_capital(uint8_t byte)
{
    bool is_small = (byte >= 'a' && byte <= 'z') || (byte >= 0xdf && byte != 0xf7);
    return is_small ? byte - 0x20 : byte;
}

static uint8_t to_small(uint8_t byte)
{
    bool is_capital =
        (byte >= 'A' && byte <= 'Z') || (byte >= 0xc0 && byte <= 0xde && byte != 0xd7);
    return is_capital ? byte + 0x20 : byte;
}

static bool has_input(const struct line_discipline *discipline, uint32_t flag)
{
    return discipline->termios.input & flag;
}

static bool has_output(const struct line_discipline *discipline, uint32_t flag)
{
    return discipline->termios.output & flag;
}

static bool has_local(const struct line_discipline *discipline, uint32_t flag)
{
    return discipline->termios.local & flag;
}

/* Is it that control character? */
static bool is_character(const struct line_discipline *discipline, uint8_t byte,
                         enum termios_character character)
{
    return byte && byte == discipline->termios.characters[character];
}

/* Is it a byte of a character of UTF-8, but not the first one? */
static bool is_continuation(const struct line_discipline *discipline, uint8_t byte)
{
    return has_input(discipline, IUTF8) && (byte & 0xc0) == 0x80;
}

static uint8_t *input_byte(struct line_discipline *discipline, uint32_t position)
{
    return &discipline->input[position % LINE_DISCIPLINE_INPUT];
}

static bool is_end(const struct line_discipline *discipline, uint32_t position)
{
    uint32_t place = position % LINE_DISCIPLINE_INPUT;
    return discipline->ends[place / 64] >> place % 64 & 1;
}

static void set_end(struct line_discipline *discipline, uint32_t position, bool is)
{
    uint32_t place = position % LINE_DISCIPLINE_INPUT;
    uint64_t bit = UINT64_C(1) << place % 64;
    discipline->ends[place / 64] &= ~bit;
    discipline->ends[place / 64] |= is ? bit : 0;
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

static void show_echo(struct line_discipline *discipline)
{
    if (discipline->stopped || !discipline->pending_count)
        return;
    discipline->echo(discipline, discipline->pending, discipline->pending_count);
    discipline->pending_count = 0;
}

/* Makes room for a byte's echo. What is typed while the output is stopped, beyond what fits, is not
 * echoed; false then. */
static bool has_echo_room(struct line_discipline *discipline)
{
    if (discipline->pending_count > LINE_DISCIPLINE_ECHO - LINE_DISCIPLINE_EXPANDED)
        show_echo(discipline);
    if (discipline->pending_count == 0) {
        discipline->shown_column = discipline->column;
        discipline->shown_line_column = discipline->line_column;
    }
    return discipline->pending_count <= LINE_DISCIPLINE_ECHO - LINE_DISCIPLINE_EXPANDED;
}

/* Forgets the echo that has waited. */
static void drop_echo(struct line_discipline *discipline)
{
    if (discipline->pending_count == 0)
        return;
    discipline->pending_count = 0;
    discipline->column = discipline->shown_column;
    discipline->line_column = discipline->shown_line_column;
}

/* Echoes a byte as a program would write it, except that 0xff never becomes another one: Linux has
 * that byte for the commands in its queue of echoes. */
static void echo_raw(struct line_discipline *discipline, uint8_t byte)
{
    if (!has_echo_room(discipline))
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

static void echo_text(struct line_discipline *discipline, const char *text)
{
    for (; *text; text++)
        echo_raw(discipline, (uint8_t)*text);
}

/* Echoes a byte; a control character as ^X. */
static void echo(struct line_discipline *discipline, uint8_t byte)
{
    if (!has_local(discipline, ECHOCTL) || !is_control(byte) || byte == '\t') {
        echo_raw(discipline, byte);
        return;
    }
    if (!has_echo_room(discipline))
        return;
    discipline->pending[discipline->pending_count++] = '^';
    discipline->pending[discipline->pending_count++] = (char)(byte ^ 0x40);
    discipline->column += 2;
}

static void end_erasing(struct line_discipline *discipline)
{
    if (discipline->erasing)
        echo_raw(discipline, '/');
    discipline->erasing = false;
}

/* Echoes a byte that goes into the line. */
static void echo_typed(struct line_discipline *discipline, uint8_t byte)
{
    if (!has_local(discipline, ECHO))
        return;
    end_erasing(discipline);
    if (discipline->line_start == discipline->head)
        discipline->line_column = discipline->column;
    echo(discipline, byte);
}

/* --- Erasing -------------------------------------------------------------------------------- */

enum erase { ERASE_CHARACTER, ERASE_WORD, ERASE_LINE };

/* Moves the cursor back over a tab, which was erased at the line's end. It reached from the last
 * tab stop or, without a tab before it, from the line's first column on. */
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
    for (unsigned i = columns % TAB_COLUMNS; i < TAB_COLUMNS && has_echo_room(discipline); i++) {
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
    echo(discipline, *input_byte(discipline, discipline->head));
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
        echo(discipline, discipline->termios.characters[VERASE]);
    } else if (first == '\t') {
        echo_tab_erased(discipline);
    } else if (!is_control(first)) {
        echo_text(discipline, "\b \b");
    } else if (has_local(discipline, ECHOCTL)) {
        echo_text(discipline, "\b \b\b \b");
    }
}

/* Returns where the line's last character begins; `head` when all there is of it are its last
 * bytes.
 */
static uint32_t last_character(struct line_discipline *discipline)
{
    uint32_t at = discipline->head;
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
        end_erasing(discipline);
}

/* Drops the line, which stays on the screen. */
static void abandon_line(struct line_discipline *discipline)
{
    discipline->head = discipline->line_start;
    if (!has_local(discipline, ECHO))
        return;
    end_erasing(discipline);
    echo(discipline, discipline->termios.characters[VKILL]);
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

/* --- Input ---------------------------------------------------------------------------------- */

static void put(struct line_discipline *discipline, uint8_t byte)
{
    ASSERT(discipline->head - discipline->tail < LINE_DISCIPLINE_INPUT);
    *input_byte(discipline, discipline->head++) = byte;
}

static void end_line(struct line_discipline *discipline, uint8_t byte)
{
    set_end(discipline, discipline->head, true);
    put(discipline, byte);
    discipline->line_start = discipline->head;
}

static void allow_output(struct line_discipline *discipline)
{
    if (!discipline->program_stopped)
        discipline->stopped = false;
}

/* Starts the output, and shows the echo that has waited. */
static void start(struct line_discipline *discipline)
{
    allow_output(discipline);
    show_echo(discipline);
}

static bool take_flow_control(struct line_discipline *discipline, uint8_t byte)
{
    if (!has_input(discipline, IXON))
        return false;
    if (is_character(discipline, byte, VSTART))
        start(discipline);
    else if (is_character(discipline, byte, VSTOP))
        discipline->stopped = true;
    else
        return false;
    return true;
}

/* Sends the signal. Its character drops what was typed, and starts output that was stopped. */
static void interrupt(struct line_discipline *discipline, uint8_t byte, enum tty_signal signal)
{
    discipline->signal(discipline, signal);
    if (!has_local(discipline, NOFLSH)) {
        line_discipline_flush(discipline);
        drop_echo(discipline);
    }
    if (has_input(discipline, IXON))
        allow_output(discipline);
    if (has_local(discipline, ECHO))
        echo(discipline, byte);
    else
        show_echo(discipline);
}

static bool take_signal(struct line_discipline *discipline, uint8_t byte)
{
    if (!has_local(discipline, ISIG))
        return false;
    if (is_character(discipline, byte, VINTR))
        interrupt(discipline, byte, TTY_SIGNAL_INTERRUPT);
    else if (is_character(discipline, byte, VQUIT))
        interrupt(discipline, byte, TTY_SIGNAL_QUIT);
    else if (is_character(discipline, byte, VSUSP))
        interrupt(discipline, byte, TTY_SIGNAL_STOP);
    else
        return false;
    return true;
}

/* Echoes the line again, on a new row. */
static void reprint(struct line_discipline *discipline, uint8_t byte)
{
    end_erasing(discipline);
    echo(discipline, byte);
    echo_raw(discipline, '\n');
    for (uint32_t at = discipline->line_start; at != discipline->head; at++)
        echo(discipline, *input_byte(discipline, at));
}

static void begin_literal(struct line_discipline *discipline)
{
    discipline->literal_next = true;
    if (!has_local(discipline, ECHO))
        return;
    end_erasing(discipline);
    if (has_local(discipline, ECHOCTL))
        echo_text(discipline, "^\b");
}

/* Takes a character that edits the line; false when it does not. */
static bool take_editing(struct line_discipline *discipline, uint8_t byte)
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

/* Takes a character that ends the line; false when it does not. */
static bool take_end(struct line_discipline *discipline, uint8_t byte)
{
    if (byte == '\n') {
        if (discipline->termios.local & (ECHO | ECHONL))
            echo_raw(discipline, '\n');
        end_line(discipline, byte);
    } else if (is_character(discipline, byte, VEOF)) {
        end_line(discipline, END_OF_FILE);
    } else if (is_character(discipline, byte, VEOL) ||
               (has_local(discipline, IEXTEN) && is_character(discipline, byte, VEOL2))) {
        if (has_local(discipline, ECHO)) {
            if (discipline->line_start == discipline->head)
                discipline->line_column = discipline->column;
            echo(discipline, byte);
        }
        end_line(discipline, byte);
    } else {
        return false;
    }
    return true;
}

/* Takes a byte that is text whatever it is. */
static void take_text(struct line_discipline *discipline, uint8_t byte)
{
    echo_typed(discipline, byte);
    if (byte == PARITY_MARK && has_input(discipline, PARMRK) &&
        discipline->head - discipline->tail < LINE_DISCIPLINE_INPUT - 1)
        put(discipline, byte);
    put(discipline, byte);
}

/* Takes a CR that has become NL, in raw mode: unlike an NL it is echoed as such, and not as ^J. */
static void take_return(struct line_discipline *discipline)
{
    if (has_local(discipline, ECHO)) {
        end_erasing(discipline);
        echo_raw(discipline, '\n');
    }
    put(discipline, '\n');
}

static void take_byte(struct line_discipline *discipline, uint8_t byte)
{
    if (has_input(discipline, ISTRIP))
        byte &= 0x7f;
    if (has_input(discipline, IUCLC) && has_local(discipline, IEXTEN))
        byte = to_small(byte);
    if (discipline->literal_next) {
        discipline->literal_next = false;
        take_text(discipline, byte);
        return;
    }
    if (take_flow_control(discipline, byte) || take_signal(discipline, byte))
        return;
    if (discipline->stopped && has_input(discipline, IXON) && has_input(discipline, IXANY))
        start(discipline);
    if (byte == '\r' && has_input(discipline, IGNCR))
        return;
    bool was_return = byte == '\r' && has_input(discipline, ICRNL);
    if (was_return)
        byte = '\n';
    else if (byte == '\n' && has_input(discipline, INLCR))
        byte = '\r';
    if (has_local(discipline, ICANON) &&
        (take_editing(discipline, byte) || take_end(discipline, byte)))
        return;
    if (was_return)
        take_return(discipline);
    else
        take_text(discipline, byte);
}

/* A place is kept free for a line's end. */
bool line_discipline_is_full(const struct line_discipline *discipline)
{
    bool has_whole_line =
        !has_local(discipline, ICANON) || discipline->line_start != discipline->tail;
    return has_whole_line && discipline->head - discipline->tail >= LINE_DISCIPLINE_INPUT - 1;
}

size_t line_discipline_room(const struct line_discipline *discipline)
{
    size_t used = discipline->head - discipline->tail;
    if (line_discipline_is_full(discipline))
        return 0;
    return used < LINE_DISCIPLINE_INPUT - 1 ? LINE_DISCIPLINE_INPUT - 1 - used : 1;
}

/* Makes room for a byte; false when there is none. */
static bool make_room(struct line_discipline *discipline)
{
    uint32_t used = discipline->head - discipline->tail;
    if (line_discipline_is_full(discipline))
        return false;
    discipline->head -= used == LINE_DISCIPLINE_INPUT;
    return true;
}

size_t line_discipline_input(struct line_discipline *discipline, const uint8_t *bytes, size_t count)
{
    size_t taken = 0;
    while (taken < count && make_room(discipline))
        take_byte(discipline, bytes[taken++]);
    show_echo(discipline);
    return taken;
}

/* --- Reading -------------------------------------------------------------------------------- */

bool line_discipline_readable(const struct line_discipline *discipline, unsigned minimum)
{
    if (has_local(discipline, ICANON))
        return discipline->line_start != discipline->tail;
    return discipline->head - discipline->tail >= minimum;
}

/* An end of the file right after the bytes that fit is the end of this line, not a line of its own.
 */
static size_t read_line(struct line_discipline *discipline, uint8_t *to, size_t room, bool *ends)
{
    size_t count = 0;
    while (!*ends && discipline->tail != discipline->line_start) {
        uint8_t byte = *input_byte(discipline, discipline->tail);
        *ends = is_end(discipline, discipline->tail);
        bool is_mark = *ends && byte == END_OF_FILE;
        if (count == room && !is_mark) {
            *ends = false;
            break;
        }
        if (!is_mark)
            to[count++] = byte;
        set_end(discipline, discipline->tail++, false);
    }
    return count;
}

static size_t read_raw(struct line_discipline *discipline, uint8_t *to, size_t room)
{
    size_t count = MIN((size_t)(discipline->head - discipline->tail), room);
    for (size_t i = 0; i < count; i++)
        to[i] = *input_byte(discipline, discipline->tail++);
    return count;
}

size_t line_discipline_read(struct line_discipline *discipline, uint8_t *to, size_t room,
                            bool *ends)
{
    *ends = false;
    return has_local(discipline, ICANON) ? read_line(discipline, to, room, ends)
                                         : read_raw(discipline, to, room);
}

size_t line_discipline_available(const struct line_discipline *discipline)
{
    if (!has_local(discipline, ICANON))
        return discipline->head - discipline->tail;
    size_t count = 0;
    for (uint32_t at = discipline->tail; at != discipline->line_start; at++) {
        bool is_mark =
            is_end(discipline, at) && discipline->input[at % LINE_DISCIPLINE_INPUT] == END_OF_FILE;
        count += !is_mark;
    }
    return count;
}

void line_discipline_flush(struct line_discipline *discipline)
{
    discipline->line_start = discipline->head = discipline->tail;
    discipline->erasing = false;
    memset(discipline->ends, 0, sizeof(discipline->ends));
}

/* --- Settings ------------------------------------------------------------------------------- */

void line_discipline_stop(struct line_discipline *discipline)
{
    discipline->stopped = discipline->program_stopped = true;
}

void line_discipline_start(struct line_discipline *discipline)
{
    discipline->program_stopped = false;
    start(discipline);
}

static void change_mode(struct line_discipline *discipline)
{
    bool is_line = has_local(discipline, ICANON) && discipline->head != discipline->tail;
    memset(discipline->ends, 0, sizeof(discipline->ends));
    discipline->line_start = is_line ? discipline->head : discipline->tail;
    if (is_line)
        set_end(discipline, discipline->head - 1, true);
    discipline->erasing = discipline->literal_next = false;
}

void line_discipline_set_termios(struct line_discipline *discipline, const struct termios *termios)
{
    bool mode_changes = (discipline->termios.local ^ termios->local) & ICANON;
    bool had_flow_control = has_input(discipline, IXON);
    discipline->termios = *termios;
    if (mode_changes)
        change_mode(discipline);
    if (had_flow_control && !has_input(discipline, IXON))
        start(discipline);
}

void line_discipline_init(struct line_discipline *discipline, const struct termios *termios,
                          void (*echo_hook)(struct line_discipline *, const char *, size_t),
                          void (*signal_hook)(struct line_discipline *, enum tty_signal))
{
    *discipline =
        (struct line_discipline){.termios = *termios, .echo = echo_hook, .signal = signal_hook};
}
