/* mkdir DIRECTORY ...: makes directories. */
#include "lib/linux.h"
#include "lib/print.h"

int main(int count, const char *const arguments[])
{
    int status = 0;
    for (int i = 1; i < count; i++) {
        long error = sys_mkdir(arguments[i], 0777);
        if (error < 0)
            status = print_error("mkdir", arguments[i], error);
    }
    return status;
}
