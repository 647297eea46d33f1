/*
 * PCI: finds the machine's devices and starts their drivers. To add a driver, write
 *
 *     PCI_DRIVER(xhci, .class = 0x0c0330, .class_mask = 0xffffff, .start = start);
 *
 * in a file below drivers/. The linker collects the drivers.
 */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include <drivers/pci_config.h>
#include <section.h>

struct executor;

enum { PCI_BARS = 6 };

/* A function of a PCI device; for a driver, it is a device of its own. */
struct pci_device {
    struct pci_address address;
    uint16_t vendor, id;
    uint32_t class;                  /* class, subclass and interface, as 0xccssii */
    const struct pci_driver *driver; /* the device's owner; NULL: it has none */
    uint8_t revision;
    uint8_t header; /* enum pci_header, or one that Cairn does not know */
    bool measured;
    /* The BARs, and which of their bits can be set; valid when `measured`. */
    uint32_t bars[PCI_BARS], bar_masks[PCI_BARS];
};

enum pci_header { PCI_HEADER_DEVICE = 0, PCI_HEADER_BRIDGE = 1, PCI_HEADER_CARDBUS = 2 };

/* A driver takes a device whose class, as far as the mask goes, is `class`, and, unless `vendor` is
 * 0, whose IDs are these. */
struct pci_driver {
    const char *name;
    uint32_t class, class_mask;
    uint16_t vendor, id;
    bool is_late; /* the kernel is ready without it */
    /* Takes the device, which the driver owns from now on. It does not wait for the device, but
     * spawns tasks that do. An error gives the device back. In set-up code, or in a task if it is
     * late. */
    enum error (*start)(struct pci_device *device, struct executor *executor);
};

#define PCI_DRIVER(driver_name, ...)                                               \
    static const struct pci_driver pci_driver__##driver_name                       \
        __attribute__((used, section("pci_drivers"), aligned(sizeof(void *)))) = { \
            .name = #driver_name, __VA_ARGS__}

enum { PCI_MAX_DEVICES = 256 /* further ones are only counted */ };

/* Finds the devices on the first bus of each segment and on all buses below it. Once, in set-up
 * code, after the heap's set-up. */
void pci_init(void);

/* Gives each device the first driver that matches and takes it, of those that are late, or of those
 * that are not; the drivers' tasks belong to `executor`. Once for each, in set-up code; the late
 * ones in a task. */
void pci_start_drivers(struct executor *executor, bool late);

/* The index'th device, in the order of their addresses; NULL behind the last. Any context. */
struct pci_device *pci_device(size_t index);

/* How many devices were found beyond PCI_MAX_DEVICES. Any context. */
size_t pci_devices_left_out(void);

/* --- For drivers: in set-up code and tasks -------------------------------------------------- */

enum pci_command {
    PCI_COMMAND_PORTS = 1 << 0,
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_MASTER = 1 << 2,
    PCI_COMMAND_NO_INTX = 1 << 10,
};

/* Reads and writes 32 bits of configuration space, at a multiple of 4 below PCI_CONFIG_SIZE. */
static inline uint32_t pci_read(const struct pci_device *device, unsigned offset)
{
    return pci_config_read(&device->address, offset);
}
static inline void pci_write(const struct pci_device *device, unsigned offset, uint32_t value)
{
    pci_config_write(&device->address, offset, value);
}

/* Sets and clears bits of the command register (enum pci_command). The device has an owner. */
void pci_command(const struct pci_device *device, uint16_t set, uint16_t clear);

/* Memory or ports that a device answers at. */
struct pci_bar {
    bool is_ports;
    bool is_64; /* takes two registers, this and the next */
    bool prefetchable;
    uint64_t address; /* 0: the firmware has given it none */
    uint64_t size;
};

/* Reads the index'th BAR. The first call measures the sizes: the device does not answer for some
 * microseconds, and interrupts are masked meanwhile. ERROR_NO_DEVICE: there is none (or it is the
 * upper half of the one before); ERROR_INVALID: it contradicts itself. */
enum error pci_bar(struct pci_device *device, unsigned index, struct pci_bar *bar);

#define PCI_MAP_MAX MIB(1) /* of a BAR */

/* Maps the memory of the index'th BAR, which has to have at least `least` bytes, and switches it
 * on. The first `*size` bytes, PCI_MAP_MAX at most, are at `*registers`. ERROR_NO_DEVICE: there is
 * no such memory; ERROR_INVALID: it contradicts itself, or is too small; or as mmio_map(). */
enum error pci_map_bar(struct pci_device *device, unsigned index, uint64_t least,
                       volatile uint8_t **registers, uint64_t *size);

enum pci_capability {
    PCI_CAPABILITY_MSI = 0x05,
    PCI_CAPABILITY_VENDOR = 0x09,
    PCI_CAPABILITY_MSIX = 0x11,
};

/* Where the next capability with that ID stands in configuration space, behind the one at `after`;
 * the first one for 0. Returns 0 when there is none. */
uint8_t pci_next_capability(const struct pci_device *device, uint8_t id, uint8_t after);

/* Where the first one stands; 0 when there is none. */
static inline uint8_t pci_capability(const struct pci_device *device, uint8_t id)
{
    return pci_next_capability(device, id, 0);
}

#endif
