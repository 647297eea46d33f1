/*
 * A virtual machine's disk (Virtual I/O Device 1.1, 5.2). A command is a header, the memory, and a
 * byte for the device's answer. Each command has a page for these and for the table that points at
 * them.
 */
#include <assert.h>
#include <drivers/block/block.h>
#include <drivers/block/virtio.h>
#include <io.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum { MODERN_ID = 0x1042, TRANSITIONAL_ID = 0x1001, SECTOR = 512 };

enum { COMMAND_PARTS = 128 };

/* 5.2.3 */
#define FEATURE_MOST_PARTS (UINT64_C(1) << 2)
#define FEATURE_READ_ONLY  (UINT64_C(1) << 5)
#define FEATURE_BLOCK_SIZE (UINT64_C(1) << 6)
#define FEATURE_FLUSH      (UINT64_C(1) << 9)

/* 5.2.4 */
enum config { CAPACITY = 0, MOST_PARTS = 12, BLOCK_SIZE = 20, CONFIG_SIZE = 24 };

/* 5.2.6 */
enum type { TYPE_READ = 0, TYPE_WRITE = 1, TYPE_FLUSH = 4 };
enum { STATUS_OK = 0, STATUS_NONE = 0xff };

struct page {
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    uint8_t status;
    struct virtio_descriptor table[COMMAND_PARTS + 2];
};
_Static_assert(sizeof(struct page) <= PAGE_SIZE, "a command's page");

struct disk {
    struct block_device block;
    struct virtio virtio;
    struct irq_handler handler;
    struct block_command *commands[VIRTIO_QUEUE]; /* that the device has */
    struct page *pages[VIRTIO_QUEUE];
};

static struct disk *disk_of(struct block_device *device)
{
    return CONTAINER_OF(device, struct disk, block);
}

/* --- Commands ------------------------------------------------------------------------------- */

/* Builds a command's table from its start. */
struct builder {
    struct page *page;
    unsigned count;
    uint16_t flags;
};

static void add(struct builder *builder, phys_addr_t address, uint32_t size, uint16_t flags)
{
    ASSERT(builder->count < ARRAY_SIZE(builder->page->table));
    builder->page->table[builder->count] = (struct virtio_descriptor){
        .address = address,
        .size = size,
        .flags = flags | VIRTIO_NEXT,
        .next = (uint16_t)(builder->count + 1),
    };
    builder->count++;
}

static void add_part(void *argument, const struct block_part *part)
{
    struct builder *builder = argument;
    add(builder, part->address, part->size, builder->flags);
}

static void begin(struct block_device *device, struct block_command *command)
{
    static const uint32_t types[] = {
        [BLOCK_READ] = TYPE_READ, [BLOCK_WRITE] = TYPE_WRITE, [BLOCK_FLUSH] = TYPE_FLUSH};
    struct disk *disk = disk_of(device);
    struct page *page = disk->pages[command->index];
    phys_addr_t at = virt_to_phys(page);
    struct builder builder = {.page = page,
                              .flags = command->operation == BLOCK_READ ? VIRTIO_DEVICE_WRITES : 0};
    page->header.type = types[command->operation];
    page->header.sector = command->block * (device->block_size / SECTOR);
    page->status = STATUS_NONE;
    add(&builder, at, sizeof(page->header), 0);
    block_command_parts(command, add_part, &builder);
    add(&builder, at + offsetof(struct page, status), 1, VIRTIO_DEVICE_WRITES);
    page->table[builder.count - 1].flags &= (uint16_t)~VIRTIO_NEXT;
    disk->commands[command->index] = command;
    virtio_put(&disk->virtio, command->index, at + offsetof(struct page, table), builder.count);
}

