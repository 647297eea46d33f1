/*
 * ACPI specification 6.5, 4.8.2.1: the power management timer counts at 3.579545 MHz, with 24 or 32
 * bits.
 */
#include <drivers/acpi.h>
#include <drivers/hpet.h>
#include <drivers/reference_clock.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/tsc.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum { PM_TIMER_FREQUENCY = 3579545 };

#define LOWEST_FREQUENCY  UINT64_C(1000000)
#define HIGHEST_FREQUENCY UINT64_C(10000000000)

static uint16_t pm_timer_port;

static uint64_t read_pm_timer(void)
{
    return inl(pm_timer_port);
}

static uint64_t read_processor(void)
{
    return read_tsc();
}

/* Does it count? A delay takes about a microsecond, a tenth of that in an emulator. */
static bool counts(const struct clock_reference *reference)
{
    enum { DELAYS = 1000 };
    uint64_t first = reference->read();
    for (unsigned i = 0; i < DELAYS; i++) {
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
    if (hpet_find() != OK)
        return ERROR_NO_DEVICE;
    *found = (struct clock_reference){"HPET", hpet_read, UINT32_MAX, hpet_start()};
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
