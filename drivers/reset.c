/*
 * Three ways, tried in this order: the keyboard controller's pulse on the processor's reset line,
 * which works on nearly every PC; the register and the value that the firmware names (ACPI
 * specification 6.5, 4.8.3.6); and a triple fault: an exception with an empty IDT, which has a
 * handler neither for it nor for the two faults that follow (Intel SDM 3A 6.15, interrupt 8).
 */
#include <drivers/i8042.h>
#include <drivers/reset.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum { RESET_LIMIT = 50000 /* of about a microsecond */ };

static bool no_i8042 RO_AFTER_INIT;
static struct acpi_register reset_register RO_AFTER_INIT;
static uint8_t reset_value RO_AFTER_INIT;

void machine_reset_init(const struct acpi_fadt *fadt)
{
    if (!fadt)
        return;
    no_i8042 = fadt->no_i8042;
    reset_value = fadt->reset_value;
    const struct acpi_register *reg = &fadt->reset;
    bool usable = acpi_is_port(reg) || (reg->space == ACPI_SPACE_MEMORY && reg->address != 0 &&
                                        mmio_map(reg->address, 1, PAGE_UNCACHED) == OK);
    if (usable)
        reset_register = *reg;
}

static void write_reset_register(void)
{
    if (reset_register.space == ACPI_SPACE_IO)
        outb((uint16_t)reset_register.address, reset_value);
    else
        *(volatile uint8_t *)phys_to_virt(reset_register.address) = reset_value;
    for (unsigned i = 0; i < RESET_LIMIT; i++)
        io_delay();
}

void machine_reset(void)
{
    const struct descriptor_table_pointer nothing = {0, 0};
    interrupts_disable();
    if (!no_i8042)
        i8042_reset_machine();
    if (reset_register.address)
        write_reset_register();
    __asm__ volatile("lidt %0; int3" : : "m"(nothing));
    halt_forever();
}
