/*
 * PCI configuration space: 256 bytes for each function of a device, 4,096 on PCI Express. It is
 * reached through memory (ECAM) where ACPI's table MCFG says where, and through two ports
 * otherwise.
 */
#ifndef DRIVERS_PCI_CONFIG_H
#define DRIVERS_PCI_CONFIG_H

#include <assert.h>
#include <drivers/acpi_tables.h>
#include <io.h>
#include <layout.h>

/* A range of buses whose configuration space is reached in one way. */
struct pci_segment {
    uint16_t number;
    uint8_t first_bus, last_bus;
    phys_addr_t base; /* of bus 0, in memory; 0: through the ports */
};

/* A function of a device: the place of its configuration space. */
struct pci_address {
    uint16_t segment;
    uint8_t bus, slot, function;
    phys_addr_t config; /* in memory; 0: through the ports */
};

enum { PCI_SLOTS = 32 /* on a bus */, PCI_FUNCTIONS = 8 /* of a device */ };

/* The value that a read returns where there is no device. */
#define PCI_NOTHING UINT32_MAX

/* Registers that all functions have (PCI Local Bus Specification 3.0, 6.1). */
enum pci_register {
    PCI_ID = 0x00,      /* vendor, device */
    PCI_COMMAND = 0x04, /* and the status above it */
    PCI_CLASS = 0x08,   /* revision, interface, subclass, class */
    PCI_HEADER = 0x0c,  /* the header's kind in bits 16 to 22, bit 23: several functions */
    PCI_BAR = 0x10,
    PCI_BUSES = 0x18, /* of a bridge: primary, secondary, last bus below it */
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT = 0x3c, /* line, pin */
    PCI_CONFIG_SIZE = 0x100,
};

/* Finds out how configuration space is reached, and fills in the ranges of buses. Returns their
 * number; 0: this machine has no PCI. Set-up code only. */
unsigned pci_config_start(struct pci_segment segments[ACPI_MAX_PCI_SEGMENTS]);

/* Makes the configuration space of a bus of the segment readable. ERROR_OUT_OF_FRAMES. Set-up code
 * and tasks only, like the reads and writes below, which use two ports one after the other. */
enum error pci_config_map_bus(const struct pci_segment *segment, uint8_t bus);

/* Part of pci_config_read(). */
uint32_t pci_config_read_by_ports(const struct pci_address *at, unsigned offset);

/* How far bus, slot and function are shifted in a place in configuration space in memory. */
enum { PCI_BUS_SHIFT = 20, PCI_SLOT_SHIFT = 15, PCI_FUNCTION_SHIFT = 12 };

/* The address of the first function on a bus of the segment. Any context. */
static inline struct pci_address pci_config_address(const struct pci_segment *segment, unsigned bus)
{
    phys_addr_t offset = (phys_addr_t)bus << PCI_BUS_SHIFT;
    return (struct pci_address){.segment = segment->number,
                                .bus = (uint8_t)bus,
                                .config = segment->base ? segment->base + offset : 0};
}

/* Moves an address to another function of its bus: slot below PCI_SLOTS, function below
 * PCI_FUNCTIONS. This and the read are inline, because the boot probes each slot. Any context. */
static inline void pci_config_move(struct pci_address *at, unsigned slot, unsigned function)
{
    at->slot = (uint8_t)slot;
    at->function = (uint8_t)function;
    if (at->config)
        at->config = ALIGN_DOWN(at->config, UINT64_C(1) << PCI_BUS_SHIFT) |
                     (phys_addr_t)slot << PCI_SLOT_SHIFT |
                     (phys_addr_t)function << PCI_FUNCTION_SHIFT;
}

/* Reads and writes 32 bits; `offset` is a multiple of 4 below PCI_CONFIG_SIZE. */
static inline uint32_t pci_config_read(const struct pci_address *at, unsigned offset)
{
    ASSERT(offset < PCI_CONFIG_SIZE && IS_ALIGNED(offset, 4u));
    if (!at->config)
        return pci_config_read_by_ports(at, offset);
    return mmio_read((const uint8_t *)phys_to_virt(at->config) + offset);
}
void pci_config_write(const struct pci_address *at, unsigned offset, uint32_t value);

#endif
