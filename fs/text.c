#include <assert.h>
#include <fs/text.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { FIRST_ROOM = 512 };

/* Makes room for `length` more bytes. False, with the error noted, when memory is out. */
static bool make_room(struct text *text, size_t length)
{
    size_t room = MAX(text->room, (size_t)FIRST_ROOM);
    ASSERT(text->length <= text->room);
    while (room - text->length < length)
        room *= 2;
    if (room == text->room)
        return true;
    char *bytes = krealloc(text->bytes, room);
    if (!bytes) {
        text->error = ERROR_OUT_OF_FRAMES;
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    return true;
}

void text_append(struct text *text, const void *bytes, size_t length)
{
    if (!make_room(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void append(void *context, const char *bytes, size_t length)
{
    text_append(context, bytes, length);
}

void text_print(struct text *text, const char *format, va_list arguments)
{
    format_to(append, text, format, arguments);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_print(text, format, arguments);
    va_end(arguments);
}

enum error text_read(const struct text *text, struct buffer *buffer, uint64_t *position)
{
    if (*position >= text->length)
        return OK;
    size_t before = buffer->left;
    enum error error =
        buffer_put(buffer, text->bytes + *position, MIN(before, text->length - *position));
    *position += before - buffer->left;
    return error;
}

void text_free(struct text *text)
{
    kfree(text->bytes);
    *text = (struct text){0};
}

void text_append_octal(struct text *text, uint64_t number, unsigned digits)
{
    char bytes[22]; /* 64 bits, three in each */
    unsigned at = sizeof(bytes);
    while (at > 0 && (number > 0 || sizeof(bytes) - at < digits)) {
        bytes[--at] = (char)('0' + number % 8);
        number /= 8;
    }
    text_append(text, bytes + at, sizeof(bytes) - at);
}
