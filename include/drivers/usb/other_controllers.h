/*
 * USB controllers of the kinds that Cairn does not drive: UHCI, OHCI and EHCI.
 */
#ifndef DRIVERS_USB_OTHER_CONTROLLERS_H
#define DRIVERS_USB_OTHER_CONTROLLERS_H

/* Logs each that has something plugged in. Only looks: nothing is written to them. Set-up code,
 * after pci_init(). */
void usb_log_other_controllers(void);

#endif
