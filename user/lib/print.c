#include <lib/format.h>
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"

bool write_all(int file, const char *text, size_t size)
{
    while (size > 0) {
        long written = sys_write(file, text, size);
        if (written <= 0 && written != -E_INTERRUPTED)
            return false;
        if (written > 0) {
            text += written;
            size -= (size_t)written;
        }
    }
    return true;
}

void print(int file, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    write_all(file, text, MIN((size_t)length, sizeof(text) - 1));
}

/* The errors that a person at a shell meets. */
static const char *error_text(long error)
{
    static const struct {
        int number;
        const char *text;
    } errors[] = {
        {1, "Operation not permitted"},  {2, "No such file or directory"},
        {3, "No such process"},          {5, "Input/output error"},
        {7, "Argument list too long"},   {8, "Exec format error"},
        {9, "Bad file descriptor"},      {10, "No child processes"},
        {12, "Cannot allocate memory"},  {13, "Permission denied"},
        {16, "Device or resource busy"}, {17, "File exists"},
        {19, "No such device"},          {20, "Not a directory"},
        {21, "Is a directory"},          {22, "Invalid argument"},
        {28, "No space left on device"}, {38, "Function not implemented"},
        {39, "Directory not empty"},     {40, "Too many levels of symbolic links"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        if (errors[i].number == -error)
            return errors[i].text;
    }
    return NULL;
}

int print_error(const char *program, const char *name, long error)
{
    const char *text = error_text(error);
    if (text)
        print(ERRORS, "%s: %s: %s\n", program, name, text);
    else
        print(ERRORS, "%s: %s: error %ld\n", program, name, -error);
    return 1;
}
