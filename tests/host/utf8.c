/*
 * UTF-8: every code point, and text that is malformed.
 */
#include <lib/string.h>
#include <lib/utf8.h>

#include "../test.h"

/* Decodes a string of at most sixteen code points; `count` becomes their number. */
static uint32_t codes[16];
static unsigned count;

static void decode(const char *text)
{
    struct utf8 decoder = {0};
    count = 0;
    while (*text && count < ARRAY_SIZE(codes)) {
        enum utf8_event event = utf8_feed(&decoder, (uint8_t)*text, &codes[count]);
        count += event != UTF8_PENDING;
        text += event != UTF8_BROKEN;
    }
}

TEST(utf8, every_code_point_comes_back)
{
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        char bytes[UTF8_MAX];
        unsigned length = utf8_encode(code, bytes);
        struct utf8 decoder = {0};
        uint32_t decoded = 0;
        for (unsigned i = 0; i < length; i++) {
            enum utf8_event event = utf8_feed(&decoder, (uint8_t)bytes[i], &decoded);
            EXPECT_EQ(event, i + 1 < length ? UTF8_PENDING : UTF8_CHARACTER);
        }
        EXPECT_EQ(decoded, code);
    }
}

TEST(utf8, lengths_begin_where_they_should)
{
    char bytes[UTF8_MAX];
    EXPECT_EQ(utf8_encode(0x7f, bytes), 1);
    EXPECT_EQ(utf8_encode(0x80, bytes), 2);
    EXPECT_EQ((uint8_t)bytes[0], 0xc2);
    EXPECT_EQ(utf8_encode(0x800, bytes), 3);
    EXPECT_EQ(utf8_encode(0x10000, bytes), 4);
    EXPECT_EQ((uint8_t)bytes[0], 0xf0);
}

/* The Unicode standard's own examples (section 3.9, tables 3-8 to 3-11), each with an A at its end:
 * how many U+FFFD come before it. */
TEST(utf8, malformed_parts_are_replaced_one_by_one)
{
    static const struct {
        const char *text;
        unsigned replaced;
    } examples[] = {
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", 8},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", 8},
        {"\xf4\x91\x92\x93\xff\x41", 5},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", 4},
        {"\xe0\x9f\xbf\x41", 3},     /* U+07FF in three bytes */
        {"\xf0\x8f\xbf\xbf\x41", 4}, /* U+FFFF in four */
        {"\x80\xbf\x41", 2},
        {"\xc3\x41", 1},
        {"\xf5\x41", 1},
    };
    for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
        decode(examples[i].text);
        EXPECT_EQ(count, examples[i].replaced + 1);
        for (unsigned at = 0; at + 1 < count; at++)
            EXPECT_EQ(codes[at], UTF8_REPLACEMENT);
        EXPECT_EQ(codes[count - 1], 'A');
    }
}

static const char *printable(const char *text)
{
    static char buffer[64];
    size_t length = strlen(text);
    memcpy(buffer, text, length);
    buffer[utf8_make_printable(buffer, length)] = '\0';
    return buffer;
}

TEST(utf8, what_is_not_printable_becomes_a_question_mark)
{
    EXPECT_STR(printable(""), "");
    EXPECT_STR(printable("a \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80~"),
               "a \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80~");
    EXPECT_STR(printable("\x1b[31m\n\x7f"), "?[31m??");
    EXPECT_STR(printable("a\xc2\x9b"
                         "1\xc2\xa0"),
               "a?1\xc2\xa0");
    EXPECT_STR(printable("\x9b\xe2\x82\x1b\xff"), "????");
    EXPECT_STR(printable("cut\xf0\x9f\x98"), "cut?");
}
