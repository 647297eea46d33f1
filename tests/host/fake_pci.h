/*
 * A machine with PCI: functions of devices, each with a configuration space of which some bits can
 * be written. It is reached through the ports, through memory, or both.
 */
#ifndef TESTS_HOST_FAKE_PCI_H
#define TESTS_HOST_FAKE_PCI_H

#include <drivers/pci.h>

#include "fake_ports.h"

enum { FAKE_PCI_ECAM = 0xb0000000 };

struct fake_function {
    uint8_t bus, slot, function;
    uint32_t words[PCI_CONFIG_SIZE / 4];
    uint32_t writable[PCI_CONFIG_SIZE / 4]; /* the bits that keep what is written */
};

/* An empty machine. `ports`: configuration space is reached through ports; `buses`: the number of
 * buses in MCFG, 0 where there is no such table. */
void fake_pci_reset(bool ports, unsigned buses);

/* Adds to MCFG, which fake_pci_reset() has begun. */
void fake_pci_add_segment(uint64_t base, uint16_t number, uint8_t first_bus, uint8_t last_bus);

/* Adds a function, at most 512 of them. `class` is 0xccssii. */
struct fake_function *fake_pci_add(uint8_t bus, uint8_t slot, uint8_t function, uint32_t id,
                                   uint32_t class, uint8_t header);

/* Gives a function a BAR that is `size` bytes large, a power of two. `flags` are its lowest bits.
 */
void fake_pci_bar(struct fake_function *function, unsigned index, uint64_t address, uint64_t size,
                  uint32_t flags);

/* Other memory than configuration space: a device's registers, at the next fake_pci_start(). */
void fake_pci_memory(uint32_t (*read)(phys_addr_t address),
                     void (*write)(phys_addr_t address, uint32_t value));

/* The same for a device that has ports as well. */
void fake_pci_device(const struct fake_device *device);

/* How many writes to a BAR have found its device decoding addresses. */
unsigned fake_pci_careless_writes(void);

/* pci_init() on this machine. */
void fake_pci_start(void);

#endif
