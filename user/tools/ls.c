/* ls [DIRECTORY ...]: prints the names in a directory, one a line, in its own order; a slash marks
 * directories. */
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"

enum { DIRECTORY = 4 }; /* Linux's DT_DIR */

static void print_entries(const char *entries, long size)
{
    const struct directory_entry *entry;
    for (long at = 0; at < size; at += entry->size) {
        entry = (const void *)(entries + at);
        if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0)
            print(OUTPUT, "%s%s\n", entry->name, entry->type == DIRECTORY ? "/" : "");
    }
}

static int list(const char *path)
{
    static _Alignas(struct directory_entry) char entries[16384];
    long directory = sys_open(path, OPEN_READ | OPEN_DIRECTORY, 0);
    if (directory < 0)
        return print_error("ls", path, directory);
    long size;
    while ((size = sys_getdents64((int)directory, entries, sizeof(entries))) > 0)
        print_entries(entries, size);
    sys_close((int)directory);
    return size < 0 ? print_error("ls", path, size) : 0;
}

int main(int count, const char *const arguments[])
{
    int status = count == 1 ? list(".") : 0;
    for (int i = 1; i < count; i++)
        status |= list(arguments[i]);
    return status;
}
