/*
 * Disks on the models of real controllers: what is written is read again. The runner's modes give
 * the machine a disk, and its name in a file of fw_cfg.
 */
#include <drivers/block/block.h>
#include <drivers/fw_cfg.h>
#include <drivers/pci.h>
#include <kernel/task/executor.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>

#include "../test.h"

enum { ORDER = 4, FRAMES = 1 << ORDER, REQUESTS = 24, FIRST = 1000 /* block */ };

static char name[BLOCK_NAME_MAX];

/* A task that waits for several requests. */
static struct block_request requests[REQUESTS];
static unsigned begun;
static enum poll_result poll_waiter(struct task *task)
{
    enum poll_result result = POLL_READY;
    for (unsigned i = 0; i < begun; i++) {
        if (!requests[i].over.set && future_poll(&requests[i].future, task) == POLL_PENDING)
            result = POLL_PENDING;
    }
    return result;
}
static struct task waiter = {.name = "waiter", .poll = poll_waiter};

/* A task that waits until the disk is there, 10 seconds at most. */
static struct sleep pause;
static unsigned pauses;
static enum poll_result poll_search(struct task *task)
{
    while (!block_find(name) && pauses < 1000) {
        if (sleep_poll(&pause, task) == POLL_PENDING)
            return POLL_PENDING;
        sleep_for(&pause, 10 * NANOSECONDS_PER_MILLISECOND);
        pauses++;
    }
    return POLL_READY;
}
static struct task search = {.name = "search", .poll = poll_search};

static struct block_device *find_disk(void)
{
    static bool started;
    if (fw_cfg_read_file("opt/cairn/disk", name, sizeof(name)))
        return NULL;
    if (!started)
        pci_start_drivers(timers_executor, true);
    started = true;
    executor_spawn(timers_executor, &search);
    executor_block_on(timers_executor, &search);
    return block_find(name);
}

/* Waits for the first `count` requests. */
static bool all_succeed(const struct block_device *disk, unsigned count)
{
    bool good = true;
    begun = count;
    executor_spawn(disk->task.executor, &waiter);
    executor_block_on(disk->task.executor, &waiter);
    for (unsigned i = 0; i < count; i++)
        good &= requests[i].error == OK;
    return good;
}

static struct block_part parts[FRAMES];

/* The parts of a run of frames, and how many of the disk's blocks they are. */
static uint32_t use(phys_addr_t run, const struct block_device *disk)
{
    for (unsigned i = 0; i < FRAMES; i++)
        parts[i] = (struct block_part){.address = run + i * PAGE_SIZE, .size = PAGE_SIZE};
    return FRAMES * PAGE_SIZE / disk->block_size;
}

static enum error transfer(struct block_device *disk, enum block_operation operation,
                           uint64_t block, phys_addr_t run)
{
    uint32_t count = use(run, disk);
    block_begin(&requests[0], disk, operation, block, operation == BLOCK_FLUSH ? 0 : count, parts,
                operation == BLOCK_FLUSH ? 0 : FRAMES);
    (void)all_succeed(disk, 1);
    return requests[0].error;
}

TEST(disks, what_is_written_is_read_again)
{
    struct block_device *disk = find_disk();
    EXPECT(disk != NULL || !name[0]);
    if (!disk)
        return;
    phys_addr_t written = frames_alloc_run(ORDER), read = frames_alloc_run(ORDER);
    EXPECT(written != NO_FRAME && read != NO_FRAME);
    uint8_t *bytes = phys_to_virt(written);
    for (size_t i = 0; i < FRAMES * PAGE_SIZE; i++)
        bytes[i] = (uint8_t)(i * 3 + i / 512);
    EXPECT_EQ(transfer(disk, BLOCK_WRITE, FIRST, written), OK);
    EXPECT_EQ(transfer(disk, BLOCK_FLUSH, 0, written), OK);
    EXPECT_EQ(transfer(disk, BLOCK_READ, FIRST, read), OK);
    EXPECT(memcmp(bytes, phys_to_virt(read), FRAMES * PAGE_SIZE) == 0);
    EXPECT_EQ(transfer(disk, BLOCK_READ, disk->block_count - 1, read), ERROR_INVALID);
    frames_free_run(written, ORDER);
    frames_free_run(read, ORDER);
}

/* More of them than the device does at a time, and neighbours among them. */
TEST(disks, many_requests_at_a_time_are_merged_and_done)
{
    struct block_device *disk = find_disk();
    if (!disk)
        return;
    phys_addr_t run = frames_alloc_run(ORDER + 1);
    EXPECT(run != NO_FRAME);
    for (unsigned i = 0; i < 1000 && !disk->label[0]; i++) /* the table is still read */
        EXPECT_EQ(transfer(disk, BLOCK_READ, FIRST, run), OK);
    static struct block_part part[REQUESTS];
    uint64_t commands = disk->commands_begun;
    uint32_t each = PAGE_SIZE / disk->block_size;
    for (unsigned write = 2; write-- > 0;) {
        for (unsigned i = 0; i < REQUESTS; i++) {
            part[i] = (struct block_part){.address = run + i * PAGE_SIZE, .size = PAGE_SIZE};
            memset(phys_to_virt(part[i].address), write ? (int)i + 1 : 0, PAGE_SIZE);
            uint64_t block = FIRST + (uint64_t)(i % 2 ? i / 2 : REQUESTS + i / 2) * each;
            block_begin(&requests[i], disk, write ? BLOCK_WRITE : BLOCK_READ, block, each, &part[i],
                        1);
        }
        EXPECT(all_succeed(disk, REQUESTS));
    }
    for (unsigned i = 0; i < REQUESTS; i++) {
        const uint8_t *bytes = phys_to_virt(part[i].address);
        EXPECT_EQ(bytes[0], i + 1);
        EXPECT_EQ(bytes[PAGE_SIZE - 1], i + 1);
    }
    EXPECT(disk->commands_begun - commands < REQUESTS);
    frames_free_run(run, ORDER + 1);
}
