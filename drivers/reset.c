/*
 * The keyboard controller's pulse on the processor's reset line works on nearly every PC, for there
 * was a time when nothing else did. Where it is missing, an exception that the processor finds no
 * handler for, nor for the faults that follow from it (a triple fault), resets it as well.
 */
#include <drivers/reset.h>
#include <io.h>
#include <kernel/cpu/control.h>

enum {
    I8042_STATUS = 0x64,
    I8042_COMMAND = 0x64,
    INPUT_FULL = 1 << 1,
    PULSE_RESET_LINE = 0xfe,
    LONG_ENOUGH = 50000, /* microseconds */
};

static void pulse_reset_line(void)
{
    for (unsigned i = 0; i < LONG_ENOUGH && inb(I8042_STATUS) & INPUT_FULL; i++)
        io_delay();
    outb(I8042_COMMAND, PULSE_RESET_LINE);
    for (unsigned i = 0; i < LONG_ENOUGH; i++)
        io_delay();
}

void machine_reset(void)
{
    const struct descriptor_table_pointer nothing = {0, 0};
    interrupts_disable();
    pulse_reset_line();
    __asm__ volatile("lidt %0; int3" : : "m"(nothing));
    halt_forever();
}
