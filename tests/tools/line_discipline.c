/*
 * Runs the kernel's line discipline on the build machine, for a test that compares it with Linux's.
 * Each line of standard input is a command, with bytes in hexadecimal; each is answered by a line.
 *
 *     set TERMIOS     sets the struct of 36 bytes         nothing
 *     type BYTES      takes input                         the echo
 *     read COUNT      reads at most so many bytes         them; "-" if there is nothing to read
 *     write BYTES     translates output                   what is sent
 *     count           how much could be read              a number
 */
#include <assert.h>
#include <kernel/tty/line_discipline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct line_discipline discipline;
static uint8_t bytes[65536];

static size_t parse(const char *text)
{
    size_t count = 0;
    unsigned byte;
    for (; count < sizeof(bytes) && sscanf(text, "%2x", &byte) == 1; text += 2)
        bytes[count++] = (uint8_t)byte;
    return count;
}

static void print(const void *data, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%02x", ((const uint8_t *)data)[i]);
}

static void echo(struct line_discipline *unused, const char *data, size_t count)
{
    (void)unused;
    print(data, count);
}

static void ignore_signal(struct line_discipline *unused, enum tty_signal signal)
{
    (void)unused;
    (void)signal;
}

static void set(const char *text)
{
    struct termios termios;
    ASSERT(parse(text) == sizeof(termios));
    memcpy(&termios, bytes, sizeof(termios));
    line_discipline_set_termios(&discipline, &termios);
}

static void read_some(size_t count)
{
    bool ends;
    ASSERT(count <= sizeof(bytes));
    if (line_discipline_readable(&discipline, 1))
        print(bytes, line_discipline_read(&discipline, bytes, count, &ends));
    else
        printf("-");
}

static void write_all(size_t count)
{
    char sent[64];
    size_t used;
    for (size_t at = 0; at < count; at += used) {
        size_t length = line_discipline_output(&discipline, (const char *)bytes + at, count - at,
                                               sent, sizeof(sent), &used);
        print(sent, length);
    }
}

int main(void)
{
    static char line[2 * sizeof(bytes) + 64];
    line_discipline_init(&discipline, &(struct termios)TERMIOS_INITIAL, echo, ignore_signal);
    while (fgets(line, sizeof(line), stdin)) {
        if (strncmp(line, "set ", 4) == 0)
            set(line + 4);
        else if (strncmp(line, "type ", 5) == 0)
            line_discipline_input(&discipline, bytes, parse(line + 5));
        else if (strncmp(line, "read ", 5) == 0)
            read_some(strtoul(line + 5, NULL, 10));
        else if (strncmp(line, "write ", 6) == 0)
            write_all(parse(line + 6));
        else
            printf("%zu", line_discipline_available(&discipline));
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "ASSERT(%s) %s:%d\n", condition, file, line);
    abort();
}
