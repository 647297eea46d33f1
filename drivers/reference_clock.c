/*
 * ACPI specification 6.5, 4.8.2.1: the power management timer counts at 3.579545 MHz, with 24 or 32
 * bits. IA-PC HPET specification 1.0a: a register of the HPET has its period in femtoseconds, and
 * another one starts its counter.
 */
#include <drivers/acpi.h>
#include <drivers/reference_clock.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/tsc.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum { PM_TIMER_FREQUENCY = 3579545 };

enum hpet {
    HPET_PERIOD = 0x004,
    HPET_CONFIGURATION = 0x010,
    HPET_COUNTER = 0x0f0, /* its low half */
    HPET_SIZE = 0x400,
    HPET_ENABLE = 1,
    /* In femtoseconds. The specification allows no longer period; with a shorter one than this, 32
     * bits would go round in less than four seconds. */
    HPET_SHORTEST_PERIOD = 1000000,
    HPET_LONGEST_PERIOD = 100000000,
};

#define FEMTOSECONDS      UINT64_C(1000000000000000)
#define LOWEST_FREQUENCY  UINT64_C(1000000)
#define HIGHEST_FREQUENCY UINT64_C(10000000000)

static uint16_t pm_timer_port;
static volatile uint8_t *hpet;

static uint64_t read_pm_timer(void)
{
    return inl(pm_timer_port);
}

static uint64_t read_hpet(void)
{
    return mmio_read(hpet + HPET_COUNTER);
}

static uint64_t read_processor(void)
{
    return read_tsc();
}

/* Does it count? Each try takes a fixed number of delays, and the first one is long enough, so that
 * the boot takes the same number of instructions each time. */
static bool counts(const struct clock_reference *reference)
{
    enum { TRIES = 12, DELAYS = 80 /* of about a microsecond */ };
    uint64_t first = reference->read();
    for (unsigned i = 0; i < TRIES; i++) {
        for (unsigned delay = 0; delay < DELAYS; delay++)
            io_delay();
        if (((reference->read() ^ first) & reference->mask) != 0)
            return true;
    }
    return false;
}

/* Checks that it counts, and at a rate that the clock can use. */
static enum error check(const struct clock_reference *reference)
{
    bool usable =
        reference->frequency >= LOWEST_FREQUENCY && reference->frequency <= HIGHEST_FREQUENCY;
    return usable && counts(reference) ? OK : ERROR_NO_DEVICE;
}

/* Only 24 bits are used: whether there are 32 is a flag that firmware gets wrong. */
static enum error find_pm_timer(struct clock_reference *found)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    if (!fadt || fadt->hardware_reduced || !acpi_is_port(&fadt->pm_timer))
        return ERROR_NO_DEVICE;
    pm_timer_port = (uint16_t)fadt->pm_timer.address;
    *found = (struct clock_reference){"ACPI timer", read_pm_timer, 0xffffff, PM_TIMER_FREQUENCY};
    return check(found);
}

static enum error find_hpet(struct clock_reference *found)
{
    struct acpi_table table;
    phys_addr_t address;
    if (acpi_find("HPET", 0, &table) != OK ||
        acpi_read_hpet(table.bytes, table.length, &address) != OK || !IS_ALIGNED(address, 8) ||
        mmio_map(address, HPET_SIZE, PAGE_UNCACHED) != OK)
        return ERROR_NO_DEVICE;
    hpet = phys_to_virt(address);
    uint32_t period = mmio_read(hpet + HPET_PERIOD);
    if (period < HPET_SHORTEST_PERIOD || period > HPET_LONGEST_PERIOD)
        return ERROR_NO_DEVICE;
    mmio_write(hpet + HPET_CONFIGURATION, mmio_read(hpet + HPET_CONFIGURATION) | HPET_ENABLE);
    *found = (struct clock_reference){"HPET", read_hpet, UINT32_MAX, FEMTOSECONDS / period};
    return check(found);
}

static enum error find_processor(struct clock_reference *found)
{
    *found = (struct clock_reference){"processor", read_processor, UINT64_MAX, tsc_frequency()};
    return check(found);
}

enum error reference_clock_find(struct clock_reference *found)
{
    if (find_pm_timer(found) == OK || find_hpet(found) == OK)
        return OK;
    return find_processor(found);
}
