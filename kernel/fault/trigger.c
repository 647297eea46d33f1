#include <kernel/fault/trigger.h>
#include <lib/string.h>

bool fault_trigger(const char *name)
{
    for (const struct fault *fault = __start_faults; fault < __stop_faults; fault++) {
        if (strcmp(fault->name, name) == 0) {
            fault->run();
            return true;
        }
    }
    return false;
}
