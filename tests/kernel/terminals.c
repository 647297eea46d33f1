/*
 * Terminals in the kernel: the line discipline as it is compiled there.
 */
#include <kernel/tty/line_discipline.h>
#include <lib/string.h>

#include "../test.h"

static struct line_discipline discipline;
static char shown[64];

static void take_echo(struct line_discipline *unused, const char *bytes, size_t count)
{
    (void)unused;
    memcpy(shown, bytes, MIN(count, sizeof(shown)));
}

static void take_signal(struct line_discipline *unused, enum tty_signal signal)
{
    (void)unused;
    (void)signal;
}

TEST(terminals, the_line_discipline_translates_both_ways)
{
    static const uint8_t typed[] = "ls\r";
    struct termios termios = TERMIOS_INITIAL;
    char sent[16];
    uint8_t line[16];
    bool ends;
    size_t used;
    line_discipline_init(&discipline, &termios, take_echo, take_signal);
    EXPECT_EQ(line_discipline_input(&discipline, typed, 3), 3);
    EXPECT(memcmp(shown, "ls\r\n", 4) == 0);
    EXPECT(line_discipline_readable(&discipline, 1));
    EXPECT_EQ(line_discipline_available(&discipline), 3);
    EXPECT_EQ(line_discipline_read(&discipline, line, sizeof(line), &ends), 3);
    EXPECT(memcmp(line, "ls\n", 3) == 0);
    EXPECT_EQ(line_discipline_output(&discipline, "a\n", 2, sent, sizeof(sent), &used), 3);
    EXPECT(memcmp(sent, "a\r\n", 3) == 0);
    line_discipline_stop(&discipline);
    line_discipline_start(&discipline);
    line_discipline_set_termios(&discipline, &termios);
    line_discipline_input(&discipline, typed, 3);
    line_discipline_flush(&discipline);
    EXPECT(!line_discipline_readable(&discipline, 1));
}
