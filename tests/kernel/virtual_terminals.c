/*
 * tty1 to tty6 on the machine's own screen.
 */
#include <kernel/displays.h>
#include <kernel/tty/terminals.h>
#include <kernel/tty/virtual_terminal.h>
#include <lib/string.h>

#include "../test.h"

TEST(virtual_terminals, keys_reach_the_one_that_is_shown)
{
    char line[16];
    bool ends;
    terminals_start(displays_screen(), NULL, false);
    struct tty *second = virtual_terminal(2);
    EXPECT_EQ(virtual_terminal_shown(), 1);
    EXPECT(virtual_terminals_type("\033[1;3Q", 6));
    EXPECT_EQ(virtual_terminal_shown(), 2);
    EXPECT(virtual_terminals_type("x", 1));
    EXPECT(virtual_terminals_type("\r", 1));
    EXPECT_EQ(line_discipline_read(&second->discipline, (uint8_t *)line, sizeof(line), &ends), 2);
    tty_output(second, "\033[6n", 4);
    EXPECT_EQ(line_discipline_read(&second->discipline, (uint8_t *)line, sizeof(line), &ends), 0);
    EXPECT(virtual_terminals_type("\033[5;2~", 6)); /* Shift and PageUp: nothing is typed */
    EXPECT(virtual_terminals_type("\033[6;2~", 6));
    EXPECT(!line_discipline_readable(&second->discipline, 1));
    EXPECT_EQ(virtual_terminal_show(CONSOLE_SHOWN), OK);
    EXPECT(!virtual_terminals_type("x", 1));
    EXPECT(!virtual_terminals_type("\033[5;2~", 6));
}

TEST(virtual_terminals, requests_show_one_by_its_number)
{
    enum { VT_ACTIVATE = 0x5606, VT_WAITACTIVE = 0x5607, VT_SETMODE = 0x5602 };
    struct tty *first = virtual_terminal(1);
    int64_t result;
    EXPECT_EQ(first->device->ioctl(first, VT_ACTIVATE, 3, &result), OK);
    EXPECT_EQ(virtual_terminal_shown(), 3);
    EXPECT_EQ(first->device->ioctl(first, VT_ACTIVATE, 0, &result), ERROR_NO_UNIT);
    EXPECT_EQ(first->device->ioctl(first, VT_ACTIVATE, 7, &result), ERROR_NO_UNIT);
    EXPECT_EQ(first->device->ioctl(first, VT_WAITACTIVE, 7, &result), ERROR_NO_UNIT);
    EXPECT_EQ(first->device->ioctl(first, VT_SETMODE, 0, &result), ERROR_NOT_TERMINAL);
    EXPECT_EQ(virtual_terminal_shown(), 3);
    EXPECT_EQ(virtual_terminal_show(CONSOLE_SHOWN), OK);
}
