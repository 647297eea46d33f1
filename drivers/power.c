#include <drivers/acpi.h>
#include <drivers/acpi_power.h>
#include <drivers/power.h>

static enum error power_off_by_acpi(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    struct acpi_sleep_type s5;
    if (!fadt)
        return ERROR_NO_DEVICE;
    enum error error = acpi_s5(&s5);
    return error ? error : acpi_power_off(fadt, s5);
}

enum error machine_power_off(void)
{
    enum error error = power_off_by_acpi();
    acpi_power_off_qemu();
    return error;
}
