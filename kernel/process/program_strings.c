#include <assert.h>
#include <kernel/process/exec.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { FIRST_ROOM = 2048 };

/* Makes room for `size` more bytes. */
static enum error make_room(struct program_strings *strings, size_t size)
{
    size_t room = MAX(strings->room, (size_t)FIRST_ROOM);
    ASSERT(strings->size <= strings->room);
    if (size > PROGRAM_STRINGS_MAX - strings->size)
        return ERROR_TOO_BIG;
    while (room < strings->size + size)
        room *= 2;
    if (room == strings->room)
        return OK;
    char *bytes = krealloc(strings->bytes, room);
    if (!bytes)
        return ERROR_OUT_OF_FRAMES;
    strings->bytes = bytes;
    strings->room = room;
    return OK;
}

enum error program_strings_append(struct program_strings *strings, const char *bytes, size_t size)
{
    enum error error = make_room(strings, size);
    if (error)
        return error;
    memcpy(strings->bytes + strings->size, bytes, size);
    strings->size += size;
    return OK;
}

enum error program_strings_add(struct program_strings *strings, const char *string)
{
    return program_strings_append(strings, string, strlen(string) + 1);
}

enum error program_strings_add_user(struct program_strings *strings, virt_addr_t string)
{
    size_t length, wanted = 256;
    for (;; wanted *= 2) {
        enum error error = make_room(strings, MIN(wanted, (size_t)PROGRAM_STRING_MAX));
        if (error)
            return error;
        error = string_from_user(strings->bytes + strings->size, strings->room - strings->size,
                                 string, &length);
        if (error == ERROR_TOO_LONG && wanted < PROGRAM_STRING_MAX)
            continue;
        if (!error)
            strings->size += length + 1;
        return error == ERROR_TOO_LONG ? ERROR_TOO_BIG : error;
    }
}

void program_strings_free(struct program_strings *strings)
{
    kfree(strings->bytes);
    strings->bytes = NULL;
}
