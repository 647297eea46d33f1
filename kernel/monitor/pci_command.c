/*
 * `pci`: shows the devices on PCI. The names of classes are those of the PCI Code and ID Assignment
 * Specification 1.11.
 */
#include <drivers/pci.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/print_size.h>

static const struct class_name {
    uint32_t class, mask;
    const char *name;
} class_names[] = {
    {0x010100, 0xffff00, "IDE controller"},
    {0x010601, 0xffffff, "SATA controller, AHCI"},
    {0x010600, 0xffff00, "SATA controller"},
    {0x010802, 0xffffff, "NVMe controller"},
    {0x010000, 0xff0000, "storage controller"},
    {0x020000, 0xffff00, "Ethernet controller"},
    {0x020000, 0xff0000, "network controller"},
    {0x030000, 0xffff00, "VGA display"},
    {0x030000, 0xff0000, "display"},
    {0x040000, 0xff0000, "sound or video"},
    {0x050000, 0xff0000, "memory"},
    {0x060000, 0xffff00, "host bridge"},
    {0x060100, 0xffff00, "ISA bridge"},
    {0x060400, 0xffff00, "PCI bridge"},
    {0x060000, 0xff0000, "bridge"},
    {0x070000, 0xffff00, "serial port"},
    {0x070000, 0xff0000, "communication controller"},
    {0x080000, 0xff0000, "system device"},
    {0x090000, 0xff0000, "input device"},
    {0x0c0300, 0xffffff, "USB controller, UHCI"},
    {0x0c0310, 0xffffff, "USB controller, OHCI"},
    {0x0c0320, 0xffffff, "USB controller, EHCI"},
    {0x0c0330, 0xffffff, "USB controller, xHCI"},
    {0x0c0340, 0xffffff, "USB controller, USB4"},
    {0x0c0300, 0xffff00, "USB controller"},
    {0x0c0500, 0xffff00, "SMBus controller"},
    {0x0c0000, 0xff0000, "bus controller"},
    {0x0d0000, 0xff0000, "wireless controller"},
    {0x100000, 0xff0000, "encryption controller"},
};

static const char *class_name(uint32_t class)
{
    for (size_t i = 0; i < ARRAY_SIZE(class_names); i++) {
        if ((class & class_names[i].mask) == class_names[i].class)
            return class_names[i].name;
    }
    return "device of another class";
}

static void print_bar(unsigned index, const struct pci_bar *bar)
{
    console_printf("  BAR %u: %s 0x%lx, ", index, bar->is_ports ? "ports" : "memory", bar->address);
    print_size(bar->size);
    console_printf("%s%s%s\n", bar->is_64 ? ", 64 bits" : "",
                   bar->prefetchable ? ", prefetchable" : "", bar->address ? "" : ", not assigned");
}

/* Every way in which the device can ask for an interrupt. The line is what the firmware says. */
static void print_interrupts(const struct pci_device *device)
{
    uint32_t interrupt = pci_read(device, PCI_INTERRUPT);
    bool has_pin = interrupt >> 8 & 0xff;
    bool msix = pci_capability(device, PCI_CAPABILITY_MSIX);
    bool msi = pci_capability(device, PCI_CAPABILITY_MSI);
    if (!msix && !msi && !has_pin)
        return;
    console_printf("  interrupts:%s%s", msix ? " MSI-X" : "", msi ? " MSI" : "");
    if (has_pin)
        console_printf(" line %u", interrupt & 0xff);
    console_write("\n", 1);
}

static void print_device(struct pci_device *device)
{
    const struct pci_address *at = &device->address;
    if (at->segment)
        console_printf("%04x:", at->segment);
    console_printf("%02x:%02x.%u %04x:%04x %s (%06x)%s%s\n", at->bus, at->slot, at->function,
                   device->vendor, device->id, class_name(device->class), device->class,
                   device->driver ? "; driver: " : "", device->driver ? device->driver->name : "");
    for (unsigned i = 0; i < PCI_BARS; i++) {
        struct pci_bar bar;
        enum error error = pci_bar(device, i, &bar);
        if (error == ERROR_INVALID)
            console_printf("  BAR %u contradicts itself\n", i);
        else if (!error)
            print_bar(i, &bar);
    }
    print_interrupts(device);
}

COMMAND(pci, "", "the devices on PCI",
        .details =
            "Bus, slot and function; vendor and device; the class in words and as a number;\n"
            "the driver, if there is one; the memory and ports that the device answers at;\n"
            "and how it can ask for an interrupt.\n")
{
    struct pci_device *device;
    if (command_refuse_arguments("pci", arguments))
        return;
    if (!pci_device(0))
        console_printf("pci: this machine has no PCI\n");
    for (size_t i = 0; (device = pci_device(i)); i++)
        print_device(device);
    if (pci_devices_left_out())
        console_printf("and %zu more, which are left alone\n", pci_devices_left_out());
}
