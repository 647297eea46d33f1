/*
 * PCI Local Bus Specification 3.0, 6.2.5 (BARs), 6.7 (capabilities).
 *
 * To measure a BAR, the driver writes ones to it: the bits below its size stay 0. Meanwhile the BAR
 * holds a wrong address, so the device's decoding is off; then both are restored. Host bridges are
 * not measured: with their decoding off, some machines lose their memory.
 */
#include <assert.h>
#include <drivers/pci.h>
#include <kernel/cpu/control.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum { CLASS_HOST_BRIDGE = 0x0600 };

enum bar {
    BAR_PORTS = 1 << 0,
    BAR_KIND = 3 << 1,
    BAR_IS_64 = 2 << 1,
    BAR_RESERVED = 3 << 1,
    BAR_PREFETCHABLE = 1 << 3,
    BAR_PORTS_FLAGS = 3,
    BAR_MEMORY_FLAGS = 15,
};

enum { STATUS_HAS_CAPABILITIES = 1 << 20 };

/* The list lies in 192 bytes, and each entry has at least 4. */
enum { MOST_CAPABILITIES = 48, FIRST_CAPABILITY = 0x40 };

/* --- The command register ------------------------------------------------------------------- */

/* Writes 0 to the status, which is the upper half: a 1 would clear some of its bits. */
static void write_command(const struct pci_device *device, uint16_t value)
{
    pci_write(device, PCI_COMMAND, value);
}

void pci_command(const struct pci_device *device, uint16_t set, uint16_t clear)
{
    ASSERT(device->driver);
    uint16_t command = (uint16_t)pci_read(device, PCI_COMMAND);
    write_command(device, (uint16_t)((command & ~(unsigned)clear) | set));
}

/* --- BARs ----------------------------------------------------------------------------------- */

static unsigned bar_count(const struct pci_device *device)
{
    if (device->class >> 8 == CLASS_HOST_BRIDGE)
        return 0;
    if (device->header == PCI_HEADER_DEVICE)
        return PCI_BARS;
    return device->header == PCI_HEADER_BRIDGE ? 2 : 0;
}

static void measure_bar(struct pci_device *device, unsigned index)
{
    unsigned offset = PCI_BAR + 4 * index;
    device->bars[index] = pci_read(device, offset);
    pci_write(device, offset, UINT32_MAX);
    device->bar_masks[index] = pci_read(device, offset);
    pci_write(device, offset, device->bars[index]);
}

static void measure(struct pci_device *device)
{
    if (device->measured)
        return;
    uint64_t flags = interrupts_save(); /* a handler may use the device */
    uint16_t command = (uint16_t)pci_read(device, PCI_COMMAND);
    write_command(device, command & (uint16_t) ~(PCI_COMMAND_PORTS | PCI_COMMAND_MEMORY));
    for (unsigned i = 0; i < bar_count(device); i++)
        measure_bar(device, i);
    write_command(device, command);
    interrupts_restore(flags);
    device->measured = true;
}

/* Checks that the size is a power of two, that all bits from there on can be set, and that the
 * address has no other bits. */
static enum error finish_bar(struct pci_bar *bar, uint64_t mask, uint64_t last)
{
    bar->size = mask & -mask;
    if ((mask | (bar->size - 1)) != last || bar->address & (bar->size - 1))
        return ERROR_INVALID;
    return OK;
}

/* Some devices have only 16 bits for a port's number. */
static enum error read_ports(uint32_t value, uint32_t mask, struct pci_bar *bar)
{
    mask &= ~(uint32_t)BAR_PORTS_FLAGS;
    *bar = (struct pci_bar){.is_ports = true, .address = value & ~(uint32_t)BAR_PORTS_FLAGS};
    if (!mask)
        return ERROR_INVALID;
    return finish_bar(bar, mask, mask >> 16 ? UINT32_MAX : UINT16_MAX);
}

static bool is_upper_half(const struct pci_device *device, unsigned index)
{
    bool upper = false;
    for (unsigned i = 0; i < index; i++)
        upper = !upper && (device->bars[i] & (BAR_PORTS | BAR_KIND)) == BAR_IS_64;
    return upper;
}

static enum error read_memory(const struct pci_device *device, unsigned index, struct pci_bar *bar)
{
    uint32_t value = device->bars[index];
    uint64_t mask = device->bar_masks[index] & ~(uint32_t)BAR_MEMORY_FLAGS, last = UINT32_MAX;
    *bar = (struct pci_bar){
        .is_64 = (value & BAR_KIND) == BAR_IS_64,
        .prefetchable = value & BAR_PREFETCHABLE,
        .address = value & ~(uint32_t)BAR_MEMORY_FLAGS,
    };
    if ((value & BAR_KIND) == BAR_RESERVED)
        return ERROR_INVALID;
    if (bar->is_64) {
        if (index + 1 == bar_count(device))
            return ERROR_INVALID;
        bar->address |= (uint64_t)device->bars[index + 1] << 32;
        mask |= (uint64_t)device->bar_masks[index + 1] << 32;
        if (device->bar_masks[index + 1]) /* in Bochs the upper half is always 0 */
            last = UINT64_MAX;
    }
    return mask ? finish_bar(bar, mask, last) : ERROR_INVALID;
}

enum error pci_bar(struct pci_device *device, unsigned index, struct pci_bar *bar)
{
    if (index >= bar_count(device))
        return ERROR_NO_DEVICE;
    measure(device);
    if (!device->bar_masks[index] || is_upper_half(device, index))
        return ERROR_NO_DEVICE;
    if (device->bars[index] & BAR_PORTS)
        return read_ports(device->bars[index], device->bar_masks[index], bar);
    return read_memory(device, index, bar);
}

enum error pci_map_bar(struct pci_device *device, unsigned index, uint64_t least,
                       volatile uint8_t **registers, uint64_t *size)
{
    struct pci_bar bar;
    enum error error = pci_bar(device, index, &bar);
    if (error)
        return error;
    if (bar.is_ports || !bar.address)
        return ERROR_NO_DEVICE;
    if (bar.size < least)
        return ERROR_INVALID;
    *size = MIN(bar.size, PCI_MAP_MAX);
    error = mmio_map(bar.address, *size, PAGE_UNCACHED);
    if (error)
        return error;
    pci_command(device, PCI_COMMAND_MEMORY, 0);
    *registers = phys_to_virt(bar.address);
    return OK;
}

/* --- Capabilities --------------------------------------------------------------------------- */

uint8_t pci_next_capability(const struct pci_device *device, uint8_t id, uint8_t after)
{
    bool has_place = device->header == PCI_HEADER_DEVICE || device->header == PCI_HEADER_BRIDGE;
    if (!has_place || !(pci_read(device, PCI_COMMAND) & STATUS_HAS_CAPABILITIES))
        return 0;
    uint8_t at = pci_read(device, PCI_CAPABILITIES) & 0xfc;
    bool is_after = !after;
    for (unsigned i = 0; i < MOST_CAPABILITIES && at >= FIRST_CAPABILITY; i++) {
        uint32_t entry = pci_read(device, at);
        if (is_after && (uint8_t)entry == id)
            return at;
        is_after |= at == after;
        at = entry >> 8 & 0xfc;
    }
    return 0;
}
