/* ps: the processes, with their parents and states, as /proc has them. */
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"

/* Prints a line for /proc/NUMBER/stat, which is `NUMBER (NAME) STATE PARENT ...`. A process may be
 * gone meanwhile. */
static void print_process(const char *number)
{
    char path[32], stat[512];
    string_copy(path, "/proc/", sizeof(path));
    string_copy(path + strlen(path), number, sizeof(path) - strlen(path));
    string_copy(path + strlen(path), "/stat", sizeof(path) - strlen(path));
    long file = sys_open(path, OPEN_READ, 0);
    long size = file < 0 ? file : sys_read((int)file, stat, sizeof(stat) - 1);
    if (file >= 0)
        sys_close((int)file);
    if (size <= 0)
        return;
    stat[size] = '\0';
    char *name = strchr(stat, '('), *end = stat + size;
    while (end > stat && *end != ')')
        end--;
    if (!name || end <= name)
        return;
    *end = '\0';
    const char *parent = end + 4;
    int length = 0;
    while (parent < stat + size && parent[length] >= '0' && parent[length] <= '9')
        length++;
    print(OUTPUT, "%5s %5.*s %c %s\n", number, length, parent, end[2], name + 1);
}

int main(void)
{
    static _Alignas(struct directory_entry) char entries[4096];
    long size, directory = sys_open("/proc", OPEN_READ | OPEN_DIRECTORY, 0);
    if (directory < 0)
        return print_error("ps", "/proc", directory);
    print(OUTPUT, "  PID  PPID S COMMAND\n");
    while ((size = sys_getdents64((int)directory, entries, sizeof(entries))) > 0) {
        const struct directory_entry *entry;
        for (long at = 0; at < size; at += entry->size) {
            entry = (const void *)(entries + at);
            if (entry->name[0] >= '0' && entry->name[0] <= '9')
                print_process(entry->name);
        }
    }
    return size < 0 ? print_error("ps", "/proc", size) : 0;
}
