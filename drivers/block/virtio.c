/*
 * The queue has VIRTIO_QUEUE descriptors, each of which points at a table of the driver's
 * (2.6.5.3). So a request takes one descriptor, with the request's own index. The driver puts
 * indices into a ring that the device reads ("available"), and the device puts them into another
 * one when it has done them ("used"). Each ring has a running position, which its writer advances.
 */
#include <assert.h>
#include <drivers/block/virtio.h>
#include <io.h>
#include <kernel/log/log.h>
#include <kernel/task/clock.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

/* 4.1.4: a capability names a BAR and a place in it. */
enum capability {
    CAPABILITY_TYPE = 3, /* byte */
    CAPABILITY_BAR = 4,  /* byte */
    CAPABILITY_OFFSET = 8,
    CAPABILITY_LENGTH = 12,
    CAPABILITY_NOTIFY_STEP = 16,
};

enum structure { COMMON = 1, NOTIFY = 2, INTERRUPT_STATUS = 3, CONFIG = 4, STRUCTURES };

/* 4.1.4.3 */
enum common {
    DEVICE_FEATURES_SELECT = 0,
    DEVICE_FEATURES = 4,
    DRIVER_FEATURES_SELECT = 8,
    DRIVER_FEATURES = 12,
    CONFIG_VECTOR = 16,
    STATUS = 20,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_VECTOR = 26,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY = 30,
    QUEUE_DESCRIPTORS = 32,
    QUEUE_AVAILABLE = 40,
    QUEUE_USED = 48,
    COMMON_SIZE = 56,
};

enum status { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };

enum { NO_VECTOR = 0xffff, RESET_MILLISECONDS = 1000 };

/* 2.6.5, 2.6.6, 2.6.8. All of it fits into one frame. */
struct virtio_queue {
    struct virtio_descriptor descriptors[VIRTIO_QUEUE];
    struct {
        uint16_t flags, position, ring[VIRTIO_QUEUE], event;
    } available;
    uint16_t padding;
    struct {
        uint16_t flags, position;
        struct {
            uint32_t index, written;
        } ring[VIRTIO_QUEUE];
    } used;
};
_Static_assert(offsetof(struct virtio_queue, used) % 4 == 0, "2.6: the used ring's alignment");

/* --- Registers ------------------------------------------------------------------------------ */

/* Maps the structure of that type. `least` is the size that it has at least. */
static enum error find_structure(const struct virtio *virtio, enum structure type, uint64_t least,
                                 volatile uint8_t **registers, uint64_t *size, uint8_t *at)
{
    struct pci_device *device = virtio->device;
    *at = 0;
    while ((*at = pci_next_capability(device, PCI_CAPABILITY_VENDOR, *at))) {
        if (pci_read(device, *at) >> 24 != type)
            continue;
        uint64_t offset = pci_read(device, *at + CAPABILITY_OFFSET);
        *size = pci_read(device, *at + CAPABILITY_LENGTH);
        if (*size < least || offset & 3)
            return ERROR_INVALID;
        uint64_t mapped;
        enum error error = pci_map_bar(device, pci_read(device, *at + CAPABILITY_BAR) & 0xff,
                                       offset + least, registers, &mapped);
        if (error)
            return error;
        if (offset + least > mapped)
            return ERROR_INVALID;
        *size = MIN(*size, mapped - offset);
        *registers += offset;
        return OK;
    }
    return ERROR_UNSUPPORTED;
}

static enum error find_registers(struct virtio *virtio)
{
    uint64_t size;
    uint8_t at;
    enum error error = find_structure(virtio, COMMON, COMMON_SIZE, &virtio->common, &size, &at);
    if (!error)
        error = find_structure(virtio, INTERRUPT_STATUS, 1, &virtio->interrupt_status, &size, &at);
    if (!error)
        error = find_structure(virtio, CONFIG, 4, &virtio->config, &virtio->config_size, &at);
    if (!error)
        error = find_structure(virtio, NOTIFY, 2, &virtio->notify, &size, &at);
    if (error)
        return error;
    virtio->notify_step = pci_read(virtio->device, at + CAPABILITY_NOTIFY_STEP);
    mmio_write_16(virtio->common + QUEUE_SELECT, 0);
    uint64_t doorbell = (uint64_t)mmio_read_16(virtio->common + QUEUE_NOTIFY) * virtio->notify_step;
    if (doorbell > size - 2 || doorbell & 1)
        return ERROR_INVALID;
    virtio->doorbell = virtio->notify + doorbell;
    return OK;
}

enum error virtio_find(struct virtio *virtio, struct pci_device *device,
                       struct irq_handler *handler)
{
    virtio->device = device;
    enum error error = find_registers(virtio);
    if (error)
        return error;
    const char *way;
    virtio->has_line = pci_interrupt_start(device, handler, &way) || strcmp(way, "MSI-X") != 0;
    return OK;
}

/* --- The start ------------------------------------------------------------------------------ */

