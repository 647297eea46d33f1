/*
 * `poweroff` and `reboot`.
 */
#include <drivers/power.h>
#include <drivers/reset.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>

COMMAND(poweroff, "", "switch the machine off")
{
    if (command_refuse_arguments("poweroff", arguments))
        return;
    console_flush();
    enum error error = machine_power_off();
    console_printf("poweroff: the machine does not switch off through ACPI (%s)\n",
                   error_name(error));
}

COMMAND(reboot, "", "restart the machine")
{
    if (command_refuse_arguments("reboot", arguments))
        return;
    console_flush();
    machine_reset();
}
