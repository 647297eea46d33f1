/*
 * Types random keys at the line editor and compares it with the model after each.
 */
#include <kernel/monitor/line.h>
#include <lib/random.h>
#include <lib/string.h>

#include "line_model.h"
#include "line_screens.h"

static uint64_t state = 1;

static unsigned below(unsigned limit)
{
    return random_below(&state, limit);
}

/* A key, for the editor and for the model. */
static void random_key(void)
{
    static const char *const characters[] = {"a",           "b", " ", "\xc3\xa4", "\xe2\x82\xac",
                                             wide_character};
    const char *character = characters[below(ARRAY_SIZE(characters))];
    switch (below(24)) {
    case 0:
        type(below(2) ? "\x1b[D" : "\x02");
        model.cursor -= model.cursor > 0;
        break;
    case 1:
        type(below(2) ? "\x1b[C" : "\x06");
        model.cursor += model.cursor < model.length;
        break;
    case 2:
        type(below(2) ? "\x1b[H" : "\x01");
        model.cursor = 0;
        break;
    case 3:
        type(below(2) ? "\x1b[F" : "\x05");
        model.cursor = model.length;
        break;
    case 4:
        type(below(2) ? "\x7f" : "\b");
        if (model.cursor)
            model_erase(model.cursor - 1, model.cursor);
        break;
    case 5:
        type(below(2) ? "\x1b[3~" : "\x04");
        if (model.cursor < model.length)
            model_erase(model.cursor, model.cursor + 1);
        break;
    case 6:
        type("\x1b[1;5D");
        model.cursor = model_word_start();
        break;
    case 7:
        type("\x1b[1;5C");
        model.cursor = model_word_end();
        break;
    case 8:
        type("\x17");
        model_erase(model_word_start(), model.cursor);
        break;
    case 9:
        show_log();
        break;
    case 10:
        if (below(40))
            break;
        type("\x15");
        model_erase(0, model.cursor);
        break;
    case 11:
        if (below(40))
            break;
        type("\x0b");
        model_erase(model.cursor, model.length);
        break;
    case 12:
        if (below(10) == 0)
            type("\x0c");
        break;
    default:
        type(character);
        model_insert(character);
        break;
    }
}

/* `length` is about the length of the lines. */
static const char *random_line(unsigned keys)
{
    model_reset();
    line_begin();
    for (unsigned i = 0; i < keys; i++) {
        random_key();
        const char *difference = compare_all();
        if (difference)
            return difference;
    }
    const char *line = type("\r");
    if (!line || !model_is(line))
        return "the line is not what was typed";
    return wide.column || narrow.column ? "the line's end is not at the left" : NULL;
}

static void random_lines(unsigned wide_columns, unsigned narrow_columns)
{
    begin_on(wide_columns, narrow_columns);
    type("\r");
    for (unsigned round = 0; round < 100; round++) {
        const char *difference = random_line(below(round % 10 ? 100 : 2000));
        EXPECT_STR(difference ? difference : "", "");
    }
}

TEST(line, random_keys_agree_with_a_model)
{
    random_lines(80, 37);
    random_lines(132, 20);
}

/* Random bytes on both inputs: the sanitizers find nothing, and a line that is typed afterwards is
 * shown correctly. */
TEST(line, any_bytes_leave_the_editor_usable)
{
    static const char likely[] =
        "\x1b[O;15~ABCDHFR\t\b\x7f\x01\x05\x0b\x15\x17\x10\x0e\x0c\x03 he\xc3\xa4";
    begin_on(80, 20);
    for (unsigned i = 0; i < 200000; i++) {
        char byte = below(8) ? likely[below(sizeof(likely) - 1)] : (char)below(256);
        if (below(1000) == 0)
            byte = '\r';
        const char *line = line_feed(below(2) ? LINE_KEYBOARD : LINE_SERIAL, byte);
        if (line) {
            EXPECT(strlen(line) < LINE_MAX);
            line_begin();
        }
        if (below(100) == 0)
            show_log();
    }
    line_feed(LINE_SERIAL, '\r');
    EXPECT_STR(wide.complaint ? wide.complaint : "", "");
    begin_on(80, 37);
    type("\x0c");
    wide.complaint = narrow.complaint = NULL; /* a width that was made up is wrong */
    type("ok");
    EXPECT_SHOWN("ok");
}
