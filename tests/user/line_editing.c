/* What a terminal shows while a line is edited: each character that erases, over each kind of text.
 */
#include "pty_support.h"

/* The characters of a new pseudo-terminal. */
#define ERASE   "\177"
#define WORD    "\027"
#define KILL    "\025"
#define REPRINT "\022"
#define LITERAL "\026"

/* A terminal whose echo is looked at; characters may be UTF-8. */
static struct pair open_editor(void)
{
    struct pair pair = open_pair();
    change_input(pair.other, 0, IUTF8);
    return pair;
}

/* Types an edited line, and compares its echo and the line that a program reads. */
#define EXPECT_LINE(pair, typed, echo, line) \
    type((pair).master, typed "\n");         \
    EXPECT(sees((pair).other, line "\n"));   \
    EXPECT(sees((pair).master, echo "\r\n"))

TEST(line_editing, characters)
{
    struct pair pair = open_editor();
    EXPECT_LINE(pair, "ab" ERASE "c", "ab\b \bc", "ac");
    EXPECT_LINE(pair, ERASE "a" ERASE ERASE, "a\b \b", "");
    EXPECT_LINE(pair, "a\001" ERASE "b", "a^A\b \b\b \bb", "ab");
    EXPECT_LINE(pair, "a\303\244" ERASE "b", "a\303\244\b \bb", "ab");
    EXPECT_LINE(pair, "\342\202\254" ERASE, "\342\202\254\b \b", "");
}

TEST(line_editing, bytes_that_are_no_character)
{
    struct pair pair = open_editor();
    EXPECT_LINE(pair, "a\244\244" ERASE ERASE, "a\244\244\b \b", "");
    EXPECT_LINE(pair, "\244" ERASE "b", "\244b", "\244b");
}

TEST(line_editing, words)
{
    struct pair pair = open_editor();
    EXPECT_LINE(pair, "one two" WORD, "one two\b \b\b \b\b \b", "one ");
    EXPECT_LINE(pair, "one two  " WORD "x", "one two  \b \b\b \b\b \b\b \b\b \bx", "one x");
    EXPECT_LINE(pair, "a-b_c9" WORD, "a-b_c9\b \b\b \b\b \b\b \b", "a-");
    EXPECT_LINE(pair, "\303\266\303\244 \303\274" WORD, "\303\266\303\244 \303\274\b \b",
                "\303\266\303\244 ");
    EXPECT_LINE(pair, "- -" WORD "y", "- -\b \b\b \b\b \by", "y");
}

TEST(line_editing, lines)
{
    struct pair pair = open_editor();
    EXPECT_LINE(pair, "abc" KILL "d", "abc\b \b\b \b\b \bd", "d");
    change_local(pair.other, ECHOKE, 0);
    EXPECT_LINE(pair, "abc" KILL "d", "abc^U\r\nd", "d");
    change_local(pair.other, ECHOK, 0);
    EXPECT_LINE(pair, "abc" KILL "d", "abc^Ud", "d");
    change_local(pair.other, ECHO, 0);
    type(pair.master, "abc" KILL "d\n");
    EXPECT(sees(pair.other, "d\n"));
}

/* How far a tab has moved depends on what is before it. */
TEST(line_editing, tabs)
{
    struct pair pair = open_editor();
    EXPECT_LINE(pair, "ab\t" ERASE "c", "ab\t\b\b\b\b\b\bc", "abc");
    EXPECT_LINE(pair, "\t\t" ERASE "c", "\t\t\b\b\b\b\b\b\b\bc", "\tc");
    EXPECT_LINE(pair, "\001\303\244\t" ERASE "c", "^A\303\244\t\b\b\b\b\bc", "\001\303\244c");
    type(pair.other, "12345");
    EXPECT(sees(pair.master, "12345"));
    EXPECT_LINE(pair, "\t" ERASE "c", "\t\b\b\bc", "c");
    change_local(pair.other, ECHOCTL, 0);
    EXPECT_LINE(pair, "\001b\t" ERASE, "\001b\t\b\b\b\b\b\b\b", "\001b");
    EXPECT_LINE(pair, "\001" ERASE "c", "\001c", "c");
}

TEST(line_editing, printed_erasures)
{
    struct pair pair = open_editor();
    change_local(pair.other, 0, ECHOPRT);
    EXPECT_LINE(pair, "abc" ERASE ERASE "d", "abc\\cb/d", "ad");
    EXPECT_LINE(pair, "a\303\244" ERASE "b", "a\303\244\\\303\244/b", "ab");
    EXPECT_LINE(pair, "ab" KILL, "ab\\ba/", "");
    EXPECT_LINE(pair, "ab" ERASE REPRINT, "ab\\b/^R\r\na", "a");
    EXPECT_LINE(pair, "ab" ERASE LITERAL "\001", "ab\\b/^\b^A", "a\001");
    change_local(pair.other, ECHOPRT | ECHOE, 0);
    EXPECT_LINE(pair, "ab" ERASE, "ab^?", "a");
    EXPECT_LINE(pair, "ab c" WORD, "ab c\b \b", "ab ");
}

TEST(line_editing, reprints_and_literal_characters)
{
    struct pair pair = open_editor();
    EXPECT_LINE(pair, "a\001b" REPRINT "c", "a^Ab^R\r\na^Abc", "a\001bc");
    EXPECT_LINE(pair, LITERAL "\003" LITERAL ERASE, "^\b^C^\b^?", "\003\177");
    change_local(pair.other, ECHOCTL, 0);
    EXPECT_LINE(pair, LITERAL "\003", "\003", "\003");
    change_local(pair.other, IEXTEN, 0);
    EXPECT_LINE(pair, "a b" WORD REPRINT, "a b\027\022", "a b\027\022");
    change_local(pair.other, ECHO, IEXTEN);
    type(pair.master, LITERAL "\003" REPRINT "\n");
    EXPECT(sees(pair.other, "\003\022\n"));
}
