#include <kernel/fault/trigger.h>
#include <lib/string.h>

bool fault_trigger(const char *name)
{
    section_for_each(struct fault, fault, faults) {
        if (strcmp(fault->name, name) == 0) {
            fault->run();
            return true;
        }
    }
    return false;
}
