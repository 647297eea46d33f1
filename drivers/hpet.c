/*
 * IA-PC HPET specification 1.0a, 2.3: a register has the counter's period in femtoseconds, another
 * one starts the counter.
 */
#include <assert.h>
#include <drivers/acpi.h>
#include <drivers/hpet.h>
#include <io.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum hpet {
    PERIOD = 0x004,
    CONFIGURATION = 0x010,
    COUNTER = 0x0f0, /* its low half */
    SIZE = 0x400,
    ENABLE = 1 << 0,
    LEGACY_REPLACEMENT = 1 << 1,
    /* In femtoseconds. The specification allows no longer period; with a shorter one than this, 32
     * bits would go round in less than four seconds. */
    SHORTEST_PERIOD = 1000000,
    LONGEST_PERIOD = 100000000,
};

#define FEMTOSECONDS UINT64_C(1000000000000000)

static volatile uint8_t *registers;

enum error hpet_find(void)
{
    struct acpi_table table;
    phys_addr_t address;
    if (acpi_find("HPET", 0, &table) != OK ||
        acpi_read_hpet(table.bytes, table.length, &address) != OK || !IS_ALIGNED(address, 8) ||
        mmio_map(address, SIZE, PAGE_UNCACHED) != OK)
        return ERROR_NO_DEVICE;
    registers = phys_to_virt(address);
    uint32_t period = mmio_read(registers + PERIOD);
    return period >= SHORTEST_PERIOD && period <= LONGEST_PERIOD ? OK : ERROR_NO_DEVICE;
}

uint64_t hpet_start(void)
{
    ASSERT(registers);
    mmio_write(registers + CONFIGURATION, mmio_read(registers + CONFIGURATION) | ENABLE);
    return FEMTOSECONDS / mmio_read(registers + PERIOD);
}

uint64_t hpet_read(void)
{
    return mmio_read(registers + COUNTER);
}

bool hpet_end_legacy_replacement(void)
{
    ASSERT(registers);
    uint32_t configuration = mmio_read(registers + CONFIGURATION);
    mmio_write(registers + CONFIGURATION, configuration & ~(uint32_t)LEGACY_REPLACEMENT);
    return configuration & LEGACY_REPLACEMENT;
}