static void work(struct block_device *device)
{
    struct disk *disk = disk_of(device);
    uint32_t index;
    while (virtio_take(&disk->virtio, &index)) {
        if (index >= VIRTIO_QUEUE || !disk->commands[index]) {
            log_error("%s: the device has done a command that it does not have", device->name);
            block_reset(device, ERROR_DEVICE);
            return;
        }
        struct block_command *command = disk->commands[index];
        disk->commands[index] = NULL;
        block_command_end(device, command,
                          disk->pages[index]->status == STATUS_OK ? OK : ERROR_DEVICE);
    }
}

static enum error start_device(struct disk *disk)
{
    uint64_t features = FEATURE_MOST_PARTS | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH;
    memset(disk->commands, 0, sizeof(disk->commands));
    return virtio_start(&disk->virtio, features, VIRTIO_INDIRECT);
}

static enum error reset(struct block_device *device)
{
    return start_device(disk_of(device));
}

static const struct block_operations operations = {.begin = begin, .work = work, .reset = reset};

static void interrupt(void *context)
{
    struct disk *disk = context;
    if (virtio_interrupt_is_ours(&disk->virtio))
        block_interrupt(&disk->block);
}

/* --- The start ------------------------------------------------------------------------------ */

/* Reads what the device says of itself. The sizes are checked: they come from outside. */
static enum error read_config(struct disk *disk)
{
    const volatile uint8_t *config = disk->virtio.config;
    uint64_t features = disk->virtio.features;
    if (disk->virtio.config_size < CONFIG_SIZE)
        return ERROR_INVALID;
    uint64_t sectors = mmio_read(config) | (uint64_t)mmio_read(config + 4) << 32;
    uint32_t size = features & FEATURE_BLOCK_SIZE ? mmio_read(config + BLOCK_SIZE) : SECTOR;
    uint32_t parts = features & FEATURE_MOST_PARTS ? mmio_read(config + MOST_PARTS) : UINT32_MAX;
    if (size < SECTOR || size > BLOCK_SIZE_MAX || size & (size - 1) || parts < BLOCK_PARTS_MAX)
        return ERROR_UNSUPPORTED;
    disk->block.block_size = size;
    disk->block.most_parts = MIN(parts, (uint32_t)COMMAND_PARTS);
    disk->block.block_count = sectors / (size / SECTOR);
    disk->block.is_read_only = features & FEATURE_READ_ONLY;
    disk->block.has_cache = features & FEATURE_FLUSH;
    return OK;
}

static enum error get_pages(struct disk *disk)
{
    for (unsigned i = 0; i < VIRTIO_QUEUE; i++) {
        phys_addr_t frame = frame_alloc();
        if (frame == NO_FRAME)
            return ERROR_OUT_OF_FRAMES;
        disk->pages[i] = phys_to_virt(frame);
    }
    return OK;
}

/* Once the interrupt's handler is registered, the disk stays, even when its start fails. */
static enum error start(struct pci_device *device, struct executor *executor)
{
    struct disk *disk = kzalloc(sizeof(*disk));
    if (!disk)
        return ERROR_OUT_OF_FRAMES;
    disk->handler = (struct irq_handler){.name = "disk", .run = interrupt, .context = disk};
    disk->block.operations = &operations;
    disk->block.depth = VIRTIO_QUEUE;
    disk->block.most_bytes = COMMAND_PARTS * PAGE_SIZE;
    enum error error = virtio_find(&disk->virtio, device, &disk->handler);
    if (error) {
        kfree(disk);
        return error;
    }
    error = get_pages(disk);
    if (!error)
        error = start_device(disk);
    if (!error)
        error = read_config(disk);
    if (!error)
        error = block_add(&disk->block, "vd", executor);
    if (error)
        log_error("virtio: a disk does not start (%s)", error_name(error));
    return error;
}

PCI_DRIVER(virtio_blk, .class_mask = 0, .vendor = VIRTIO_VENDOR, .id = MODERN_ID, .is_late = true,
           .start = start);
PCI_DRIVER(virtio_blk_transitional, .class_mask = 0, .vendor = VIRTIO_VENDOR, .id = TRANSITIONAL_ID,
           .is_late = true, .start = start);
