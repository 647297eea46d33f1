/*
 * ACPI specification 6.5, 4.8.2.1: the power management timer counts at three times the NTSC colour
 * carrier, with 24 or 32 bits. IA-PC HPET specification 1.0a: the HPET tells its period, in
 * femtoseconds, and counts once it is told to.
 */
#include <assert.h>
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
    /* In femtoseconds. What is longer is no HPET; what is shorter would go round in a few seconds.
     */
    HPET_SHORTEST_PERIOD = 1000000,
    HPET_LONGEST_PERIOD = 100000000,
};

#define FEMTOSECONDS UINT64_C(1000000000000000)
#define NANOSECONDS  UINT64_C(1000000000)

static struct {
    const char *name;
    uint64_t (*read)(void);
    uint64_t mask;
    uint64_t frequency;
    uint64_t last;
    uint64_t rest; /* of the last division, so that nothing is lost over time */
} reference;

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

static enum error take(const char *name, uint64_t (*read)(void), uint64_t mask, uint64_t frequency)
{
    enum { LIMIT = 1000 /* of about a microsecond */ };
    uint64_t first = read();
    for (unsigned i = 0; i < LIMIT; i++) {
        io_delay();
        if (((read() ^ first) & mask) == 0)
            continue;
        reference.name = name;
        reference.read = read;
        reference.mask = mask;
        reference.frequency = frequency;
        reference.last = read();
        reference.rest = 0;
        return OK;
    }
    return ERROR_NO_DEVICE;
}

static enum error take_pm_timer(void)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    if (!fadt || fadt->hardware_reduced || !acpi_is_port(&fadt->pm_timer))
        return ERROR_NO_DEVICE;
    pm_timer_port = (uint16_t)fadt->pm_timer.address;
    return take("ACPI timer", read_pm_timer, fadt->pm_timer_has_32_bits ? UINT32_MAX : 0xffffff,
                PM_TIMER_FREQUENCY);
}

static enum error take_hpet(void)
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
    return take("HPET", read_hpet, UINT32_MAX, FEMTOSECONDS / period);
}

static enum error take_processor(void)
{
    uint64_t frequency = tsc_frequency();
    return frequency ? take("processor", read_processor, UINT64_MAX, frequency) : ERROR_NO_DEVICE;
}

enum error reference_clock_start(void)
{
    if (take_pm_timer() == OK || take_hpet() == OK)
        return OK;
    return take_processor();
}

const char *reference_clock_name(void)
{
    return reference.name;
}

uint64_t reference_clock_elapsed(void)
{
    const uint64_t longest = UINT64_C(1) << 33; /* so that the product fits into 64 bits */
    ASSERT(reference.read);
    uint64_t now = reference.read();
    uint64_t ticks = MIN((now - reference.last) & reference.mask, longest);
    uint64_t product = ticks * NANOSECONDS + reference.rest;
    reference.last = now;
    reference.rest = product % reference.frequency;
    return product / reference.frequency;
}
