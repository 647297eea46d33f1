#include <fs/device.h>

struct list devices = LIST_INIT(devices);
static void (*added_hook)(struct device *device);
static void (*removed_hook)(struct device *device);

void device_add(struct device *device)
{
    if (!(device->mode & S_IFMT))
        device->mode |= S_IFCHR;
    ASSERT(!device_find(device->mode & S_IFMT, device->number));
    list_push_back(&devices, &device->node);
    if (added_hook)
        added_hook(device);
}

void device_remove(struct device *device)
{
    list_remove(&device->node);
    if (removed_hook)
        removed_hook(device);
}

void device_set_hooks(void (*added)(struct device *device), void (*removed)(struct device *device))
{
    added_hook = added;
    removed_hook = removed;
}

struct device *device_find(uint32_t type, uint32_t number)
{
    list_for_each(node, &devices) {
        struct device *device = CONTAINER_OF(node, struct device, node);
        if (number - device->number <= device->more && (device->mode & S_IFMT) == type)
            return device;
    }
    return NULL;
}
