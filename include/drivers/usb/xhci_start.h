/*
 * Sets up an xHCI controller.
 */
#ifndef DRIVERS_USB_XHCI_START_H
#define DRIVERS_USB_XHCI_START_H

#include <drivers/usb/xhci.h>

/* Takes over the controller of `device`, whose registers are mapped, and spawns its task. `xhci` is
 * all zeros except `device`, the callbacks, `capability` and `registers_size`. ERROR_DEVICE: the
 * registers have impossible values; ERROR_FULL: no memory. Set-up code. */
enum error xhci_start(struct xhci *xhci, struct executor *executor);

#endif
