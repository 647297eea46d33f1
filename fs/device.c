#include <fs/device.h>

struct list devices = LIST_INIT(devices);
static void (*added_hook)(struct device *device);

void device_add(struct device *device)
{
    ASSERT(!device_find(device->number));
    list_push_back(&devices, &device->node);
    if (added_hook)
        added_hook(device);
}

void device_set_hook(void (*added)(struct device *device))
{
    added_hook = added;
}

struct device *device_find(uint32_t number)
{
    list_for_each(node, &devices) {
        struct device *device = CONTAINER_OF(node, struct device, node);
        if (number - device->number <= device->more)
            return device;
    }
    return NULL;
}
