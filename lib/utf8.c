#include <assert.h>
#include <lib/string.h>
#include <lib/utf8.h>
#include <lib/width.h>

enum { CONTINUATION_LOW = 0x80, CONTINUATION_HIGH = 0xbf };

/* Takes a character's first byte, which tells how many follow. After some first bytes, the second
 * one has a smaller range: that excludes overlong forms, surrogates, and numbers above U+10FFFF. */
static enum utf8_event begin(struct utf8 *decoder, uint8_t byte, uint32_t *code)
{
    decoder->low = CONTINUATION_LOW;
    decoder->high = CONTINUATION_HIGH;
    if (byte < 0x80) {
        *code = byte;
        return UTF8_CHARACTER;
    }
    if (byte < 0xc2 || byte > 0xf4) {
        *code = UTF8_REPLACEMENT;
        return UTF8_CHARACTER;
    }
    if (byte < 0xe0) {
        decoder->missing = 1;
        decoder->code = byte & 0x1f;
    } else if (byte < 0xf0) {
        decoder->missing = 2;
        decoder->code = byte & 0x0f;
        decoder->low = byte == 0xe0 ? 0xa0 : CONTINUATION_LOW;
        decoder->high = byte == 0xed ? 0x9f : CONTINUATION_HIGH;
    } else {
        decoder->missing = 3;
        decoder->code = byte & 0x07;
        decoder->low = byte == 0xf0 ? 0x90 : CONTINUATION_LOW;
        decoder->high = byte == 0xf4 ? 0x8f : CONTINUATION_HIGH;
    }
    return UTF8_PENDING;
}

enum utf8_event utf8_feed(struct utf8 *decoder, uint8_t byte, uint32_t *code)
{
    if (!decoder->missing)
        return begin(decoder, byte, code);
    if (byte < decoder->low || byte > decoder->high) {
        decoder->missing = 0;
        *code = UTF8_REPLACEMENT;
        return UTF8_BROKEN;
    }
    decoder->low = CONTINUATION_LOW;
    decoder->high = CONTINUATION_HIGH;
    decoder->code = decoder->code << 6 | (byte & 0x3f);
    if (--decoder->missing)
        return UTF8_PENDING;
    *code = decoder->code;
    return UTF8_CHARACTER;
}

unsigned utf8_encode(uint32_t code, char bytes[UTF8_MAX])
{
    ASSERT(code < 0xd800 || (code > 0xdfff && code <= 0x10ffff));
    static const uint8_t first[] = {[1] = 0x00, [2] = 0xc0, [3] = 0xe0, [4] = 0xf0};
    unsigned count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (unsigned i = count - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(first[count] | code);
    return count;
}

size_t utf8_make_printable(char *text, size_t length)
{
    struct utf8 decoder = {0};
    size_t used = printable_length(text, length); /* nearly always all of it */
    for (size_t at = used; at < length;) {
        uint32_t code;
        enum utf8_event event = utf8_feed(&decoder, (uint8_t)text[at], &code);
        at += event != UTF8_BROKEN;
        if (event == UTF8_PENDING)
            continue;
        if (code == UTF8_REPLACEMENT || character_is_control(code))
            code = '?';
        used += utf8_encode(code, text + used);
        ASSERT(used <= at);
    }
    if (decoder.missing)
        text[used++] = '?';
    return used;
}
