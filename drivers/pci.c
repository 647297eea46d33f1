/*
 * PCI Local Bus Specification 3.0, chapter 6; PCI-to-PCI Bridge Architecture Specification 1.2.
 *
 * The scan begins with the first bus of a segment and goes on to each bus behind a bridge. The
 * firmware has numbered the buses so that a bus has a higher number than the bus that its bridge is
 * on. So one pass in the order of the numbers visits every bus, and no bus twice, whatever a bridge
 * says. Large machines have further host bridges, which only AML describes. The devices below these
 * are not found.
 */
#include <assert.h>
#include <drivers/pci.h>
#include <kernel/log/log.h>

SECTION_ARRAY(struct pci_driver, pci_drivers);

static struct pci_device devices[PCI_MAX_DEVICES];
static size_t count, left_out;

/* --- Finding devices ------------------------------------------------------------------------ */

enum { HEADER_SHIFT = 16, HEADER_KIND = 0x7f, HEADER_HAS_FUNCTIONS = 0x80 };

/* The buses of a segment that are known to be there. */
struct bus_set {
    unsigned last; /* the highest of them */
    uint64_t words[(UINT8_MAX + 1) / 64];
};

static void bus_set_add(struct bus_set *set, unsigned bus)
{
    set->last = MAX(set->last, bus);
    set->words[bus / 64] |= UINT64_C(1) << bus % 64;
}

static bool bus_set_has(const struct bus_set *set, unsigned bus)
{
    return set->words[bus / 64] >> bus % 64 & 1;
}

static uint8_t header_of(const struct pci_address *at)
{
    return (uint8_t)(pci_config_read(at, PCI_HEADER) >> HEADER_SHIFT);
}

static void add(const struct pci_address *at, uint32_t id, uint8_t header)
{
    if (count == PCI_MAX_DEVICES) {
        left_out++;
        return;
    }
    uint32_t class = pci_config_read(at, PCI_CLASS);
    devices[count++] = (struct pci_device){
        .address = *at,
        .vendor = (uint16_t)id,
        .id = (uint16_t)(id >> 16),
        .revision = (uint8_t) class,
        .class = class >> 8,
        .header = header & HEADER_KIND,
    };
}

/* Marks the bus behind a bridge, if its number is possible. */
static void follow_bridge(const struct pci_address *at, struct bus_set *reached)
{
    uint8_t secondary = (uint8_t)(pci_config_read(at, PCI_BUSES) >> 8);
    if (secondary > at->bus)
        bus_set_add(reached, secondary);
    else
        log_debug("pci: the bridge %02x:%02x.%u names bus %02x behind it, which is not possible",
                  at->bus, at->slot, at->function, secondary);
}

/* Adds a function that exists. Returns its header type register, which also says whether the device
 * has further functions. */
static uint8_t add_function(const struct pci_address *at, uint32_t id, struct bus_set *reached)
{
    uint8_t header = header_of(at);
    add(at, id, header);
    if ((header & HEADER_KIND) == PCI_HEADER_BRIDGE)
        follow_bridge(at, reached);
    return header;
}

/* Adds a function if it exists; returns 0 if it does not, and otherwise as add_function(). */
static uint8_t probe_function(const struct pci_address *at, struct bus_set *reached)
{
    uint32_t id = pci_config_read(at, PCI_ID);
    return (uint16_t)id == (uint16_t)PCI_NOTHING ? 0 : add_function(at, id, reached);
}

static void scan_bus(const struct pci_segment *segment, uint8_t bus, struct bus_set *reached)
{
    if (pci_config_map_bus(segment, bus)) {
        log_warn("pci: the configuration space of bus %02x cannot be mapped", bus);
        return;
    }
    struct pci_address at = pci_config_address(segment, bus);
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++) {
        pci_config_move(&at, slot, 0);
        if (!(probe_function(&at, reached) & HEADER_HAS_FUNCTIONS))
            continue;
        for (unsigned function = 1; function < PCI_FUNCTIONS; function++) {
            pci_config_move(&at, slot, function);
            probe_function(&at, reached);
        }
    }
}

static void scan_segment(const struct pci_segment *segment)
{
    struct bus_set reached = {0};
    bus_set_add(&reached, segment->first_bus);
    for (unsigned bus = segment->first_bus; bus <= MIN(reached.last, (unsigned)segment->last_bus);
         bus++) {
        if (bus_set_has(&reached, bus))
            scan_bus(segment, (uint8_t)bus, &reached);
    }
}

void pci_init(void)
{
    struct pci_segment segments[ACPI_MAX_PCI_SEGMENTS];
    count = 0;
    left_out = 0;
    unsigned segment_count = pci_config_start(segments);
    for (unsigned i = 0; i < segment_count; i++)
        scan_segment(&segments[i]);
    if (left_out)
        log_warn("pci: %zu devices were too many; left alone", left_out);
}

struct pci_device *pci_device(size_t index)
{
    return index < count ? &devices[index] : NULL;
}

size_t pci_devices_left_out(void)
{
    return left_out;
}

/* --- Drivers -------------------------------------------------------------------------------- */

static bool matches(const struct pci_driver *driver, const struct pci_device *device)
{
    if (driver->vendor && (driver->vendor != device->vendor || driver->id != device->id))
        return false;
    return (device->class & driver->class_mask) == driver->class;
}

/* The driver owns the device while it starts, and afterwards unless the start fails. */
static void offer(struct pci_device *device, const struct pci_driver *driver,
                  struct executor *executor)
{
    device->driver = driver;
    enum error error = driver->start(device, executor);
    if (!error)
        return;
    device->driver = NULL;
    log_warn("%s: %02x:%02x.%u does not start (%s)", driver->name, device->address.bus,
             device->address.slot, device->address.function, error_name(error));
}

void pci_start_drivers(struct executor *executor, bool late)
{
    section_for_each(struct pci_driver, driver, pci_drivers) {
        if (driver->is_late != late)
            continue;
        for (size_t i = 0; i < count; i++) {
            if (!devices[i].driver && matches(driver, &devices[i]))
                offer(&devices[i], driver, executor);
        }
    }
}
