#include <fs/text.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { FIRST_ROOM = 512 };

/* Makes room for `length` more bytes. False, with the error noted, when memory is out. */
static bool make_room(struct text *text, size_t length)
{
    size_t room = MAX(text->room, (size_t)FIRST_ROOM);
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

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_to(append, text, format, arguments);
    va_end(arguments);
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
