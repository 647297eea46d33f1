/*
 * ACPI specification 6.5, 4.8.3.2 (PM1 control registers) and 4.8.3.7 (sleep control register). The
 * PM1 registers belong to the firmware until an SMI has put the machine into ACPI mode. The type of
 * sleep is written to both PM1 control registers, if there are two.
 */
#include <assert.h>
#include <drivers/acpi_power.h>
#include <drivers/fw_cfg.h>
#include <io.h>
#include <kernel/cpu/control.h>

enum pm1_control {
    SCI_ENABLED = 1 << 0, /* the machine is in ACPI mode */
    SLEEP_TYPE = 7 << 10,
    SLEEP_TYPE_SHIFT = 10,
    SLEEP_ENABLE = 1 << 13,
};

enum sleep_control { REDUCED_TYPE_SHIFT = 2, REDUCED_ENABLE = 1 << 5 };

enum { QEMU_PM1_CONTROL = 0x604 };

enum { WAIT_LIMIT = 1000000 /* of about a microsecond */ };

static void wait_for_power_off(void)
{
    for (unsigned i = 0; i < WAIT_LIMIT; i++)
        io_delay();
}

static enum error enter_acpi_mode(const struct acpi_fadt *fadt)
{
    uint16_t control = (uint16_t)fadt->pm1a_control.address;
    if (inw(control) & SCI_ENABLED)
        return OK;
    /* A machine that cannot change its mode is always in ACPI mode. */
    if (fadt->smi_command == 0 || fadt->smi_command > UINT16_MAX || fadt->acpi_enable == 0)
        return OK;
    outb((uint16_t)fadt->smi_command, fadt->acpi_enable);
    for (unsigned i = 0; i < WAIT_LIMIT; i++) {
        if (inw(control) & SCI_ENABLED)
            return OK;
        io_delay();
    }
    return ERROR_TIMEOUT;
}

static void write_sleep_type(const struct acpi_register *reg, unsigned type, unsigned enable)
{
    ASSERT(type <= SLEEP_TYPE >> SLEEP_TYPE_SHIFT);
    if (!acpi_is_port(reg))
        return;
    uint16_t port = (uint16_t)reg->address;
    unsigned others = inw(port) & ~(unsigned)(SLEEP_TYPE | SLEEP_ENABLE);
    outw(port, (uint16_t)(others | type << SLEEP_TYPE_SHIFT | enable));
}

/* A hardware-reduced machine has one register for this, and is always in ACPI mode. */
static enum error power_off_reduced(const struct acpi_fadt *fadt, unsigned type)
{
    if (!acpi_is_port(&fadt->sleep_control))
        return ERROR_NO_DEVICE;
    outb((uint16_t)fadt->sleep_control.address,
         (uint8_t)(type << REDUCED_TYPE_SHIFT | REDUCED_ENABLE));
    wait_for_power_off();
    return ERROR_DEVICE;
}

static enum error power_off(const struct acpi_fadt *fadt, struct acpi_sleep_type s5)
{
    if (fadt->hardware_reduced)
        return power_off_reduced(fadt, s5.a);
    if (!acpi_is_port(&fadt->pm1a_control))
        return ERROR_NO_DEVICE;
    enum error error = enter_acpi_mode(fadt);
    if (error)
        return error;
    /* Some hardware requires the type to be written first, without the enable bit. */
    write_sleep_type(&fadt->pm1a_control, s5.a, 0);
    write_sleep_type(&fadt->pm1b_control, s5.b, 0);
    write_sleep_type(&fadt->pm1a_control, s5.a, SLEEP_ENABLE);
    write_sleep_type(&fadt->pm1b_control, s5.b, SLEEP_ENABLE);
    wait_for_power_off();
    return ERROR_DEVICE;
}

enum error acpi_power_off(const struct acpi_fadt *fadt, struct acpi_sleep_type s5)
{
    uint64_t flags = interrupts_save();
    enum error error = power_off(fadt, s5);
    interrupts_restore(flags);
    return error;
}

void acpi_power_off_qemu(void)
{
    if (!fw_cfg_present())
        return;
    outw(QEMU_PM1_CONTROL, SLEEP_ENABLE);
    wait_for_power_off();
}
