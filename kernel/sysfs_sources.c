/*
 * /sys as far as lspci, lsusb, lsblk and lscpu read it. The places are Linux's, but simpler: all
 * PCI functions lie in one directory, and disks do not lie below what they are plugged into.
 */
#include <drivers/block/block.h>
#include <drivers/pci.h>
#include <drivers/usb/usb.h>
#include <fs/sysfs.h>
#include <kernel/sysfs_sources.h>
#include <lib/format.h>
#include <lib/string.h>

enum { PATH_ROOM = 80, NAME_ROOM = 32 };

/* --- PCI (lspci) ------------------------------------------------------------------------------ */

enum { SUBSYSTEM = 0x2c /* in configuration space of a device */, RESOURCES = 13 };

static void tell_config(struct sysfs_query *query, const struct pci_device *device)
{
    for (unsigned at = 0; at < PCI_CONFIG_SIZE; at += sizeof(uint32_t)) {
        uint32_t value = pci_read(device, at);
        sysfs_append(query, &value, sizeof(value));
    }
}

/* Lines of first address, last address and flags (Linux: include/linux/ioport.h). Only of devices
 * with a driver the sizes are known. */
static void tell_resources(struct sysfs_query *query, struct pci_device *device)
{
    enum { PORTS = 0x100, MEMORY = 0x200, PREFETCH = 0x2000, IS_64 = 0x100000, LOW_BITS = 15 };
    for (unsigned i = 0; i < RESOURCES; i++) {
        struct pci_bar bar;
        bool is_known = i < PCI_BARS && device->measured && pci_bar(device, i, &bar) == OK;
        if (!is_known || !bar.address || !bar.size) {
            sysfs_print(query, "0x%016x 0x%016x 0x%016x\n", 0u, 0u, 0u);
            continue;
        }
        uint32_t flags = bar.is_ports ? PORTS : MEMORY;
        flags |= (bar.prefetchable ? PREFETCH : 0) | (bar.is_64 ? IS_64 : 0);
        sysfs_print(query, "0x%016lx 0x%016lx 0x%016x\n", bar.address, bar.address + bar.size - 1,
                    flags | (device->bars[i] & LOW_BITS));
    }
}

static void tell_registers(struct sysfs_query *query, const char *path,
                           const struct pci_device *device)
{
    bool has_subsystem = device->header == PCI_HEADER_DEVICE;
    if (sysfs_file(query, path, "irq"))
        sysfs_print(query, "%u\n", pci_read(device, PCI_INTERRUPT) & 0xff);
    if (has_subsystem && sysfs_file(query, path, "subsystem_vendor"))
        sysfs_print(query, "0x%04x\n", pci_read(device, SUBSYSTEM) & 0xffff);
    if (has_subsystem && sysfs_file(query, path, "subsystem_device"))
        sysfs_print(query, "0x%04x\n", pci_read(device, SUBSYSTEM) >> 16);
    if (sysfs_file(query, path, "config"))
        tell_config(query, device);
}

static void tell_function(struct sysfs_query *query, struct pci_device *device)
{
    const struct pci_address *at = &device->address;
    char name[NAME_ROOM], path[PATH_ROOM], driver[PATH_ROOM];
    snprintf(name, sizeof(name), "%04x:%02x:%02x.%u", at->segment, at->bus, at->slot, at->function);
    snprintf(path, sizeof(path), "devices/pci%04x:00/%s", at->segment, name);
    sysfs_link(query, "bus/pci/devices", name, path);
    sysfs_link(query, path, "subsystem", "bus/pci");
    sysfs_text(query, path, "vendor", "0x%04x\n", device->vendor);
    sysfs_text(query, path, "device", "0x%04x\n", device->id);
    sysfs_text(query, path, "class", "0x%06x\n", device->class);
    sysfs_text(query, path, "revision", "0x%02x\n", device->revision);
    sysfs_text(query, path, "uevent", "PCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SLOT_NAME=%s\n",
               device->class, device->vendor, device->id, name);
    tell_registers(query, path, device);
    if (sysfs_file(query, path, "resource"))
        tell_resources(query, device);
    if (!device->driver)
        return;
    snprintf(driver, sizeof(driver), "bus/pci/drivers/%s", device->driver->name);
    sysfs_link(query, path, "driver", driver);
    sysfs_link(query, driver, name, path);
}

static void tell_pci(struct sysfs_query *query)
{
    struct pci_device *device;
    for (size_t i = 0; (device = pci_device(i)); i++)
        tell_function(query, device);
}

/* --- USB (lsusb) ------------------------------------------------------------------------------ */

enum { USB_MAJOR = 189, NUMBERS_PER_BUS = 128, ROOT_HUB_CLASS = 9 };

