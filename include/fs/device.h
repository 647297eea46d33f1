/*
 * Devices: files whose operations are a driver's. They appear in devfs by name, and any file system
 * may have nodes with their numbers.
 */
#ifndef FS_DEVICE_H
#define FS_DEVICE_H

#include <fs/file.h>

/* A device's number as programs see it, and its parts (include/linux/kdev_t.h: new_encode_dev). */
#define DEVICE_NUMBER(major, minor) \
    ((uint32_t)(((minor)&0xffu) | (uint32_t)(major) << 8 | ((minor) & ~0xffu) << 12))
static inline uint32_t device_major(uint32_t number)
{
    return number >> 8 & 0xfff;
}
static inline uint32_t device_minor(uint32_t number)
{
    return (number & 0xff) | (number >> 12 & 0xfff00);
}

/* The same number as Linux has it inside, which /proc shows in some places (MKDEV there). */
static inline uint32_t device_inner_number(uint32_t number)
{
    return device_major(number) << 20 | device_minor(number);
}

struct device {
    const char *name; /* in devfs; NULL: it has no node there */
    uint32_t number;
    uint32_t more; /* how many numbers from the next one on are its, too */
    uint32_t mode; /* its permissions there; with S_IFBLK it is a block device, else a character
                      device */
    const struct file_operations *operations;
    struct list_node node;
};

/* Adds a device, or removes it: open files stay open, and new ones find none. Before fs_start() or
 * after. In set-up code, tasks and threads. */
void device_add(struct device *device);
void device_remove(struct device *device);

/* The device of that type and number; NULL: there is none. */
struct device *device_find(uint32_t type, uint32_t number);

/* The devices, in the order in which they were added, by `node`. */
extern struct list devices;

/* Calls `added` for each device from now on, beside those that are there, and `removed`. For devfs.
 */
void device_set_hooks(void (*added)(struct device *device), void (*removed)(struct device *device));

#endif
