/*
 * Disks: blocks that are read and written by requests. A request is a future. It names blocks of a
 * disk or of one of its partitions, and the memory that they are read into or written from.
 *
 * Everything here is for tasks, threads and set-up code, not for interrupt handlers.
 */
#ifndef DRIVERS_BLOCK_BLOCK_H
#define DRIVERS_BLOCK_BLOCK_H

#include <drivers/partition_table.h>
#include <error.h>
#include <kernel/task/event.h>
#include <kernel/task/future.h>

struct block_device;
struct executor;

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

/* Memory that devices reach, within one frame: `address` is a multiple of 4. All parts of a request
 * but the last end with their frame, and all but the first begin with it. The sizes' sum is that of
 * the blocks. */
struct block_part {
    phys_addr_t address;
    uint32_t size;
};

/* The fields are block.c's, except `future` and `error`. */
struct block_request {
    struct future future;
    struct block_device *disk;
    uint64_t block; /* on the disk */
    const struct block_part *parts;
    struct list_node link;
    struct event over;
    enum error error; /* once it is ready: ERROR_DEVICE, ERROR_TIMEOUT, ERROR_READ_ONLY,
                         ERROR_INVALID (not all blocks are on the disk), or ERROR_NO_DEVICE: the
                         disk is gone, or has failed for good */
    enum block_operation operation;
    uint32_t count;
    unsigned part_count;
    bool was_tried; /* in a command that failed */
};

enum { BLOCK_BYTES_MAX = 128 * 1024 };
enum {
    BLOCK_PARTS_MAX = 33 /* of a request: 128 KiB, wherever it begins in a frame */,
    BLOCK_SIZE_MAX = 4096
};

/* Begins to read `count` blocks, BLOCK_BYTES_MAX at most, into the parts, or to write them from
 * there. A request that is under way cannot be cancelled, for the device may use the memory: parts
 * and memory stay until the future is ready. That always happens, since each command has a time
 * limit. Requests may be done in any order; but a flush begins when all that were begun before it
 * are over, and those that are begun after it wait for it. To flush makes what was written before
 * survive a loss of power. */
void block_begin(struct block_request *request, struct block_device *device,
                 enum block_operation operation, uint64_t block, uint32_t count,
                 const struct block_part *parts, unsigned part_count);

/* --- Disks and partitions ------------------------------------------------------------------- */

enum { BLOCK_NAME_MAX = 32, BLOCK_LETTERS_MAX = 20 /* of that, a disk's own name */ };

/* What a driver sets before block_add() is marked so; the rest is block.c's. */
struct block_device {
    const struct block_operations *operations; /* driver */
    uint64_t block_count;                      /* driver */
    uint32_t block_size;                       /* driver; 512 to BLOCK_SIZE_MAX, a power of two */
    bool is_read_only;                         /* driver */
    bool has_cache;                            /* driver: flushes are needed */
    unsigned depth;                            /* driver: commands that it does at a time, >= 1 */
    unsigned most_parts;                       /* driver: of a command, at least BLOCK_PARTS_MAX */
    uint32_t most_bytes;                       /* driver: likewise, at least BLOCK_BYTES_MAX */

    char name[BLOCK_NAME_MAX];
    char label[PARTITION_NAME]; /* a partition's name or kind; a disk's: the kind of its table */
    unsigned major, minor;      /* its number as Linux has it, for the usual kinds of disks */
    size_t references;
    struct list_node node;     /* among block_devices, unless it is gone */
    struct block_device *disk; /* a partition's disk; a disk's is itself */
    uint64_t first;            /* block of the disk where it begins */
    unsigned partition;        /* its number; 0: it is a disk */
    bool is_claimed;           /* by a file system or by a program (fs/block_file.h) */
    unsigned claimed_parts;    /* a disk's partitions that are */

    /* Of disks. */
    bool is_gone;
    bool is_resetting;
    enum error reset_for;
    unsigned idle_resets; /* since a command last ran: each command ends after two resets, but a
                             device could claim without end that it has done one */
    struct block_command *commands; /* `depth` of them */
    unsigned running;               /* commands */
    bool flushing;
    void (*given_up)(struct block_device *device);
    struct list waiting;     /* requests that no command does yet */
    struct task task;        /* takes what the driver has done, and begins more */
    struct sleep sleep;      /* until a command's limit is over, or the next look */
    bool was_interrupted;    /* so interrupts do come */
    uint64_t reads, writes;  /* blocks */
    uint64_t commands_begun; /* less than the requests, where neighbours were merged */
};

/* The disks and their partitions by `node`, in the order in which they were found. */
extern struct list block_devices;

/* The disk or partition of that name, such as vda1; NULL: there is none. */
struct block_device *block_find(const char *name);

/* One more reference, which keeps the struct also when the device is gone; and one less. */
void block_reference(struct block_device *device);
void block_release(struct block_device *device);

/* Calls `added` for each disk and partition that is there and that comes later, and `gone` when one
 * is not there any more. Once. */
void block_set_hooks(void (*added)(struct block_device *device),
                     void (*gone)(struct block_device *device));

/* --- For drivers ---------------------------------------------------------------------------- */

/* What a driver is given to do at once: the blocks of one or several requests, which follow each
 * other on the disk. */
struct block_command {
    enum block_operation operation;
    uint64_t block;
    uint32_t count;
    unsigned part_count; /* in all */
    unsigned index;      /* among the disk's commands, below `depth` */
    bool busy;
    struct list requests;
    uint64_t deadline;
};

/* Called in the disk's task. */
struct block_operations {
    /* Hands the command to the device. The walk through its memory: block_command_parts(). */
    void (*begin)(struct block_device *device, struct block_command *command);
    /* Calls block_command_end() for each command that the device has done. */
    void (*work)(struct block_device *device);
    /* A command has taken too long: resets the device, which then touches no memory any more. The
     * commands under way are begun again. An error: the device is given up. In a thread; may wait,
     * but not for ever. work() and begin() are not called meanwhile. */
    enum error (*reset)(struct block_device *device);
    /* The last reference is gone, after block_gone(): frees the struct. NULL: the struct stays, for
     * an interrupt's handler knows it. */
    void (*release)(struct block_device *device);
};

/* Calls `add` with each part of the memory, in order. */
void block_command_parts(const struct block_command *command,
                         void (*add)(void *argument, const struct block_part *part),
                         void *argument);

/* The device has done the command, or could not: ERROR_DEVICE. In work(); elsewhere a call of
 * block_interrupt() follows. */
void block_command_end(struct block_device *device, struct block_command *command,
                       enum error error);

/* The device has to be reset: the commands under way end with `error`, and are begun again once. A
 * device that is reset again and again while it has none is given up. In work(). */
void block_reset(struct block_device *device, enum error error);

/* Adds a disk, and later its partitions. Its name is `prefix` and a letter that no other disk has:
 * vda for "vd". A prefix that ends in a digit is the name. ERROR_OUT_OF_FRAMES. */
enum error block_add(struct block_device *device, const char *prefix, struct executor *executor);

/* The device may have done something. Until the first such interrupt, the disk's task looks every
 * few milliseconds. Also in interrupt handlers. */
static inline void block_interrupt(struct block_device *device)
{
    device->was_interrupted = true;
    task_wake(&device->task);
}

/* The disk is not there any more: all requests end with ERROR_NO_DEVICE, those that are under way
 * and those to come. It touches no memory any more. The driver's reference goes, too. */
void block_gone(struct block_device *disk);

#endif
