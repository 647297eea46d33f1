/*
 * USB controllers that are not xHCI have no driver here: they are looked at, so that a keyboard
 * that does not work can be explained, and never written to.
 */
#include <drivers/usb/other_controllers.h>
#include <string.h>

#include "../test.h"
#include "fake_pci.h"
#include "support.h"

enum { BAR_ADDRESS = 0xfe000000 };

static uint32_t port_state;

static uint32_t read_ehci(phys_addr_t address)
{
    switch (address - BAR_ADDRESS) {
    case 0x00:
        return 0x01000020;
    case 0x04:
        return 0x00000003; /* three ports */
    case 0x20 + 0x44 + 8:
        return port_state;
    default:
        return 0;
    }
}

static void write_nothing(phys_addr_t address, uint32_t value)
{
    (void)address;
    (void)value;
    test_fail(__FILE__, __LINE__, "the controller was written to");
}

TEST(pci, usb_controllers_of_other_kinds_are_only_looked_at)
{
    struct fake_function *device;
    for (unsigned plugged = 0; plugged < 2; plugged++) {
        fake_pci_reset(true, 0);
        fake_pci_memory(read_ehci, write_nothing);
        device = fake_pci_add(0, 3, 0, 0x10001af4, 0x0c0320, 0);
        fake_pci_bar(device, 0, BAR_ADDRESS, KIB(4), 0);
        fake_pci_start();
        port_state = plugged;
        host_log[0] = '\0';
        usb_log_other_controllers();
        EXPECT_EQ(strstr(host_log, "EHCI controller 00:03.0") != NULL, plugged);
    }
    device->words[PCI_COMMAND / 4] = 0; /* switched off */
    host_log[0] = '\0';
    usb_log_other_controllers();
    EXPECT_STR(host_log, "");
}
