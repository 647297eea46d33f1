/*
 * The parts of the line editor, each by itself: the text, the history, completion.
 */
#include <kernel/monitor/completion.h>
#include <kernel/monitor/edit.h>
#include <kernel/monitor/history.h>
#include <lib/string.h>

#include "../test.h"

static struct edit edit;

static void set(const char *text)
{
    edit.length = edit.cursor = 0;
    edit_replace(&edit, 0, 0, text, strlen(text));
}

TEST(edit, replaces_and_sets_the_cursor)
{
    set("hello");
    EXPECT_EQ(edit.cursor, 5);
    edit_replace(&edit, 1, 3, "xyz", 3);
    EXPECT_STR(edit_end(&edit), "hxyzlo");
    EXPECT_EQ(edit.cursor, 4);
    edit_replace(&edit, 0, 6, "", 0);
    EXPECT_STR(edit_end(&edit), "");
}

TEST(edit, the_cursor_is_never_within_a_character)
{
    set("\xa4x");
    edit_replace(&edit, 0, 0, "\xc3", 1);
    EXPECT_EQ(edit.cursor, 2);
    set("\xc3y\xa4x");
    edit_replace(&edit, 1, 2, "", 0);
    EXPECT_EQ(edit.cursor, 2);
}

TEST(edit, knows_when_it_is_full)
{
    edit.length = edit.cursor = 0;
    for (unsigned i = 0; i < LINE_MAX - 1; i++) {
        EXPECT(edit_fits(&edit, 0, 1));
        edit_replace(&edit, 0, 0, "x", 1);
    }
    EXPECT(!edit_fits(&edit, 0, 1));
    EXPECT(edit_fits(&edit, 1, 1));
    EXPECT_EQ(strlen(edit_end(&edit)), LINE_MAX - 1);
}

TEST(edit, steps_over_whole_characters)
{
    set("a\xc3\xa4\xe2\x82\xacz");
    EXPECT_EQ(edit_next(&edit, 0), 1);
    EXPECT_EQ(edit_next(&edit, 1), 3);
    EXPECT_EQ(edit_next(&edit, 3), 6);
    EXPECT_EQ(edit_next(&edit, 7), 7);
    EXPECT_EQ(edit_previous(&edit, 7), 6);
    EXPECT_EQ(edit_previous(&edit, 6), 3);
    EXPECT_EQ(edit_previous(&edit, 3), 1);
    EXPECT_EQ(edit_previous(&edit, 0), 0);
}

TEST(edit, accents_belong_to_the_character_before)
{
    set("ae\xcc\x81\xcc\xa3z");
    EXPECT_EQ(edit_next(&edit, 1), 6);
    EXPECT_EQ(edit_previous(&edit, 6), 1);
}

TEST(edit, a_character_has_a_size_and_a_width)
{
    unsigned width;
    set("a\xe6\x97\xa5\xcc\x81\xff");
    EXPECT_EQ(edit_decode(&edit, 0, &width), 1);
    EXPECT_EQ(width, 1);
    EXPECT_EQ(edit_decode(&edit, 1, &width), 3);
    EXPECT_EQ(width, 2);
    EXPECT_EQ(edit_decode(&edit, 4, &width), 2);
    EXPECT_EQ(width, 0);
    EXPECT_EQ(edit_decode(&edit, 6, &width), 1);
    EXPECT_EQ(width, 1);
}

TEST(edit, steps_over_malformed_parts)
{
    set("\xe2\x82z\xff\xe2");
    EXPECT_EQ(edit_next(&edit, 0), 2);
    EXPECT_EQ(edit_next(&edit, 2), 3);
    EXPECT_EQ(edit_next(&edit, 3), 4);
    EXPECT_EQ(edit_next(&edit, 4), 5);
    EXPECT_EQ(edit_previous(&edit, 5), 4);
    EXPECT_EQ(edit_previous(&edit, 2), 0);
}

