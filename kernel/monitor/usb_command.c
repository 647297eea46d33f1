/*
 * `usb`: shows the devices that are plugged into the USB controllers.
 */
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_hub.h>
#include <drivers/usb/usb_stick.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/print_size.h>

static const char *speed_name(const struct usb_device *device)
{
    static const char *const names[] = {
        [USB_FULL] = "full",   [USB_LOW] = "low",           [USB_HIGH] = "high",
        [USB_SUPER] = "super", [USB_SUPER_PLUS] = "super+",
    };
    return device->speed < ARRAY_SIZE(names) && names[device->speed] ? names[device->speed]
                                                                     : "unknown";
}

static void print_partitions(const struct block_device *disk, int indent)
{
    list_for_each(node, &block_devices) {
        const struct block_device *device = CONTAINER_OF(node, struct block_device, node);
        if (device->disk != disk || !device->partition)
            continue;
        console_printf("%*s%s: %s, ", indent, "", device->name, device->label);
        print_size(device->block_count * device->block_size);
        console_printf("\n");
    }
}

static void print_stick(const struct block_device *disk, int indent)
{
    console_printf("%*s", indent, "");
    if (!disk) {
        console_printf("no medium\n");
        return;
    }
    console_printf("%s, ", disk->name);
    print_size(disk->block_count * disk->block_size);
    console_printf(", %lu blocks of %u bytes, %s\n", disk->block_count, disk->block_size,
                   disk->label[0] ? disk->label : "no partition table");
    print_partitions(disk, indent + 2);
}

/* Prints a device that is connected through `depth` hubs. */
static void print_device(const struct usb_device *device, int depth)
{
    const struct usb_driver *driver = device->driver;
    console_printf("%*sport %u: %s%s%s (%04x:%04x), %s speed, waits for %s\n", 2 * depth + 2, "",
                   device->port->number, driver ? driver->name : "", driver ? " " : "",
                   device->name, device->descriptor.vendor, device->descriptor.product,
                   speed_name(device), device->step->name);
    if (usb_is_stick(device))
        print_stick(usb_stick_disk(device), 2 * depth + 4);
}

/* Prints the device at a port and, if it is a hub, the tree behind it. */
static void print_tree(const struct usb_port *root)
{
    unsigned next[USB_HUB_DEPTH + 1] = {0}; /* the port to look at, at each hub above */
    unsigned depth = 0;
    const struct usb_device *device = usb_device_at(root);
    if (device)
        print_device(device, 0);
    while (device) {
        const struct usb_port *port = usb_hub_port(device, next[depth]);
        const struct usb_device *found = port ? usb_device_at(port) : NULL;
        next[depth]++;
        if (found) {
            print_device(found, (int)++depth);
            next[depth] = 0;
            device = found;
        } else if (!port) {
            device = device->port->hub;
            depth--;
        }
    }
}

static void print_controller(const struct xhci *xhci)
{
    const struct pci_address *at = &xhci->device->address;
    console_printf("%02x:%02x.%u xHCI controller, %u ports, interrupts by %s%s%s\n", at->bus,
                   at->slot, at->function, xhci->port_count, xhci->way ? xhci->way : "polling",
                   xhci->interrupts ? "" : " (none yet)", xhci->dead ? "; stopped" : "");
    for (unsigned port = 0; port < xhci->port_count; port++)
        print_tree(&xhci->ports[port].usb);
}

COMMAND(usb, "", "what is plugged into the USB controllers",
        .details =
            "Each controller, and each device at its ports and at those of hubs: name,\n"
            "vendor and product, speed, and what it is waiting for. Of a stick its size, and\n"
            "its partitions.\n")
{
    const struct xhci *xhci;
    if (command_refuse_arguments("usb", arguments))
        return;
    if (!usb_present())
        console_printf("usb: there is no xHCI controller\n");
    for (size_t i = 0; (xhci = usb_controller(i)); i++)
        print_controller(xhci);
}
