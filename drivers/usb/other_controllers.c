/*
 * Universal Host Controller Interface 1.1, 2.1.7; OpenHCI 1.0a, 7.4; Enhanced Host Controller
 * Interface 1.0, 2.3.9: each has a register for each port, whose bit 0 says that something is
 * plugged in. They are read if the firmware has left the controller switched on.
 */
#include <drivers/pci.h>
#include <drivers/usb/other_controllers.h>
#include <io.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/kernel_space.h>

enum { CLASS_UHCI = 0x0c0300, CLASS_OHCI = 0x0c0310, CLASS_EHCI = 0x0c0320 };

enum uhci { UHCI_BAR = 4, UHCI_PORTS = 0x10, UHCI_PORT_COUNT = 2 };

enum ohci { OHCI_DESCRIPTOR = 0x48, OHCI_PORTS = 0x54, OHCI_MOST_PORTS = 15 };

enum ehci { EHCI_PARAMETERS = 0x04, EHCI_PORTS = 0x44, EHCI_MOST_PORTS = 15 };

enum { CONNECTED = 1 << 0, LEAST_REGISTERS = 0x100 };

/* A BAR that the device answers at now. */
static bool find_bar(struct pci_device *device, unsigned index, bool ports, uint64_t least,
                     uint64_t *address)
{
    struct pci_bar bar;
    uint16_t decodes = ports ? PCI_COMMAND_PORTS : PCI_COMMAND_MEMORY;
    if (!(pci_read(device, PCI_COMMAND) & decodes) || pci_bar(device, index, &bar) ||
        bar.is_ports != ports || !bar.address || bar.size < least)
        return false;
    *address = bar.address;
    return true;
}

static bool uhci_has_device(struct pci_device *device)
{
    uint64_t ports;
    bool found = false;
    if (!find_bar(device, UHCI_BAR, true, UHCI_PORTS + UINT64_C(2) * UHCI_PORT_COUNT, &ports))
        return false;
    for (uint64_t i = 0; i < UHCI_PORT_COUNT; i++)
        found |= inw((uint16_t)(ports + UHCI_PORTS + 2 * i)) & CONNECTED;
    return found;
}

/* Is something plugged into one of the ports whose registers begin at `offset`? */
static bool any_connected(const volatile uint8_t *registers, uint64_t offset, unsigned count)
{
    uint64_t end = MIN(offset + 4 * (uint64_t)count, (uint64_t)LEAST_REGISTERS);
    for (; offset < end; offset += 4) {
        if (mmio_read(registers + offset) & CONNECTED)
            return true;
    }
    return false;
}

static bool has_device_in_memory(struct pci_device *device)
{
    uint64_t address;
    if (!find_bar(device, 0, false, LEAST_REGISTERS, &address) ||
        mmio_map(address, LEAST_REGISTERS, PAGE_UNCACHED))
        return false;
    const volatile uint8_t *registers = phys_to_virt(address);
    if (device->class == CLASS_OHCI) {
        unsigned count = mmio_read(registers + OHCI_DESCRIPTOR) & 0xff;
        return any_connected(registers, OHCI_PORTS, MIN(count, (unsigned)OHCI_MOST_PORTS));
    }
    unsigned count = mmio_read(registers + EHCI_PARAMETERS) & EHCI_MOST_PORTS;
    uint64_t operational = (mmio_read(registers) & 0xff) & ~UINT64_C(3);
    return any_connected(registers, operational + EHCI_PORTS, count);
}

static const char *kind_with_device(struct pci_device *device)
{
    if (device->class == CLASS_UHCI)
        return uhci_has_device(device) ? "UHCI" : NULL;
    if (device->class == CLASS_OHCI || device->class == CLASS_EHCI) {
        const char *name = device->class == CLASS_OHCI ? "OHCI" : "EHCI";
        return has_device_in_memory(device) ? name : NULL;
    }
    return NULL;
}

void usb_log_other_controllers(void)
{
    struct pci_device *device;
    for (size_t i = 0; (device = pci_device(i)); i++) {
        const char *kind = kind_with_device(device);
        if (kind)
            log_warn("usb: something is plugged into the %s controller %02x:%02x.%u; only xHCI is "
                     "driven",
                     kind, device->address.bus, device->address.slot, device->address.function);
    }
}
