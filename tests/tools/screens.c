/*
 * Runs the kernel's terminal on the build machine, for a test that compares it with Linux's. Each
 * line of standard input is a case, as in linux_screens.c, and so is its answer.
 */
#include <assert.h>
#include <lib/terminal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 25, COLUMNS = 80 };

static struct terminal_display hidden;
static struct terminal terminal;
static uint64_t memory[GRID_SIZE(2 * ROWS, COLUMNS) / sizeof(uint64_t)];
static terminal_cell_t cells[ROWS][COLUMNS];
static unsigned cursor_row, cursor_column;
static char answers[512];
static size_t answer_length;

static void draw(struct terminal_display *display, unsigned row, unsigned column,
                 const terminal_cell_t *from, unsigned count)
{
    (void)display;
    memcpy(&cells[row][column], from, count * sizeof(*from));
}

static void fill(struct terminal_display *display, unsigned row, unsigned column,
                 terminal_cell_t cell, unsigned count)
{
    (void)display;
    for (unsigned i = 0; i < count; i++)
        (&cells[row][column])[i] = cell;
}

static void draw_ascii(struct terminal_display *display, unsigned row, unsigned column,
                       const char *text, unsigned count, terminal_cell_t colours)
{
    (void)display;
    for (unsigned i = 0; i < count; i++)
        cells[row][column + i] = colours | (unsigned char)text[i];
}

static void flush(struct terminal_display *display, unsigned row, unsigned column,
                  bool cursor_visible)
{
    (void)display;
    (void)cursor_visible;
    cursor_row = row;
    cursor_column = column;
}

static void answer(void *context, const char *text, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length && answer_length < sizeof(answers); i++)
        answers[answer_length++] = text[i];
}

static void write_bytes(const char *hex)
{
    char byte;
    unsigned value;
    for (; sscanf(hex, "%2x", &value) == 1; hex += 2) {
        byte = (char)value;
        terminal_write(&terminal, &byte, 1);
    }
}

static void print_screen(const char *name)
{
    printf("%s %u %u ", name, cursor_column, cursor_row);
    for (unsigned row = 0; row < ROWS; row++) {
        for (unsigned column = 0; column < COLUMNS; column++)
            printf("%06x%02x", cells[row][column] & CELL_CODE,
                   cells[row][column] >> CELL_FOREGROUND_SHIFT);
    }
    putchar(' ');
    for (size_t i = 0; i < answer_length; i++)
        printf("%02x", (unsigned char)answers[i]);
    putchar('\n');
    answer_length = 0;
}

void assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "ASSERT(%s) %s:%d\n", condition, file, line);
    abort();
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    terminal_display_init_hidden(&hidden, ROWS, COLUMNS);
    hidden.draw = draw;
    hidden.fill = fill;
    hidden.draw_ascii = draw_ascii;
    hidden.scroll = NULL;
    hidden.flush = flush;
    if (terminal_init(&terminal, &hidden, memory, sizeof(memory)) != OK)
        return EXIT_FAILURE;
    terminal.answer = answer;
    while (getline(&line, &size, stdin) > 0) {
        char *data = strchr(line, ' ');
        if (!data)
            continue;
        *data = '\0';
        write_bytes("1b63");
        write_bytes(data + 1);
        print_screen(line);
    }
    free(line);
    return EXIT_SUCCESS;
}
