/* cat [FILE ...]: writes files, or the standard input, to the standard output. */
#include "lib/linux.h"
#include "lib/print.h"

static int copy(const char *name, int file)
{
    static char block[16384];
    long size;
    while ((size = sys_read(file, block, sizeof(block))) > 0) {
        if (!write_all(OUTPUT, block, (size_t)size))
            return 1;
    }
    return size < 0 ? print_error("cat", name, size) : 0;
}

int main(int count, const char *const arguments[])
{
    if (count == 1)
        return copy("standard input", INPUT);
    int status = 0;
    for (int i = 1; i < count; i++) {
        long file = sys_open(arguments[i], OPEN_READ, 0);
        if (file < 0) {
            status = print_error("cat", arguments[i], file);
            continue;
        }
        status |= copy(arguments[i], (int)file);
        sys_close((int)file);
    }
    return status;
}
