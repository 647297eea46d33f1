/*
 * `poweroff` and `reboot`.
 */
#include <drivers/acpi.h>
#include <drivers/acpi_power.h>
#include <drivers/reset.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>

static enum error power_off(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    struct acpi_sleep_type s5;
    if (!fadt)
        return ERROR_NO_DEVICE;
    enum error error = acpi_s5(&s5);
    return error ? error : acpi_power_off(fadt, s5);
}

COMMAND(poweroff, "", "switch the machine off")
{
    if (command_refuse_arguments("poweroff", arguments))
        return;
    console_flush();
    enum error error = power_off();
    acpi_power_off_qemu();
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
