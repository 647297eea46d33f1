/* mount [-t TYPE DEVICE DIRECTORY]: mounts a file system; alone, shows what is mounted. */
#include <lib/string.h>

#include "lib/linux.h"
#include "lib/print.h"

static int show(void)
{
    static char text[4096];
    long size, file = sys_open("/proc/mounts", OPEN_READ, 0);
    if (file < 0)
        return print_error("mount", "/proc/mounts", file);
    while ((size = sys_read((int)file, text, sizeof(text))) > 0)
        write_all(OUTPUT, text, (size_t)size);
    return size < 0 ? print_error("mount", "/proc/mounts", size) : 0;
}

int main(int count, const char *const arguments[])
{
    if (count == 1)
        return show();
    if (count != 5 || strcmp(arguments[1], "-t") != 0) {
        print(ERRORS, "mount: mount -t TYPE DEVICE DIRECTORY\n");
        return 1;
    }
    long error = sys_mount(arguments[3], arguments[4], arguments[2], 0, NULL);
    return error < 0 ? print_error("mount", arguments[4], error) : 0;
}
