/*
 * PCI Local Bus Specification 3.0, 6.8 (MSI and MSI-X). A device gets one message.
 *
 * The wiring of pins to lines is described in AML (_PRT), which Cairn does not execute. The
 * interrupt-line register has the line that the firmware has chosen at the 8259s. With I/O APICs,
 * the pin is often, but not always, wired to the line of that number, too.
 */
#include <drivers/local_apic.h>
#include <drivers/pci_interrupt.h>
#include <io.h>
#include <layout.h>
#include <mm/kernel_space.h>

/* The control is in the upper half of a capability's first register. */
#define MSIX_ENABLE   (UINT32_C(1) << 31)
#define MSIX_MASK_ALL (UINT32_C(1) << 30)

enum msix {
    MSIX_TABLE = 4, /* the register: a BAR's index in its lowest bits, and an offset */
    MSIX_TABLE_BAR = 7,
    MSIX_ENTRY_SIZE = 16,
};

enum msix_entry { ENTRY_ADDRESS = 0, ENTRY_DATA = 8, ENTRY_MASK = 12 };

enum msi {
    MSI_ENABLE = 1 << 16,
    MSI_COUNT = 7 << 20, /* messages that are used, as a power of two */
    MSI_IS_64 = 1 << 23,
    MSI_ADDRESS = 4,
    MSI_DATA_32 = 8,
    MSI_DATA_64 = 12,
    MSI_SIZE = 16,
};

/* Finds the first entry of the MSI-X table. An error if it is in an impossible place. */
static enum error find_entry(struct pci_device *device, uint8_t at, volatile uint8_t **entry)
{
    uint32_t table = pci_read(device, at + MSIX_TABLE);
    uint64_t offset = table & ~(uint32_t)MSIX_TABLE_BAR;
    struct pci_bar bar;
    enum error error = pci_bar(device, table & MSIX_TABLE_BAR, &bar);
    if (error)
        return error;
    if (bar.is_ports || !bar.address || bar.size < MSIX_ENTRY_SIZE ||
        offset > bar.size - MSIX_ENTRY_SIZE)
        return ERROR_INVALID;
    *entry = phys_to_virt(bar.address + offset);
    return mmio_map(bar.address + offset, MSIX_ENTRY_SIZE, PAGE_UNCACHED);
}

static enum error start_msix(struct pci_device *device, struct irq_handler *handler)
{
    volatile uint8_t *entry;
    unsigned vector;
    uint8_t at = pci_capability(device, PCI_CAPABILITY_MSIX);
    if (!at)
        return ERROR_NO_DEVICE;
    enum error error = find_entry(device, at, &entry);
    if (error)
        return error;
    error = irq_allocate_vector(handler, &vector);
    if (error)
        return error;
    uint32_t control = pci_read(device, at);
    pci_command(device, PCI_COMMAND_MEMORY, 0);
    pci_write(device, at, control | MSIX_ENABLE | MSIX_MASK_ALL);
    mmio_write(entry + ENTRY_ADDRESS, (uint32_t)local_apic_msi_address());
    mmio_write(entry + ENTRY_ADDRESS + 4, (uint32_t)(local_apic_msi_address() >> 32));
    mmio_write(entry + ENTRY_DATA, local_apic_msi_data(vector));
    mmio_write(entry + ENTRY_MASK, 0);
    pci_write(device, at, (control | MSIX_ENABLE) & ~MSIX_MASK_ALL);
    return OK;
}

static enum error start_msi(struct pci_device *device, struct irq_handler *handler)
{
    unsigned vector;
    uint8_t at = pci_capability(device, PCI_CAPABILITY_MSI);
    if (!at || at > PCI_CONFIG_SIZE - MSI_SIZE)
        return ERROR_NO_DEVICE;
    enum error error = irq_allocate_vector(handler, &vector);
    if (error)
        return error;
    uint32_t control = pci_read(device, at);
    pci_write(device, at + MSI_ADDRESS, (uint32_t)local_apic_msi_address());
    if (control & MSI_IS_64)
        pci_write(device, at + MSI_ADDRESS + 4, (uint32_t)(local_apic_msi_address() >> 32));
    pci_write(device, at + (control & MSI_IS_64 ? MSI_DATA_64 : MSI_DATA_32),
              local_apic_msi_data(vector));
    pci_write(device, at, (control & ~(uint32_t)MSI_COUNT) | MSI_ENABLE);
    return OK;
}

static enum error start_line(struct pci_device *device, struct irq_handler *handler)
{
    uint32_t interrupt = pci_read(device, PCI_INTERRUPT);
    unsigned line = interrupt & 0xff, pin = interrupt >> 8 & 0xff;
    if (!pin || line <= IRQ_CASCADE || line >= IRQ_ISA_LINES)
        return ERROR_NO_DEVICE;
    enum error error = irq_add_handler(line, handler);
    if (!error)
        pci_command(device, 0, PCI_COMMAND_NO_INTX);
    return error;
}

enum error pci_interrupt_start(struct pci_device *device, struct irq_handler *handler,
                               const char **way)
{
    static const struct {
        const char *name;
        enum error (*start)(struct pci_device *device, struct irq_handler *handler);
    } ways[] = {{"MSI-X", start_msix}, {"MSI", start_msi}, {"line", start_line}};
    pci_command(device, PCI_COMMAND_NO_INTX, 0);
    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        *way = ways[i].name;
        if (ways[i].start(device, handler) == OK)
            return OK;
    }
    return ERROR_NO_DEVICE;
}
