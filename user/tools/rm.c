/* rm PATH ...: removes files and empty directories. */
#include "lib/linux.h"
#include "lib/print.h"

int main(int count, const char *const arguments[])
{
    int status = 0;
    for (int i = 1; i < count; i++) {
        long error = sys_unlink(arguments[i]);
        if (error == -E_IS_DIRECTORY)
            error = sys_rmdir(arguments[i]);
        if (error < 0)
            status = print_error("rm", arguments[i], error);
    }
    return status;
}
