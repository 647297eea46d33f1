/*
 * The list of disks and partitions. A partition is a device of its own, whose blocks are some of
 * the disk's, and keeps the disk's struct.
 */
#include <assert.h>
#include <drivers/block/block.h>
#include <drivers/block/start.h>
#include <kernel/log/log.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

struct list block_devices = LIST_INIT(block_devices);

/* --- The list ------------------------------------------------------------------------------- */

static struct block_device *device_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct block_device, node);
}

struct block_device *block_find(const char *name)
{
    list_for_each(node, &block_devices) {
        if (strcmp(device_at(node)->name, name) == 0)
            return device_at(node);
    }
    return NULL;
}

/* Takes over the caller's reference. */
static void add_to_list(struct block_device *device)
{
    list_push_back(&block_devices, &device->node);
}

static void remove_from_list(struct block_device *device)
{
    list_remove(&device->node);
    block_release(device);
}

void block_gone(struct block_device *disk)
{
    ASSERT(!disk->is_gone);
    block_stop(disk);
    struct list_node *node = block_devices.head.next;
    while (node != &block_devices.head) {
        struct block_device *device = device_at(node);
        node = node->next;
        if (device->disk == disk && device != disk)
            remove_from_list(device);
    }
    remove_from_list(disk);
}

static bool ends_in_digit(const char *name)
{
    char last = name[strlen(name) - 1];
    return last >= '0' && last <= '9';
}

/* vda to vdz, then vdaa and so on; CDs have numbers, as in Linux: sr0. */
static void choose_name(struct block_device *device, const char *prefix)
{
    bool numbers = strcmp(prefix, "sr") == 0;
    string_copy(device->name, prefix, sizeof(device->name));
    for (unsigned i = 0; !ends_in_digit(prefix) && (!i || block_find(device->name)); i++) {
        char letters[] = {(char)('a' + i / 26 - 1), (char)('a' + i % 26), '\0'};
        if (numbers)
            snprintf(device->name, sizeof(device->name), "%s%u", prefix, i);
        else
            snprintf(device->name, sizeof(device->name), "%s%s", prefix, letters + (i < 26));
    }
}

void block_add_partition(struct block_device *disk, const struct partition *partition)
{
    struct block_device *device = kzalloc(sizeof(*device));
    if (!device) {
        log_warn("%s: no memory for partition %u", disk->name, partition->number);
        return;
    }
    snprintf(device->name, sizeof(device->name), "%.*s%s%u", BLOCK_LETTERS_MAX, disk->name,
             ends_in_digit(disk->name) ? "p" : "", partition->number);
    string_copy(device->label, partition->name, sizeof(device->label));
    block_reference(disk);
    device->disk = disk;
    device->references = 1;
    device->block_size = disk->block_size;
    device->block_count = partition->count;
    device->is_read_only = disk->is_read_only;
    device->first = partition->first;
    device->partition = partition->number;
    add_to_list(device);
}

enum error block_add(struct block_device *device, const char *prefix, struct executor *executor)
{
    choose_name(device, prefix);
    device->references = 1;
    enum error error = block_start(device, executor, block_gone);
    if (error)
        return error;
    add_to_list(device);
    if (block_read_partitions(device, executor, block_add_partition))
        log_warn("%s: no memory to read its partition table", device->name);
    return OK;
}
