/*
 * Feeds bytes that terminals send, and compares the keys, written as text.
 */
#include <kernel/monitor/key_parser.h>
#include <lib/string.h>

#include "../test.h"

static const char *const names[] = {
    [EDIT_ENTER] = "enter",
    [EDIT_TAB] = "tab",
    [EDIT_BACKSPACE] = "backspace",
    [EDIT_DELETE] = "delete",
    [EDIT_LEFT] = "left",
    [EDIT_RIGHT] = "right",
    [EDIT_WORD_LEFT] = "word-left",
    [EDIT_WORD_RIGHT] = "word-right",
    [EDIT_HOME] = "home",
    [EDIT_END] = "end",
    [EDIT_OLDER] = "older",
    [EDIT_NEWER] = "newer",
    [EDIT_KILL_TO_START] = "kill-start",
    [EDIT_KILL_TO_END] = "kill-end",
    [EDIT_KILL_WORD_LEFT] = "kill-word",
    [EDIT_KILL_WORD_RIGHT] = "kill-next",
    [EDIT_CLEAR] = "clear",
    [EDIT_INTERRUPT] = "interrupt",
    [EDIT_VIEW_BACK] = "back",
    [EDIT_VIEW_FORWARD] = "forward",
    [EDIT_WIDTH] = "width",
};

/* Feeds the bytes and writes the keys as text: "<a>" for a character, names for the others. */
static const char *spell(struct key_parser *parser, const char *bytes, size_t length)
{
    static char text[512];
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        struct key keys[KEYS_PER_BYTE];
        unsigned count = key_parser_feed(parser, bytes[i], keys);
        for (unsigned k = 0; k < count && at < sizeof(text) - 16; k++) {
            if (keys[k].code != EDIT_TEXT) {
                at += string_copy(text + at, names[keys[k].code], sizeof(text) - at);
                continue;
            }
            text[at++] = '<';
            memcpy(text + at, keys[k].text, keys[k].length);
            at += keys[k].length;
            text[at++] = '>';
        }
        if (count && i + 1 < length)
            text[at++] = ' ';
    }
    text[at] = '\0';
    return text;
}

#define EXPECT_KEYS(bytes, expected)                                       \
    do {                                                                   \
        struct key_parser fresh = {0};                                     \
        EXPECT_STR(spell(&fresh, (bytes), sizeof(bytes) - 1), (expected)); \
    } while (0)

TEST(key_parser, characters_are_keys)
{
    EXPECT_KEYS("a ~", "<a> < > <~>");
    EXPECT_KEYS("\xc3\xa4", "<\xc3\xa4>");
    EXPECT_KEYS("\xe2\x82\xac", "<\xe2\x82\xac>");
    EXPECT_KEYS("\xf0\x9f\x98\x80!", "<\xf0\x9f\x98\x80> <!>");
    EXPECT_KEYS("\0\x06", "right");
}

#define BAD "<\xef\xbf\xbd>"

/* Each malformed part is one U+FFFD, and the byte that ends it is a key, too. */
TEST(key_parser, malformed_characters_are_replaced)
{
    EXPECT_KEYS("\xff"
                "a",
                BAD " <a>");
    EXPECT_KEYS("\xe2\x82"
                "a",
                BAD "<a>");
    EXPECT_KEYS("\xe2\xe2\x82\xac", BAD " <\xe2\x82\xac>");
    EXPECT_KEYS("\xe2\r", BAD "enter");
    EXPECT_KEYS("\xe2\x1b[D", BAD " left");
}

TEST(key_parser, each_line_end_is_one_enter)
{
    EXPECT_KEYS("\r", "enter");
    EXPECT_KEYS("\n", "enter");
    EXPECT_KEYS("\r\n", "enter ");
    EXPECT_KEYS("\r\na", "enter <a>");
    EXPECT_KEYS("\n\r\n", "enter enter ");
    EXPECT_KEYS("\r\r\n\n", "enter enter enter");
    EXPECT_KEYS("\ra\n", "enter <a> enter");
    EXPECT_KEYS("\r\xc3\xa4\n", "enter <\xc3\xa4> enter");
    EXPECT_KEYS("\x1b[1;\rA", "enter <A>");
    EXPECT_KEYS("\x1bO\rA", "enter <A>");
}

