/* sleep SECONDS: does nothing for so long. */
#include <lib/number.h>

#include "lib/linux.h"
#include "lib/print.h"

int main(int count, const char *const arguments[])
{
    uint64_t seconds;
    if (count != 2 || !parse_number(arguments[1], &seconds) || seconds > INT32_MAX) {
        print(ERRORS, "sleep: sleep SECONDS\n");
        return 1;
    }
    struct timespec time = {(int64_t)seconds, 0};
    return sys_nanosleep(&time, NULL) < 0;
}
