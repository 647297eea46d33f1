/*
 * Interrupts of PCI devices: by a message (MSI-X or MSI) where the device and the interrupt
 * controller support it, by a line otherwise.
 */
#ifndef DRIVERS_PCI_INTERRUPT_H
#define DRIVERS_PCI_INTERRUPT_H

#include <drivers/irq.h>
#include <drivers/pci.h>

/* Registers `handler`, for ever, for the device's interrupts. It may be called although the device
 * has raised none, since a line may be shared. Sets `way` to the way in which they come: "MSI-X",
 * "MSI" or "line". The device has an owner. ERROR_NO_DEVICE: the device has no interrupt, and the
 * driver has to poll it. Whether a line is connected as expected cannot be known, so the driver
 * also polls until the first interrupt comes. In tasks and set-up code. */
enum error pci_interrupt_start(struct pci_device *device, struct irq_handler *handler,
                               const char **way);

#endif
