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
static void (*added_hook)(struct block_device *device);
static void (*gone_hook)(struct block_device *device);

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

void block_set_hooks(void (*added)(struct block_device *device),
                     void (*gone)(struct block_device *device))
{
    ASSERT(!added_hook);
    added_hook = added;
    gone_hook = gone;
    list_for_each(node, &block_devices)
        added(device_at(node));
}

/* Takes over the caller's reference. */
static void add_to_list(struct block_device *device)
{
    list_push_back(&block_devices, &device->node);
    if (added_hook)
        added_hook(device);
}

static void remove_from_list(struct block_device *device)
{
    if (gone_hook)
        gone_hook(device);
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

/* Linux's numbers: a kind of disk has a major number, and a disk's partitions have the minor
 * numbers after its own. All else is numbered in the order in which it is found. */
static void choose_number(struct block_device *device)
{
    enum { PARTITIONS_OF_DISK = 16, OTHERS = 259 };
    static const struct {
        char prefix[3];
        unsigned major, step;
    } kinds[] = {{"sd", 8, PARTITIONS_OF_DISK}, {"vd", 254, PARTITIONS_OF_DISK}, {"sr", 11, 1}};
    static unsigned others;
    for (size_t i = 0; i < ARRAY_SIZE(kinds) && device->partition < kinds[i].step; i++) {
        const char *rest = device->name + 2;
        unsigned index = (unsigned)(*rest >= 'a' ? *rest - 'a' : *rest - '0');
        bool is_short = rest[0] && (rest[1] < 'a' || rest[1] > 'z');
        if (device->name[0] == kinds[i].prefix[0] && device->name[1] == kinds[i].prefix[1] &&
            is_short && index < 16) {
            device->major = kinds[i].major;
            device->minor = index * kinds[i].step + device->partition;
            return;
        }
    }
    device->major = OTHERS;
    device->minor = others++;
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
    choose_number(device);
    add_to_list(device);
}

enum error block_add(struct block_device *device, const char *prefix, struct executor *executor)
{
    choose_name(device, prefix);
    choose_number(device);
    device->references = 1;
    enum error error = block_start(device, executor, block_gone);
    if (error)
        return error;
    add_to_list(device);
    if (block_read_partitions(device, executor, block_add_partition))
        log_warn("%s: no memory to read its partition table", device->name);
    return OK;
}
