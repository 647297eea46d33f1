/*
 * The boundaries and widths of characters are not stored but decoded each time: a line is short. To
 * find the previous character, the line is decoded from its beginning, because only in this
 * direction the end of a malformed character is certain.
 */
#include <assert.h>
#include <kernel/monitor/edit.h>
#include <lib/string.h>
#include <lib/utf8.h>
#include <lib/width.h>

size_t edit_decode(const struct edit *edit, size_t at, unsigned *width)
{
    ASSERT(at < edit->length);
    *width = 1;
    if ((unsigned char)edit->text[at] < 0x80)
        return 1;
    struct utf8 decoder = {0};
    uint32_t code = UTF8_REPLACEMENT;
    enum utf8_event event = UTF8_PENDING;
    size_t end = at;
    while (event == UTF8_PENDING && end < edit->length)
        event = utf8_feed(&decoder, (uint8_t)edit->text[end++], &code);
    *width = character_width(code);
    return end - at - (event == UTF8_BROKEN);
}

size_t edit_next(const struct edit *edit, size_t at)
{
    unsigned width;
    ASSERT(at <= edit->length);
    if (at == edit->length)
        return at;
    at += edit_decode(edit, at, &width);
    while (at < edit->length) {
        size_t size = edit_decode(edit, at, &width);
        if (width)
            break;
        at += size;
    }
    return at;
}

size_t edit_previous(const struct edit *edit, size_t at)
{
    size_t previous = 0, next;
    while ((next = edit_next(edit, previous)) < at)
        previous = next;
    return previous;
}

size_t edit_word_end(const struct edit *edit, size_t at)
{
    while (at < edit->length && edit->text[at] == ' ')
        at++;
    while (at < edit->length && edit->text[at] != ' ')
        at++;
    return at;
}

size_t edit_word_start(const struct edit *edit, size_t at)
{
    while (at > 0 && edit->text[at - 1] == ' ')
        at--;
    while (at > 0 && edit->text[at - 1] != ' ')
        at--;
    return at;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Moves a cursor that is inside a character to the end of it. */
static void leave_character(struct edit *edit)
{
    size_t at = 0;
    unsigned width;
    while (at < edit->cursor)
        at += edit_decode(edit, at, &width);
    edit->cursor = at;
}

void edit_replace(struct edit *edit, size_t from, size_t to, const char *bytes, size_t count)
{
    ASSERT(from <= to && to <= edit->length);
    ASSERT(edit_fits(edit, to - from, count));
    if (to < edit->length)
        memmove(edit->text + from + count, edit->text + to, edit->length - to);
    memcpy(edit->text + from, bytes, count);
    edit->length += count - (to - from);
    edit->cursor = from + count;
    /* A first byte and continuation bytes that are now adjacent form a character. */
    if (edit->cursor < edit->length && is_continuation(edit->text[edit->cursor]))
        leave_character(edit);
}

const char *edit_end(struct edit *edit)
{
    ASSERT(edit->length < LINE_MAX);
    ASSERT(edit->cursor <= edit->length);
    edit->text[edit->length] = '\0';
    return edit->text;
}
