/* poweroff: asks the first program to end the system. */
#include "lib/linux.h"
#include "lib/print.h"

int main(void)
{
    long error = sys_kill(1, SIGNAL_USER_2);
    return error < 0 ? print_error("poweroff", "init", error) : 0;
}
