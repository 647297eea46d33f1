/* mv FROM TO: gives a file or directory another path. */
#include "lib/linux.h"
#include "lib/print.h"

int main(int count, const char *const arguments[])
{
    if (count != 3) {
        print(ERRORS, "mv: it takes two paths\n");
        return 1;
    }
    long error = sys_rename(arguments[1], arguments[2]);
    return error < 0 ? print_error("mv", arguments[1], error) : 0;
}
