/*
 * The line editor, key by key.
 */
#include <kernel/monitor/line.h>
#include <lib/string.h>

#include "line_model.h"
#include "line_screens.h"

TEST(line, history_keeps_the_draft)
{
    begin_on(80, 40);
    type("one\r");
    line_begin();
    type("two\r");
    line_begin();
    type("dra");
    type("\x1b[A");
    EXPECT_SHOWN("two");
    type("\x10");
    EXPECT_SHOWN("one");
    type("\x1b[B\x0e");
    EXPECT_SHOWN("dra");
    type("ft\x1b[A\x1b[A!");
    EXPECT_SHOWN("one!");
    EXPECT_STR(type("\r"), "one!");
    line_begin();
    type("\x1b[A");
    EXPECT_SHOWN("one!");
}

TEST(line, tab_completes_what_is_common)
{
    begin_on(80, 40);
    type("e\t");
    EXPECT_SHOWN("echo ");
    type("g\t");
    EXPECT_SHOWN("echo green");
    type("\x15h\t");
    EXPECT_SHOWN("he");
    type("l\t");
    EXPECT_SHOWN("hel");
    EXPECT_STR(wide.cells[wide.row - 1][20], "h");
    type("p\t");
    EXPECT_SHOWN("help ");
    type("x\t");
    EXPECT_SHOWN("help x");
}

TEST(line, completion_leaves_the_cursor)
{
    begin_on(80, 40);
    type("he x\x02\x02\tl\x05");
    EXPECT_SHOWN("hel x");
}

TEST(line, ctrl_c_drops_the_line)
{
    begin_on(80, 40);
    unsigned before = stops;
    type("never mind\x01\x03");
    EXPECT_SHOWN("");
    EXPECT_EQ(stops, before + 1);
    EXPECT_STR(wide.cells[wide.row - 1][17], "^");
    EXPECT_STR(type("a\r"), "a");
}

/* A new prompt is whole even if an interrupt logs something at each of its writes. */
TEST(line, a_prompt_is_whole_when_the_log_interrupts_it)
{
    begin_on(80, 40);
    type("\r");
    wide.before_write = narrow.before_write = show_log;
    line_begin();
    EXPECT_SHOWN("");
}

/* The log can hide a new prompt before anything is typed. */
TEST(line, a_prompt_can_be_hidden_before_anything_is_typed)
{
    begin_on(80, 40);
    wide.before_write = narrow.before_write = NULL;
    line_hide();
    EXPECT_STR(wide.cells[wide.row][0], "");
    line_show();
    EXPECT_SHOWN("");
}

/* Sequences of one input do not mix with what comes from the other. */
TEST(line, two_inputs_do_not_mix_their_sequences)
{
    begin_on(80, 40);
    line_feed(LINE_SERIAL, 'a');
    line_feed(LINE_SERIAL, '\x1b');
    line_feed(LINE_KEYBOARD, 'b');
    line_feed(LINE_SERIAL, '[');
    line_feed(LINE_KEYBOARD, 'A');
    line_feed(LINE_SERIAL, 'D');
    line_feed(LINE_KEYBOARD, '!');
    model_reset();
    model_insert("a");
    model_insert("b");
    model_insert("A");
    model.cursor--;
    model_insert("!");
    const char *difference = compare_all();
    EXPECT_STR(difference ? difference : "", "");
}

/* When the screen is cleared, a sink without rows is asked for its width; one answer counts. */
TEST(line, the_width_is_asked_for)
{
    static const char text[] = "a line that is longer than the narrower one of the two is wide";
    begin_on(80, 37);
    narrow.columns = 60; /* the real width */
    wide.asked = narrow.asked = false;
    type("\x0c");
    EXPECT(narrow.asked);
    EXPECT(!wide.asked);
    type("\x1b[70;60R");
    EXPECT_EQ(narrow.sink.columns, 60);
    EXPECT_EQ(wide.sink.columns, 80);
    type("\x1b[70;50R"); /* not asked for */
    EXPECT_EQ(narrow.sink.columns, 60);
    type(text);
    type("\x01\x1b[3~\x05");
    EXPECT_SHOWN(text + 1);
}

/* A character at the line's end is echoed as it is, without another byte. */
static char echoed[64];
static size_t echoed_length;

static void remember(struct console_sink *sink, const char *text, size_t length)
{
    (void)sink;
    for (size_t i = 0; i < length && echoed_length < sizeof(echoed) - 1; i++)
        echoed[echoed_length++] = text[i];
    echoed[echoed_length] = '\0';
}

TEST(line, a_character_echoes_just_itself)
{
    static const char text[] = "echo \xc3\xa4 and enough more to fill a row";
    begin_on(80, 37);
    narrow.sink.write = remember;
    echoed_length = 0;
    type(text);
    EXPECT_STR(echoed, text);
}

/* What no terminal may get as text is neither echoed nor in the line. */
TEST(line, control_characters_are_not_typed)
{
    begin_on(80, 37);
    type("a\xc2\x9b"
         "31mb\xc2\x85\x01\x05");
    EXPECT_SHOWN("a31mb");
    type("\xc2!\x7f\x9b"); /* two halves of U+009B, with a character between them meanwhile */
    EXPECT(!wide.complaint && !narrow.complaint);
    EXPECT_STR(type("\r"), "a31mb\xef\xbf\xbd\xef\xbf\xbd");
}

/* A full line takes no more bytes and does not change. */
TEST(line, a_full_line_takes_no_more)
{
    begin_on(132, 80);
    for (unsigned i = 0; i < LINE_MAX + 5; i++)
        type("x");
    const char *line = type("\r");
    EXPECT_EQ(strlen(line), LINE_MAX - 1);
    EXPECT(!wide.complaint && !narrow.complaint);
}