/* The part of a device that /sys shows. */
struct told_usb {
    unsigned bus, number, class, packet;
    uint16_t vendor, product;
    uint8_t speed; /* enum usb_speed */
    const char *name;
};

static const char *speed_of(uint8_t speed)
{
    static const char *const megabits[] = {[USB_FULL] = "12",
                                           [USB_LOW] = "1.5",
                                           [USB_HIGH] = "480",
                                           [USB_SUPER] = "5000",
                                           [USB_SUPER_PLUS] = "10000"};
    return speed < ARRAY_SIZE(megabits) && megabits[speed] ? megabits[speed] : "unknown";
}

/* The device descriptor as far as it is known (USB 2.0, 9.6.1). No configurations follow. */
static void tell_descriptor(struct sysfs_query *query, const struct told_usb *told)
{
    const uint8_t bytes[USB_DEVICE_DESCRIPTOR_SIZE] = {
        USB_DEVICE_DESCRIPTOR_SIZE,
        USB_DEVICE_DESCRIPTOR,
        0,
        told->speed >= USB_SUPER ? 3 : 2, /* the version */
        (uint8_t)told->class,
        0,
        0,
        (uint8_t)told->packet,
        (uint8_t)told->vendor,
        (uint8_t)(told->vendor >> 8),
        (uint8_t)told->product,
        (uint8_t)(told->product >> 8)};
    sysfs_append(query, bytes, sizeof(bytes));
}

static void tell_usb_device(struct sysfs_query *query, const char *path, const char *name,
                            const struct told_usb *told)
{
    unsigned minor = (told->bus - 1) * NUMBERS_PER_BUS + told->number - 1;
    sysfs_link(query, "bus/usb/devices", name, path);
    sysfs_link(query, path, "subsystem", "bus/usb");
    sysfs_text(query, path, "busnum", "%u\n", told->bus);
    sysfs_text(query, path, "devnum", "%u\n", told->number);
    sysfs_text(query, path, "dev", "%u:%u\n", USB_MAJOR, minor);
    sysfs_text(query, path, "idVendor", "%04x\n", told->vendor);
    sysfs_text(query, path, "idProduct", "%04x\n", told->product);
    sysfs_text(query, path, "bDeviceClass", "%02x\n", told->class);
    sysfs_text(query, path, "bConfigurationValue", "1\n");
    sysfs_text(query, path, "speed", "%s\n", speed_of(told->speed));
    if (*told->name)
        sysfs_text(query, path, "product", "%s\n", told->name);
    if (sysfs_file(query, path, "descriptors"))
        tell_descriptor(query, told);
    sysfs_text(query, path, "uevent",
               "MAJOR=%u\nMINOR=%u\nDEVNAME=bus/usb/%03u/%03u\nDEVTYPE=usb_device\nDRIVER=usb\n"
               "PRODUCT=%x/%x/0\nTYPE=%u/0/0\nBUSNUM=%03u\nDEVNUM=%03u\n",
               USB_MAJOR, minor, told->bus, told->number, told->vendor, told->product, told->class,
               told->bus, told->number);
}

/* The name is the ports on the way from the bus: 1-2.3. */
static void tell_plugged(struct sysfs_query *query, unsigned bus, const struct usb_device *device)
{
    const struct told_usb told = {.bus = bus,
                                  .number = device->slot.id + 1u,
                                  .class = device->descriptor.class,
                                  .packet = device->descriptor.packet,
                                  .vendor = device->descriptor.vendor,
                                  .product = device->descriptor.product,
                                  .speed = device->speed,
                                  .name = device->name};
    char name[NAME_ROOM], path[PATH_ROOM];
    int length = snprintf(name, sizeof(name), "%u-%u", bus, device->root_port);
    for (uint32_t route = device->route; route; route >>= 4)
        length += snprintf(name + length, sizeof(name) - (size_t)length, ".%u", route & 15);
    snprintf(path, sizeof(path), "devices/usb%u/%s", bus, name);
    tell_usb_device(query, path, name, &told);
}

/* A controller is a bus, and has a hub of its own. */
static void tell_bus(struct sysfs_query *query, unsigned bus, const struct xhci *xhci)
{
    const struct told_usb hub = {.bus = bus,
                                 .number = 1,
                                 .class = ROOT_HUB_CLASS,
                                 .packet = 64,
                                 .vendor = 0x1d6b, /* the Linux Foundation */
                                 .product = 2,
                                 .speed = USB_HIGH,
                                 .name = "xHCI Host Controller"};
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "devices/usb%u", bus);
    tell_usb_device(query, path, path + strlen("devices/"), &hub);
    for (unsigned i = 1; i <= xhci->slot_count; i++) {
        if (!xhci->slots[i])
            continue;
        const struct usb_device *device = CONTAINER_OF(xhci->slots[i], struct usb_device, slot);
        if (device->descriptor.vendor || device->descriptor.product) /* they are read later */
            tell_plugged(query, bus, device);
    }
}