TEST(key_parser, control_characters_are_editing_keys)
{
    EXPECT_KEYS("\x01\x02\x04\x05\x06", "home left delete end right");
    EXPECT_KEYS("\x0b\x0c\x0e\x10\x15\x17", "kill-end clear newer older kill-start kill-word");
    EXPECT_KEYS("\x03\t\b\x7f", "interrupt tab backspace backspace");
    EXPECT_KEYS("\x07\x1a\x1c", "");
}

/* U+009B is CSI to a terminal on COM1. */
TEST(key_parser, control_characters_above_ascii_are_no_keys)
{
    EXPECT_KEYS("\xc2\x80\xc2\x9b\xc2\x9f", "");
    EXPECT_KEYS("\xc2\xa0", "<\xc2\xa0>");
    EXPECT_KEYS("\xc2\xc2\x9b!", BAD " <!>");
    EXPECT_KEYS("\x9b"
                "31m",
                BAD " <3> <1> <m>");
}

TEST(key_parser, sequences_are_cursor_and_editing_keys)
{
    EXPECT_KEYS("\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "older newer right left home end");
    EXPECT_KEYS("\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF", "older newer right left home end");
    EXPECT_KEYS("\x1b[1~\x1b[4~\x1b[7~\x1b[8~\x1b[3~", "home end home end delete");
    EXPECT_KEYS("\x1b[1;5C\x1b[1;5D\x1b[1;3C\x1b[3;5~",
                "word-right word-left word-right kill-next");
    EXPECT_KEYS("\x1b"
                "b\x1b"
                "f\x1b"
                "d",
                "word-left word-right kill-next");
    EXPECT_KEYS("\x1b[5;2~\x1b[6;2~", "back forward");
}

/* An unknown sequence types nothing, and the bytes after it are decoded correctly. */
TEST(key_parser, unknown_sequences_type_nothing)
{
    EXPECT_KEYS("\x1b[2~\x1b[5~\x1b[6~\x1b[15~\x1bOP\x1b[Za", "<a>");
    EXPECT_KEYS("\x1b[?1;2c\x1b[>0;1c\x1b[200~a\x1b[201~", "<a> ");
    EXPECT_KEYS("\x1b[1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8Ca", "right <a>");
    EXPECT_KEYS("\x1bPab\x1bxc", "<a> <b> <c>");
    EXPECT_KEYS("\x1b]R\x1b]P", "<R> <P>");
    EXPECT_KEYS("\x1b\x1b[Aa", "older <a>");
}

TEST(key_parser, a_report_of_the_position_is_a_width)
{
    struct key_parser parser = {0};
    struct key keys[KEYS_PER_BYTE];
    EXPECT_STR(spell(&parser, "\x1b[24;132", 8), "");
    EXPECT_EQ(key_parser_feed(&parser, 'R', keys), 1);
    EXPECT_EQ(keys[0].code, EDIT_WIDTH);
    EXPECT_EQ(keys[0].columns, 132);
    EXPECT_KEYS("\x1b[1;5R", ""); /* Ctrl-F3 */
}

/* All short sequences of the bytes that matter: the sanitizers find nothing, and the keys are
 * within their limits. */
TEST(key_parser, any_bytes_give_keys_within_their_limits)
{
    static const char bytes[] = "\x1b[O;15~ARa\r\n\xc3\xa4\xe2\xf0\x90\xff\x18\x9c?";
    enum { KINDS = sizeof(bytes) - 1, LENGTH = 4 };
    for (unsigned number = 0; number < KINDS * KINDS * KINDS * KINDS; number++) {
        struct key_parser parser = {0};
        unsigned rest = number, text = 0;
        for (unsigned i = 0; i < LENGTH; i++, rest /= KINDS) {
            struct key keys[KEYS_PER_BYTE];
            unsigned count = key_parser_feed(&parser, bytes[rest % KINDS], keys);
            EXPECT(count <= KEYS_PER_BYTE);
            for (unsigned k = 0; k < count; k++) {
                EXPECT(keys[k].code != EDIT_ENTER || k == count - 1);
                EXPECT(keys[k].code != EDIT_TEXT || (keys[k].length > 0 && keys[k].length <= 4));
                text += keys[k].code == EDIT_TEXT ? keys[k].length : 0;
            }
        }
        EXPECT(text <= LENGTH * 3); /* U+FFFD for each byte */
    }
}