/* 2.1.2: the status reads 0 when the reset is done, which is soon. */
static enum error reset(const struct virtio *virtio)
{
    mmio_write_8(virtio->common + STATUS, 0);
    for (unsigned i = 0; i < RESET_MILLISECONDS * 1000; i++) {
        if (!mmio_read_8(virtio->common + STATUS))
            return OK;
        io_delay();
    }
    return ERROR_TIMEOUT;
}

static uint64_t read_features(const struct virtio *virtio)
{
    mmio_write(virtio->common + DEVICE_FEATURES_SELECT, 0);
    uint64_t low = mmio_read(virtio->common + DEVICE_FEATURES);
    mmio_write(virtio->common + DEVICE_FEATURES_SELECT, 1);
    return low | (uint64_t)mmio_read(virtio->common + DEVICE_FEATURES) << 32;
}

static enum error choose_features(struct virtio *virtio, uint64_t features, uint64_t needed)
{
    uint64_t offered = read_features(virtio);
    if ((offered & needed) != needed)
        return ERROR_UNSUPPORTED;
    virtio->features = offered & (features | needed);
    for (unsigned half = 0; half < 2; half++) {
        mmio_write(virtio->common + DRIVER_FEATURES_SELECT, half);
        mmio_write(virtio->common + DRIVER_FEATURES, (uint32_t)(virtio->features >> 32 * half));
    }
    mmio_write_8(virtio->common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    return mmio_read_8(virtio->common + STATUS) & FEATURES_OK ? OK : ERROR_UNSUPPORTED;
}

/* 4.1.5.1.3 */
static enum error set_up_queue(struct virtio *virtio)
{
    volatile uint8_t *common = virtio->common;
    mmio_write_16(common + CONFIG_VECTOR, NO_VECTOR);
    mmio_write_16(common + QUEUE_SELECT, 0);
    if (mmio_read_16(common + QUEUE_SIZE) < VIRTIO_QUEUE)
        return ERROR_UNSUPPORTED;
    mmio_write_16(common + QUEUE_SIZE, VIRTIO_QUEUE);
    mmio_write_16(common + QUEUE_VECTOR, 0);
    mmio_write_64(common + QUEUE_DESCRIPTORS, virtio->frame);
    mmio_write_64(common + QUEUE_AVAILABLE,
                  virtio->frame + offsetof(struct virtio_queue, available));
    mmio_write_64(common + QUEUE_USED, virtio->frame + offsetof(struct virtio_queue, used));
    mmio_write_16(common + QUEUE_ENABLE, 1);
    return OK;
}

enum error virtio_start(struct virtio *virtio, uint64_t features, uint64_t needed)
{
    enum error error = reset(virtio);
    if (error) {
        pci_command(virtio->device, 0, PCI_COMMAND_MASTER); /* then it cannot reach memory */
        return error;
    }
    if (!virtio->frame)
        virtio->frame = frame_alloc();
    if (virtio->frame == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    virtio->queue = phys_to_virt(virtio->frame);
    memset(phys_to_virt(virtio->frame), 0, PAGE_SIZE);
    virtio->put = virtio->taken = 0;
    pci_command(virtio->device, PCI_COMMAND_MASTER, 0);
    mmio_write_8(virtio->common + STATUS, ACKNOWLEDGE | DRIVER);
    error = choose_features(virtio, features, needed | VIRTIO_VERSION_1);
    if (!error)
        error = set_up_queue(virtio);
    if (error)
        return error;
    mmio_write_8(virtio->common + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    return OK;
}

/* --- The queue ------------------------------------------------------------------------------ */

/* The processor keeps the order of its writes, so the compiler has to (Intel SDM 3A, 9.2.2). */
static void keep_order(void)
{
    __asm__ volatile("" : : : "memory");
}

void virtio_put(struct virtio *virtio, unsigned index, phys_addr_t table, unsigned count)
{
    volatile struct virtio_queue *queue = virtio->queue;
    ASSERT(index < VIRTIO_QUEUE);
    queue->descriptors[index].address = table;
    queue->descriptors[index].size = (uint32_t)(count * sizeof(struct virtio_descriptor));
    queue->descriptors[index].flags = VIRTIO_TABLE;
    queue->available.ring[virtio->put++ % VIRTIO_QUEUE] = (uint16_t)index;
    keep_order();
    queue->available.position = virtio->put;
    keep_order();
    mmio_write_16(virtio->doorbell, 0); /* the queue's number */
}

bool virtio_take(struct virtio *virtio, uint32_t *index)
{
    if (virtio->queue->used.position == virtio->taken)
        return false;
    keep_order();
    *index = virtio->queue->used.ring[virtio->taken++ % VIRTIO_QUEUE].index;
    return true;
}

bool virtio_interrupt_is_ours(struct virtio *virtio)
{
    return !virtio->has_line || mmio_read_8(virtio->interrupt_status);
}
