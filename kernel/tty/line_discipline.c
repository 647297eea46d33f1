/*
 * The input is a ring of bytes. In canonical mode it holds whole lines, from `tail` to
 * `line_start`, and behind them the line that is being edited. A bit for each place marks the byte
 * that ends a line, since it need not be a newline. The end of a file (VEOF) is such a byte, too, a
 * NUL, which is not given to the reader. In raw mode the bytes from `tail` to `head` are just
 * input.
 *
 * Programs can tell what they read and what is shown from Linux's, so each case is as in n_tty, odd
 * ones included; a test compares the two.
 */
#include <assert.h>
#include <kernel/tty/line_parts.h>
#include <lib/string.h>

static uint8_t to_small(uint8_t byte)
{
    bool is_capital =
        (byte >= 'A' && byte <= 'Z') || (byte >= 0xc0 && byte <= 0xde && byte != 0xd7);
    return is_capital ? byte + 0x20 : byte;
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
    echo_show(discipline);
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
        echo_drop(discipline);
    }
    if (has_input(discipline, IXON))
        allow_output(discipline);
    if (has_local(discipline, ECHO))
        echo_byte(discipline, byte);
    else
        echo_show(discipline);
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
            echo_byte(discipline, byte);
        }
        end_line(discipline, byte);
    } else {
        return false;
    }
    return true;
}

/* Takes a byte as text, even if it is a control character. */
static void take_text(struct line_discipline *discipline, uint8_t byte)
{
    echo_typed(discipline, byte);
    if (byte == PARITY_MARK && has_input(discipline, PARMRK) &&
        discipline->head - discipline->tail < LINE_DISCIPLINE_INPUT - 1)
        put(discipline, byte);
    put(discipline, byte);
}

/* Takes a CR that was translated to NL, in raw mode. Unlike a typed NL, it is echoed as a newline
 * and not as ^J. */
static void take_return(struct line_discipline *discipline)
{
    if (has_local(discipline, ECHO)) {
        echo_end_erasing(discipline);
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
        (line_edit(discipline, byte) || take_end(discipline, byte)))
        return;
    if (was_return)
        take_return(discipline);
    else
        take_text(discipline, byte);
}

/* One place stays free for the end of a line. */
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

/* Makes room for a byte, if need be by dropping the last one; false when there is none. */
static bool make_room(struct line_discipline *discipline)
{
    uint32_t used = discipline->head - discipline->tail;
    ASSERT(used <= LINE_DISCIPLINE_INPUT);
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
    echo_show(discipline);
    return taken;
}

/* --- Reading -------------------------------------------------------------------------------- */

bool line_discipline_readable(const struct line_discipline *discipline, unsigned minimum)
{
    if (has_local(discipline, ICANON))
        return discipline->line_start != discipline->tail;
    return discipline->head - discipline->tail >= minimum;
}

/* If the bytes that fit are followed by an end of the file, that ends this line and is taken, too.
 */
static size_t read_line(struct line_discipline *discipline, uint8_t *to, size_t room, bool *ends)
{
    size_t count = 0;
    ASSERT(discipline->line_start - discipline->tail <= discipline->head - discipline->tail);
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
