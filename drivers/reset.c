/*
 * The keyboard controller's pulse on the processor's reset line works on nearly every PC, for there
 * was a time when nothing else did. Where there is no such controller, the firmware may name a
 * register and a value that reset the machine (ACPI specification 6.5, 4.8.3.6). Failing that, an
 * exception that the processor finds no handler for, nor for the faults that follow from it (a
 * triple fault), resets it as well.
 */
#include <drivers/reset.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum {
    I8042_STATUS = 0x64,
    I8042_COMMAND = 0x64,
    INPUT_FULL = 1 << 1,
    PULSE_RESET_LINE = 0xfe,
    LONG_ENOUGH = 50000, /* microseconds */
};

static bool no_i8042 RO_AFTER_INIT;
static struct acpi_register reset_register RO_AFTER_INIT;
static uint8_t reset_value RO_AFTER_INIT;

void machine_reset_init(const struct acpi_fadt *fadt)
{
    if (!fadt)
        return;
    no_i8042 = fadt->no_i8042;
    reset_value = fadt->reset_value;
    if (!fadt->reset.address)
        return;
    bool usable = fadt->reset.space == ACPI_SPACE_IO
                      ? fadt->reset.address <= UINT16_MAX
                      : fadt->reset.space == ACPI_SPACE_MEMORY &&
                            mmio_map(fadt->reset.address, 1, PAGE_UNCACHED) == OK;
    if (usable)
        reset_register = fadt->reset;
}

static void wait(void)
{
    for (unsigned i = 0; i < LONG_ENOUGH; i++)
        io_delay();
}

static void pulse_reset_line(void)
{
    for (unsigned i = 0; i < LONG_ENOUGH && inb(I8042_STATUS) & INPUT_FULL; i++)
        io_delay();
    outb(I8042_COMMAND, PULSE_RESET_LINE);
    wait();
}

static void write_reset_register(void)
{
    if (reset_register.space == ACPI_SPACE_IO)
        outb((uint16_t)reset_register.address, reset_value);
    else
        *(volatile uint8_t *)phys_to_virt(reset_register.address) = reset_value;
    wait();
}

void machine_reset(void)
{
    const struct descriptor_table_pointer nothing = {0, 0};
    interrupts_disable();
    if (!no_i8042)
        pulse_reset_line();
    if (reset_register.address)
        write_reset_register();
    __asm__ volatile("lidt %0; int3" : : "m"(nothing));
    halt_forever();
}
