/*
 * The line discipline, with any input, settings, reads and output, in any order. Its invariants
 * hold after each step, and AddressSanitizer checks all memory.
 */
#include <assert.h>
#include <kernel/tty/line_discipline.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* How often an input may fill the buffer. It may do so with a character that shows a long line
 * again each time. */
enum { MOST_FILLS = 3 };

static struct line_discipline discipline;
static uint8_t buffer[8192];
static unsigned fills;

static void take_echo(struct line_discipline *from, const char *bytes, size_t count)
{
    ASSERT(!from->stopped);
    ASSERT(count > 0 && count <= LINE_DISCIPLINE_ECHO);
    memcpy(buffer, bytes, count);
}

static void take_signal(struct line_discipline *from, enum tty_signal signal)
{
    ASSERT(from->termios.local & ISIG);
    ASSERT(signal == TTY_SIGNAL_INTERRUPT || signal == TTY_SIGNAL_QUIT ||
           signal == TTY_SIGNAL_STOP);
}

static void check(void)
{
    uint32_t used = discipline.head - discipline.tail;
    uint32_t lines = discipline.line_start - discipline.tail;
    ASSERT(used <= LINE_DISCIPLINE_INPUT);
    ASSERT(!(discipline.termios.local & ICANON) || lines <= used);
    ASSERT(discipline.pending_count <= LINE_DISCIPLINE_ECHO);
    ASSERT(discipline.stopped || !discipline.program_stopped);
}

static void read_some(size_t room)
{
    bool ends;
    bool readable = line_discipline_readable(&discipline, 1);
    size_t available = line_discipline_available(&discipline);
    size_t count = line_discipline_read(&discipline, buffer, room, &ends);
    ASSERT(count <= room && count <= available);
    ASSERT(!ends || (discipline.termios.local & ICANON));
    ASSERT(!readable || room == 0 || count || ends);
}

static void write_some(const uint8_t *bytes, size_t count, size_t room)
{
    size_t used;
    size_t put = line_discipline_output(&discipline, (const char *)bytes, count, (char *)buffer,
                                        room, &used);
    ASSERT(put <= room && used <= count);
    ASSERT(used > 0 || count == 0);
}

static void set(const uint8_t *bytes, size_t count)
{
    struct termios termios = discipline.termios;
    memcpy(&termios, bytes, count < sizeof(termios) ? count : sizeof(termios));
    line_discipline_set_termios(&discipline, &termios);
}

/* Executes a step: its first byte selects the kind and a length. Returns how many bytes it took. */
static size_t step(const uint8_t *bytes, size_t size)
{
    size_t length = bytes[0] >> 3;
    if (length > size - 1)
        length = size - 1;
    switch (bytes[0] & 7) {
    case 0:
        set(bytes + 1, length);
        return 1 + length;
    case 1:
        read_some(length);
        return 1;
    case 2:
        write_some(bytes + 1, length, LINE_DISCIPLINE_EXPANDED + length);
        return 1 + length;
    case 3:
        (bytes[0] & 8 ? line_discipline_stop : line_discipline_start)(&discipline);
        return 1;
    case 4: /* fills the buffer */
        if (fills++ >= MOST_FILLS)
            return 1;
        memset(buffer, size > 1 ? bytes[1] : 'x', 2048);
        line_discipline_input(&discipline, buffer, 2048);
        return 1;
    default:
        line_discipline_input(&discipline, bytes + 1, length);
        return 1 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fills = 0;
    line_discipline_init(&discipline, &(struct termios)TERMIOS_INITIAL, take_echo, take_signal);
    for (size_t at = 0; at < size;) {
        at += step(bytes + at, size - at);
        check();
    }
    return 0;
}
