/*
 * PCI on the machine that the tests run on: what was found at boot is there.
 */
#include <drivers/acpi.h>
#include <drivers/fw_cfg.h>
#include <drivers/pci.h>
#include <io.h>

#include "../test.h"

TEST(pci, the_first_device_is_the_host_bridge)
{
    static struct acpi_mcfg mcfg;
    const struct pci_device *device = pci_device(0);
    EXPECT(device != NULL);
    EXPECT_EQ(device->class >> 8, 0x0600);
    EXPECT_EQ(pci_read(device, PCI_ID), device->vendor | (uint32_t)device->id << 16);
    EXPECT_EQ(device->address.config != 0, acpi_mcfg(&mcfg) == OK);
    EXPECT(!pci_device(PCI_MAX_DEVICES));
}

TEST(pci, devices_keep_their_bars_when_these_are_measured)
{
    for (size_t i = 0; pci_device(i); i++) {
        struct pci_device *device = pci_device(i);
        struct pci_bar bar;
        uint32_t before[PCI_BARS], command = pci_read(device, PCI_COMMAND);
        for (unsigned at = 0; at < PCI_BARS; at++)
            before[at] = pci_read(device, PCI_BAR + 4 * at);
        device->measured = false;
        for (unsigned at = 0; at < PCI_BARS; at++) {
            EXPECT(pci_bar(device, at, &bar) != ERROR_INVALID);
            EXPECT_EQ(pci_read(device, PCI_BAR + 4 * at), before[at]);
        }
        EXPECT_EQ(pci_read(device, PCI_COMMAND), command);
    }
}

/* --- A driver for a SATA controller, which no other driver takes ---------------------------- */

static volatile uint8_t *registers;
static uint64_t registers_size;

static enum error start(struct pci_device *device, struct executor *executor)
{
    (void)executor;
    enum { REGISTERS = 5 };
    size_t size;
    if (fw_cfg_file_size("opt/cairn/disk", &size) == OK)
        return ERROR_NO_DEVICE; /* tests/kernel/disks.c wants its real driver */
    pci_command(device, PCI_COMMAND_NO_INTX, 0);
    return pci_map_bar(device, REGISTERS, KIB(4), &registers, &registers_size);
}

PCI_DRIVER(test_sata, .class = 0x010601, .class_mask = 0xffffff, .start = start);

TEST(pci, a_driver_gets_its_device_and_the_registers)
{
    enum { VERSION = 0x10 };
    EXPECT(registers != NULL);
    EXPECT_EQ(registers_size, KIB(4));
    EXPECT_EQ(mmio_read(registers + VERSION), 0x00010000);
}
