/*
 * Interrupts of PCI devices: by a message (MSI-X or MSI) where the device and the interrupt
 * controller know that, by a line otherwise.
 */
#ifndef DRIVERS_PCI_INTERRUPT_H
#define DRIVERS_PCI_INTERRUPT_H

#include <drivers/irq.h>
#include <drivers/pci.h>

/* Has `handler` called for the device's interrupts; it stays for ever. It may be called although
 * the device wants nothing, for a line may be shared. Returns in `way` how they come: "MSI-X",
 * "MSI" or "line". The device has an owner. ERROR_NO_DEVICE: in no way, the driver has to look
 * itself. That a line leads to its interrupt cannot be known: the driver looks itself until the
 * first one comes. During set-up. */
enum error pci_interrupt_start(struct pci_device *device, struct irq_handler *handler,
                               const char **way);

#endif
