/*
 * Virtual devices of a virtual machine, by PCI (Virtual I/O Device 1.1, 4.1), with one queue. A
 * transitional device has the modern registers, too, and is driven through these.
 *
 * For tasks and set-up code, but for virtio_interrupt_is_ours().
 */
#ifndef DRIVERS_BLOCK_VIRTIO_H
#define DRIVERS_BLOCK_VIRTIO_H

#include <drivers/pci_interrupt.h>

enum { VIRTIO_VENDOR = 0x1af4 };

/* Features that every kind of device may have (chapter 6). */
#define VIRTIO_INDIRECT  (UINT64_C(1) << 28) /* a descriptor may point at a table of them */
#define VIRTIO_VERSION_1 (UINT64_C(1) << 32)

/* As the device reads it (2.6.5). */
struct virtio_descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags;
    uint16_t next;
};

enum virtio_descriptor_flag { VIRTIO_NEXT = 1, VIRTIO_DEVICE_WRITES = 2, VIRTIO_TABLE = 4 };

enum { VIRTIO_QUEUE = 16 /* descriptors; a power of two */ };

struct virtio {
    struct pci_device *device;
    volatile uint8_t *common, *notify, *interrupt_status, *config; /* registers */
    uint64_t config_size;
    uint32_t notify_step; /* bytes from one queue's register to the next one's */
    bool has_line;        /* interrupts come by a line: the status has to be read */
    uint64_t features;    /* that are in use */
    phys_addr_t frame;    /* the queue lies in it */
    volatile struct virtio_queue *queue;
    volatile uint8_t *doorbell;
    uint16_t put, taken; /* positions in the rings, counted on and on */
};

/* Finds the registers, and registers `handler` for the device's interrupts. ERROR_NO_DEVICE,
 * ERROR_UNSUPPORTED: it has no modern registers; ERROR_INVALID: they lie elsewhere than they can.
 */
enum error virtio_find(struct virtio *virtio, struct pci_device *device,
                       struct irq_handler *handler);

/* Resets the device and starts it with those of `features` that it has, and with an empty queue. It
 * touches no memory of the past any more. ERROR_TIMEOUT, ERROR_UNSUPPORTED: it refuses the
 * features, or lacks some of `needed`. ERROR_OUT_OF_FRAMES. */
enum error virtio_start(struct virtio *virtio, uint64_t features, uint64_t needed);

/* Gives the device a table of `count` descriptors. `index`, below VIRTIO_QUEUE, is not in use. */
void virtio_put(struct virtio *virtio, unsigned index, phys_addr_t table, unsigned count);

/* Takes the index of a table that the device has done. False: there is none. An index that is
 * VIRTIO_QUEUE or more: the device lies. */
bool virtio_take(struct virtio *virtio, uint32_t *index);

/* Has the device a cause for its interrupt? In its handler. */
bool virtio_interrupt_is_ours(struct virtio *virtio);

#endif
