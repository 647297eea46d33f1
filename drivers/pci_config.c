/*
 * PCI Firmware Specification 3.0, 4.1 (MCFG); PCI Local Bus Specification 3.0, 3.2.2.3.2 (ports).
 *
 * All accesses are 32 bits wide: both ways allow that, and so do all devices. The firmware writes
 * MCFG, and it may be wrong. So an impossible range is left out. Where the ports work, too, both
 * ways have to find the same device in the first slot.
 */
#include <assert.h>
#include <drivers/acpi.h>
#include <drivers/pci_config.h>
#include <io.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum port { ADDRESS = 0xcf8, DATA = 0xcfc };

#define ADDRESS_ENABLE (UINT32_C(1) << 31)

#define BUS_SIZE (UINT64_C(1) << PCI_BUS_SHIFT)

/* The address register keeps what is written to it only where it exists. */
static bool ports_work(void)
{
    outl(ADDRESS, ADDRESS_ENABLE);
    bool kept = inl(ADDRESS) == ADDRESS_ENABLE;
    outl(ADDRESS, 0);
    return kept;
}

static bool overlaps(const struct pci_segment *a, const struct pci_segment *b)
{
    return a->number == b->number && a->first_bus <= b->last_bus && b->first_bus <= a->last_bus;
}

static bool makes_sense(const struct pci_segment *segment, const struct pci_segment *others,
                        unsigned count)
{
    uint64_t end = (segment->last_bus + UINT64_C(1)) << PCI_BUS_SHIFT;
    if (!segment->base || !IS_ALIGNED(segment->base, BUS_SIZE) || segment->base > DIRECT_MAP_SIZE ||
        end > DIRECT_MAP_SIZE - segment->base)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (overlaps(segment, &others[i]))
            return false;
    }
    return true;
}

/* Is the first function of the segment the same through the ports? */
static bool agrees_with_ports(const struct pci_segment *segment)
{
    struct pci_segment by_ports = *segment;
    by_ports.base = 0;
    struct pci_address one = pci_config_address(segment, segment->first_bus);
    struct pci_address other = pci_config_address(&by_ports, segment->first_bus);
    return pci_config_read(&one, PCI_ID) == pci_config_read(&other, PCI_ID);
}

/* The ports reach segment 0 only. */
static bool is_good(const struct pci_segment *segment, const struct pci_segment *others,
                    unsigned count, bool ports)
{
    return makes_sense(segment, others, count) &&
           pci_config_map_bus(segment, segment->first_bus) == OK &&
           (!ports || segment->number != 0 || agrees_with_ports(segment));
}

static unsigned find_in_memory(struct pci_segment *segments, bool ports)
{
    struct acpi_mcfg mcfg;
    unsigned count = 0;
    if (acpi_mcfg(&mcfg))
        return 0;
    for (unsigned i = 0; i < mcfg.count; i++) {
        const struct acpi_pci_segment *entry = &mcfg.segments[i];
        struct pci_segment segment = {entry->number, entry->first_bus, entry->last_bus,
                                      entry->address};
        if (is_good(&segment, segments, count, ports))
            segments[count++] = segment;
        else
            log_warn("pci: MCFG is wrong about segment %u, buses %u to %u at 0x%lx", segment.number,
                     segment.first_bus, segment.last_bus, segment.base);
    }
    return count;
}

static bool has_first_segment(const struct pci_segment *segments, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (segments[i].number == 0 && segments[i].first_bus == 0)
            return true;
    }
    return false;
}

unsigned pci_config_start(struct pci_segment segments[ACPI_MAX_PCI_SEGMENTS])
{
    bool ports = ports_work();
    unsigned count = find_in_memory(segments, ports);
    if (!ports || has_first_segment(segments, count))
        return count;
    segments[0] = (struct pci_segment){.last_bus = UINT8_MAX};
    return 1;
}

/* The range that was mapped last. Mapping it again would check it page by page. */
static struct phys_range mapped;

/* Maps two buses at a time where it can: they fill a large page of the direct map, which takes one
 * entry. A single bus takes 256 entries. */
enum error pci_config_map_bus(const struct pci_segment *segment, uint8_t bus)
{
    if (!segment->base)
        return OK;
    phys_addr_t first = segment->base + ((uint64_t)segment->first_bus << PCI_BUS_SHIFT);
    phys_addr_t end = segment->base + ((segment->last_bus + UINT64_C(1)) << PCI_BUS_SHIFT);
    phys_addr_t start = segment->base + ((uint64_t)bus << PCI_BUS_SHIFT);
    if (start >= mapped.start && start + BUS_SIZE <= mapped.end)
        return OK;
    struct phys_range range = {start, start + BUS_SIZE};
    phys_addr_t pair = ALIGN_DOWN(start, 2 * BUS_SIZE);
    if (pair >= first && pair + 2 * BUS_SIZE <= end)
        range = (struct phys_range){pair, pair + 2 * BUS_SIZE};
    enum error error = mmio_map(range.start, range.end - range.start, PAGE_UNCACHED);
    if (!error)
        mapped = range;
    return error;
}

static void select(const struct pci_address *at, unsigned offset)
{
    outl(ADDRESS, ADDRESS_ENABLE | (uint32_t)at->bus << 16 | (uint32_t)at->slot << 11 |
                      (uint32_t)at->function << 8 | offset);
}

uint32_t pci_config_read_by_ports(const struct pci_address *at, unsigned offset)
{
    select(at, offset);
    return inl(DATA);
}

void pci_config_write(const struct pci_address *at, unsigned offset, uint32_t value)
{
    ASSERT(offset < PCI_CONFIG_SIZE && IS_ALIGNED(offset, 4u));
    if (at->config) {
        mmio_write((uint8_t *)phys_to_virt(at->config) + offset, value);
        return;
    }
    select(at, offset);
    outl(DATA, value);
}
