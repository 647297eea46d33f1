/*
 * The words of a command line, one after the other.
 */
#include <lib/command_line.h>
#include <lib/string.h>

#include "../test.h"

static bool is(const char *text, size_t length, const char *expected)
{
    return length == strlen(expected) && memcmp(text, expected, length) == 0;
}

TEST(command_line, words_are_keys_with_values)
{
    const char *cursor = "  loglevel=debug quiet\ttest=a=b  = x= \n";
    static const char *const expected[][2] = {
        {"loglevel", "debug"}, {"quiet", ""}, {"test", "a=b"}, {"", ""}, {"x", ""},
    };
    struct command_line_word word;
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        EXPECT(command_line_next(&cursor, &word));
        EXPECT(is(word.key, word.key_length, expected[i][0]));
        EXPECT(is(word.value, word.value_length, expected[i][1]));
    }
    EXPECT(!command_line_next(&cursor, &word));
    EXPECT(!command_line_next(&cursor, &word));
}
