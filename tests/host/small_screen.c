#include "small_screen.h"

#include <string.h>

struct fake_display screen_display;
struct terminal screen_terminal;
uint64_t screen_storage[GRID_SIZE(ROWS + HISTORY, COLUMNS) / 8];

void screen_begin(const char *text)
{
    fake_display_init(&screen_display, ROWS, COLUMNS, true);
    memset(screen_storage, 0xa5, sizeof(screen_storage)); /* a grid needs no cleared memory */
    terminal_init(&screen_terminal, &screen_display.display, screen_storage,
                  sizeof(screen_storage));
    screen_feed(text);
}

void screen_feed(const char *text)
{
    terminal_write_lines(&screen_terminal, text, strlen(text));
}

void screen_write_lines(unsigned count)
{
    for (unsigned line = 1; line <= count; line++) {
        char text[2] = {(char)('0' + line % 10), '\0'};
        screen_feed(line > 1 ? "\n" : "");
        screen_feed(text);
    }
}

char screen_sign(terminal_cell_t cell)
{
    terminal_cell_t code = cell & CELL_CODE;
    if (code <= '~')
        return (char)code;
    if (code == UTF8_REPLACEMENT)
        return '?';
    if (cell & CELL_RIGHT_HALF)
        return '>';
    return code == 0x4e2d ? '<' : '#';
}

const char *screen_text(void)
{
    static char text[ROWS * (COLUMNS + 1)];
    size_t length = 0, used = 0;
    if (!screen_terminal.grid.view && !fake_display_agrees(&screen_display, &screen_terminal.grid))
        return "the display does not show what the grid holds";
    for (unsigned row = 0; row < ROWS; row++) {
        size_t end = length;
        for (unsigned column = 0; column < COLUMNS; column++) {
            text[length++] = screen_sign(screen_display.cells[row * COLUMNS + column]);
            if (text[length - 1] != ' ')
                end = used = length;
        }
        length = end;
        text[length++] = '|';
    }
    text[used] = '\0';
    return text;
}

unsigned screen_colours(unsigned row, unsigned column)
{
    return screen_display.cells[row * COLUMNS + column] >> CELL_FOREGROUND_SHIFT;
}