static void tell_usb(struct sysfs_query *query)
{
    const struct xhci *xhci;
    for (size_t i = 0; (xhci = usb_controller(i)); i++)
        tell_bus(query, (unsigned)i + 1, xhci);
}

/* --- Disks (lsblk) ---------------------------------------------------------------------------- */

enum { SECTOR = 512 /* sizes are in these, whatever the disk's blocks are */, CD_TYPE = 5 };

static void tell_disk_alone(struct sysfs_query *query, const char *path,
                            const struct block_device *disk)
{
    char queue[PATH_ROOM], device[PATH_ROOM];
    bool is_cd = strncmp(disk->name, "sr", 2) == 0;
    snprintf(queue, sizeof(queue), "%s/queue", path);
    snprintf(device, sizeof(device), "%s/device", path);
    sysfs_link(query, "block", disk->name, path);
    sysfs_text(query, path, "removable", "%u\n", is_cd);
    sysfs_text(query, queue, "logical_block_size", "%u\n", disk->block_size);
    sysfs_text(query, queue, "physical_block_size", "%u\n", disk->block_size);
    sysfs_text(query, queue, "hw_sector_size", "%u\n", disk->block_size);
    sysfs_text(query, queue, "minimum_io_size", "%u\n", disk->block_size);
    sysfs_text(query, queue, "optimal_io_size", "0\n");
    sysfs_text(query, queue, "rotational", "%u\n", is_cd);
    if (is_cd)
        sysfs_text(query, device, "type", "%u\n", CD_TYPE);
}

static void tell_block_device(struct sysfs_query *query, const struct block_device *device)
{
    const uint64_t sectors = device->block_size / SECTOR;
    const char *name = device->name;
    char path[PATH_ROOM], number[NAME_ROOM];
    int length = snprintf(path, sizeof(path), "devices/block/%s", device->disk->name);
    if (device->partition)
        snprintf(path + length, sizeof(path) - (size_t)length, "/%s", name);
    snprintf(number, sizeof(number), "%u:%u", device->major, device->minor);
    sysfs_link(query, "class/block", name, path);
    sysfs_link(query, "dev/block", number, path);
    sysfs_link(query, path, "subsystem", "class/block");
    sysfs_text(query, path, "dev", "%s\n", number);
    sysfs_text(query, path, "size", "%lu\n", device->block_count * sectors);
    sysfs_text(query, path, "ro", "%u\n", device->is_read_only);
    sysfs_text(query, path, "alignment_offset", "0\n");
    sysfs_text(query, path, "uevent", "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=%s\n", device->major,
               device->minor, name, device->partition ? "partition" : "disk");
    if (device->partition) {
        sysfs_text(query, path, "partition", "%u\n", device->partition);
        sysfs_text(query, path, "start", "%lu\n", device->first * sectors);
    } else {
        tell_disk_alone(query, path, device);
    }
    char others[PATH_ROOM]; /* devices that are built on this one, and that it is built on: none */
    snprintf(others, sizeof(others), "%s/holders", path);
    sysfs_directory(query, others);
    snprintf(others, sizeof(others), "%s/slaves", path);
    sysfs_directory(query, others);
}

static void tell_disks(struct sysfs_query *query)
{
    sysfs_directory(query, "block");
    list_for_each(node, &block_devices)
        tell_block_device(query, CONTAINER_OF(node, struct block_device, node));
}

/* --- The processor (lscpu, sysconf) ----------------------------------------------------------- */

static void tell_processor(struct sysfs_query *query)
{
    static const char cpus[] = "devices/system/cpu",
                      topology[] = "devices/system/cpu/cpu0/topology";
    sysfs_text(query, cpus, "online", "0\n");
    sysfs_text(query, cpus, "possible", "0\n");
    sysfs_text(query, cpus, "present", "0\n");
    sysfs_text(query, cpus, "kernel_max", "0\n");
    sysfs_directory(query, "devices/system/cpu/cpu0/cache");
    sysfs_text(query, topology, "core_id", "0\n");
    sysfs_text(query, topology, "physical_package_id", "0\n");
    sysfs_text(query, topology, "thread_siblings", "1\n");
    sysfs_text(query, topology, "core_siblings", "1\n");
}

void sysfs_sources_add(void)
{
    static struct sysfs_source sources[] = {
        {.tell = tell_pci}, {.tell = tell_usb}, {.tell = tell_disks}, {.tell = tell_processor}};
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        sysfs_add(&sources[i]);
}
