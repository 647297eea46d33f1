/*
 * Keys as xterm sends them become those of the Linux console.
 */
#include <kernel/tty/console_keys.h>
#include <string.h>

#include "../test.h"

/* What the console sends for a key, as text. */
static const char *sent(const char *key)
{
    static char to[CONSOLE_KEY_MAX + 1];
    to[console_key(key, (unsigned)strlen(key), to)] = '\0';
    return to;
}

TEST(console_keys, function_keys_send_linux_codes)
{
    EXPECT_STR(sent("\033OP"), "\033[[A");
    EXPECT_STR(sent("\033[15~"), "\033[[E");
    EXPECT_STR(sent("\033[17~"), "\033[17~");
    EXPECT_STR(sent("\033[24~"), "\033[24~");
    EXPECT_STR(sent("\033[1;2P"), "\033[25~");
    EXPECT_STR(sent("\033[19;2~"), "\033[34~");
}

TEST(console_keys, function_keys_beyond_20_send_nothing)
{
    EXPECT_STR(sent("\033[20;2~"), ""); /* F9 with Shift */
    EXPECT_STR(sent("\033[1;5P"), "");  /* F1 with Ctrl */
    EXPECT_STR(sent("\033[1;6S"), "");  /* F4 with both */
    EXPECT_STR(sent("\033[24;5~"), "");
}

TEST(console_keys, other_keys_send_the_same_with_and_without_modifiers)
{
    static const char *const keys[][3] = {
        {"\033[A", "\033[1;5A", "\033[A"},   {"\033[H", "\033[1;2H", "\033[1~"},
        {"\033[F", "\033[1;5F", "\033[4~"},  {"\033[3~", "\033[3;2~", "\033[3~"},
        {"\033[6~", "\033[6;5~", "\033[6~"}, {"\033[E", "\033[1;2E", "\033[G"}};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        EXPECT_STR(sent(keys[i][0]), keys[i][2]);
        EXPECT_STR(sent(keys[i][1]), keys[i][2]);
    }
    EXPECT_STR(sent("\033[Z"), "\033\t");
}

TEST(console_keys, other_text_is_copied)
{
    EXPECT_STR(sent("\033x"), "\033x");
    EXPECT_STR(sent("\xc3\xa4"), "\xc3\xa4");
    EXPECT_STR(sent("\033[1;5"), "\033[1;5");
    EXPECT_STR(sent("more than eight"), "more tha");
}
