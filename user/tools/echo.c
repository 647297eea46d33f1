/* echo WORD ...: prints its words. */
#include <lib/string.h>

#include "lib/print.h"

int main(int count, const char *const arguments[])
{
    for (int i = 1; i < count; i++) {
        write_all(OUTPUT, arguments[i], strlen(arguments[i]));
        if (i + 1 < count)
            write_all(OUTPUT, " ", 1);
    }
    return !write_all(OUTPUT, "\n", 1);
}