TEST(edit, words_begin_and_end_at_blanks)
{
    set("  one  two ");
    EXPECT_EQ(edit_word_end(&edit, 0), 5);
    EXPECT_EQ(edit_word_end(&edit, 5), 10);
    EXPECT_EQ(edit_word_end(&edit, 10), 11);
    EXPECT_EQ(edit_word_start(&edit, 11), 7);
    EXPECT_EQ(edit_word_start(&edit, 8), 7);
    EXPECT_EQ(edit_word_start(&edit, 7), 2);
    EXPECT_EQ(edit_word_start(&edit, 2), 0);
}

static struct history history;

TEST(history, goes_back_and_forth)
{
    memset(&history, 0, sizeof(history));
    EXPECT(!history_older(&history));
    EXPECT(!history_newer(&history));
    history_add(&history, "one");
    history_add(&history, "two");
    EXPECT_STR(history_older(&history), "two");
    EXPECT_STR(history_older(&history), "one");
    EXPECT(!history_older(&history));
    EXPECT_STR(history_newer(&history), "two");
    EXPECT_STR(history_newer(&history), "");
    EXPECT(!history_newer(&history));
}

TEST(history, keeps_no_doubles_and_nothing_empty)
{
    memset(&history, 0, sizeof(history));
    history_add(&history, "one");
    history_add(&history, "one");
    history_add(&history, "");
    history_add(&history, "two");
    history_add(&history, "one");
    EXPECT_STR(history_older(&history), "one");
    EXPECT_STR(history_older(&history), "two");
    EXPECT_STR(history_older(&history), "one");
    EXPECT(!history_older(&history));
    history_add(&history, "");
    EXPECT_STR(history_older(&history), "one");
}

/* Lines whose size does not divide the room: the oldest are dropped, the others stay whole. */
TEST(history, forgets_the_oldest)
{
    enum { LENGTH = 100, KEPT = HISTORY_BYTES / (LENGTH + 1) };
    char line[LENGTH + 1];
    memset(&history, 0, sizeof(history));
    for (unsigned i = 0; i < 300; i++) {
        memset(line, 'a' + (int)(i % 26), LENGTH);
        line[LENGTH] = '\0';
        history_add(&history, line);
    }
    for (unsigned i = 0; i < KEPT; i++) {
        const char *older = history_older(&history);
        EXPECT(older);
        EXPECT_EQ(strlen(older), LENGTH);
        EXPECT_EQ(older[0], 'a' + (299 - i) % 26);
        EXPECT_EQ(older[LENGTH - 1], older[0]);
    }
    EXPECT(!history_older(&history));
}

TEST(history, a_line_too_long_is_not_kept)
{
    static char line[HISTORY_BYTES + 1];
    memset(&history, 0, sizeof(history));
    memset(line, 'x', HISTORY_BYTES);
    history_add(&history, "short");
    history_add(&history, line);
    EXPECT_STR(history_older(&history), "short");
    history_add(&history, line + 1);
    EXPECT_EQ(strlen(history_older(&history)), HISTORY_BYTES - 1);
    EXPECT(!history_older(&history));
}

static const char *word(size_t index)
{
    static const char *const words[] = {"echo", "heap", "help", "hello"};
    return index < ARRAY_SIZE(words) ? words[index] : NULL;
}

TEST(completion, finds_what_is_common)
{
    struct completion found = completion_find(word, "he", 2);
    EXPECT_EQ(found.matches, 3);
    EXPECT_STR(found.first, "heap");
    EXPECT_EQ(found.common, 2);
    found = completion_find(word, "hel", 3);
    EXPECT_EQ(found.matches, 2);
    EXPECT_EQ(found.common, 3);
    found = completion_find(word, "help me", 4);
    EXPECT_EQ(found.matches, 1);
    EXPECT_STR(found.first, "help");
    EXPECT_EQ(found.common, 4);
    found = completion_find(word, "", 0);
    EXPECT_EQ(found.matches, 4);
    EXPECT_EQ(found.common, 0);
    EXPECT_EQ(completion_find(word, "x", 1).matches, 0);
    EXPECT_EQ(completion_find(word, "helper", 6).matches, 0);
}
