/*
 * `fault`: triggers a fault on purpose.
 */
#include <kernel/fault/trigger.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>

static void list_faults(void)
{
    section_for_each(struct fault, fault, faults)
        console_printf("  %-20s %s\n", fault->name, fault->summary);
}

static const char *fault_name(size_t index)
{
    return index < SECTION_COUNT(faults) ? __start_faults[index].name : NULL;
}

COMMAND(fault, "NAME", "trigger a fault; without NAME, list them", .words = fault_name)
{
    char name[COMMAND_WORD];
    bool given = command_word(&arguments, name);
    if (command_refuse_rest("fault", arguments))
        return;
    if (!given)
        list_faults();
    else if (!fault_trigger(name))
        console_printf("fault: no fault is named '%s'; 'fault' lists them\n", name);
    else
        console_printf("fault: %s is over, and the system goes on\n", name);
}
