/*
 * The terminal, with any input, in pieces of any length, on screens of any size. Between the pieces
 * the view moves, the grid gets other memory, and a panic interrupts at any call of the display.
 * fake_display.c checks that nothing is drawn outside of the display, and AddressSanitizer checks
 * all memory.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "../host/fake_display.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct fake_display fake;
static struct terminal terminal;
static void *memory;
static jmp_buf broken_off;

/* Each half of a wide character has the other one beside it. */
static void check_halves(const struct grid *grid, unsigned row)
{
    for (unsigned column = 0; column < grid->columns; column++) {
        terminal_cell_t cell = grid_cell(grid, row, column);
        if (!(cell & CELL_RIGHT_HALF))
            continue;
        ASSERT(column > 0);
        ASSERT(grid_cell(grid, row, column - 1) == (cell & ~CELL_RIGHT_HALF));
    }
}

static void check(void)
{
    const struct grid *grid = &terminal.grid;
    ASSERT(terminal.cursor.row < grid->rows);
    ASSERT(terminal.cursor.column <= grid->columns);
    ASSERT(terminal.region_top + 1 < terminal.region_bottom || grid->rows == 1);
    ASSERT(terminal.region_bottom <= grid->rows);
    ASSERT(!terminal.origin || terminal.cursor.row >= terminal.region_top);
    ASSERT(!terminal.origin || terminal.cursor.row < terminal.region_bottom);
    ASSERT(terminal.plain ==
           (!terminal.insert && !terminal.cursor.line_drawing[terminal.cursor.set] &&
            terminal.cursor.pen.font != HIGH_PC_FONT));
    ASSERT(grid->history <= grid->capacity - grid->rows);
    ASSERT(grid->view <= grid->history);
    if (grid->view == 0)
        ASSERT(fake_display_agrees(&fake, grid));
    for (unsigned row = 0; row < grid->rows; row++)
        check_halves(grid, row);
}

/* Memory of exactly the size that the rows need, so that AddressSanitizer reports any access
 * beyond. */
static void *rows_of_memory(unsigned rows, size_t *size)
{
    *size = GRID_SIZE(rows, fake.display.columns);
    void *new_memory = malloc(*size);
    memset(new_memory, 0xa5, *size);
    return new_memory;
}

static void begin(uint8_t rows, uint8_t columns, uint8_t history)
{
    size_t size;
    fake_display_init(&fake, 1 + rows % 12, 2 + columns % 40, history & 1);
    memory = rows_of_memory(fake.display.rows + history % 64, &size);
    ASSERT(terminal_init(&terminal, &fake.display, memory, size) == OK);
}

static void move_grid(uint8_t more)
{
    size_t size;
    void *new_memory = rows_of_memory(terminal.grid.capacity % 200 + more % 64, &size);
    if (grid_move(&terminal.grid, new_memory, size) != OK) {
        free(new_memory);
        return;
    }
    free(memory);
    memory = new_memory;
}

static void break_off(struct fake_display *display)
{
    if (display->calls == display->call_of_interest)
        longjmp(broken_off, 1);
}

/* Writes text, until a panic interrupts at the `call`th call of the display and writes its report
 * (see console_begin_report()), which has to be visible. */
static void write_until_panic(const uint8_t *text, size_t length, unsigned call)
{
    fake.calls = 0;
    fake.call_of_interest = call;
    fake.hook = break_off;
    if (setjmp(broken_off) == 0)
        terminal_write(&terminal, (const char *)text, length);
    fake.hook = NULL;
    terminal_write_lines(&terminal, "\030\033cPANIC", 8);
    ASSERT(terminal.grid.view == 0);
    ASSERT((grid_cell(&terminal.grid, 0, 0) & CELL_CODE) == 'P' || fake.display.columns < 5);
}

/* Executes one step: its first byte selects the kind. Returns how many bytes it took. */
static size_t step(const uint8_t *bytes, size_t size)
{
    size_t length = MIN((size_t)(bytes[0] >> 2), size - 1);
    switch (bytes[0] & 3) {
    case 0:
        terminal_view(&terminal, (int)(bytes[0] >> 2) - 32);
        return 1;
    case 1:
        move_grid(bytes[0] >> 2);
        return 1;
    case 2:
        write_until_panic(bytes + 1, length, (unsigned)(length * 7 % 11));
        return 1 + length;
    default:
        terminal_write(&terminal, (const char *)bytes + 1, length);
        return 1 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3)
        return 0;
    begin(bytes[0], bytes[1], bytes[2]);
    bytes += 3;
    size -= 3;
    while (size) {
        size_t used = step(bytes, size);
        bytes += used;
        size -= used;
        check();
    }
    free(memory);
    return 0;
}
