/*
 * The drivers of disks, each with a controller that is honest, fails, is mute, or lies.
 */
#include <assert.h>
#include <kernel/task/executor.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <string.h>

#include "../test.h"
#include "fake_disk.h"
#include "support.h"

enum {
    PARTS = 4,
    SECONDS = 1000,
    LIMIT = 200 * SECONDS /* milliseconds that a request may take */
};

static const struct kind {
    const char *disk;
    fake_controller *controller;
} kinds[] = {
    {"vda", fake_virtio_blk},
    {"nvme", fake_nvme}, /* and a number that grows */
    {"sda", fake_ahci},
    {"sda", fake_ide},
};

#define FOR_EACH_KIND(kind) \
    for (const struct kind *kind = kinds; kind < kinds + ARRAY_SIZE(kinds); kind++)

static struct block_request request;
static struct block_part parts[PARTS];
static uint8_t buffer[8 * FAKE_DISK_SECTOR];

static enum poll_result poll_waiter(struct task *task)
{
    return future_poll(&request.future, task);
}

static struct task waiter = {.name = "waiter", .poll = poll_waiter};

static struct block_device *start(fake_controller *controller)
{
    fake_disk_reset(controller);
    fake_disk_start();
    return fake_disk_found();
}

/* Does one request, of whole blocks that begin in the middle of a frame. */
static enum error transfer(struct block_device *disk, enum block_operation operation,
                           uint64_t block, uint32_t count)
{
    enum { ORDER = 3, OFFSET = PAGE_SIZE / 2 + 4 };
    phys_addr_t run = frames_alloc_run(ORDER);
    uint32_t left = count * disk->block_size, used = 0;
    ASSERT(run != NO_FRAME && left <= (PARTS - 1) * PAGE_SIZE);
    if (operation == BLOCK_WRITE)
        memcpy((uint8_t *)phys_to_virt(run) + OFFSET, buffer, left);
    for (uint32_t at = OFFSET; left; at = 0, used++) {
        parts[used] = (struct block_part){.address = run + used * PAGE_SIZE + at,
                                          .size = (uint32_t)MIN(left, PAGE_SIZE - at)};
        left -= parts[used].size;
    }
    block_begin(&request, disk, operation, block, count, parts, used);
    executor_spawn(&fake_disk_executor, &waiter);
    for (unsigned i = 0; i < LIMIT && !request.over.set; i++)
        fake_disk_run(1);
    ASSERT(request.over.set);
    fake_disk_run(1);
    if (operation == BLOCK_READ)
        memcpy(buffer, (uint8_t *)phys_to_virt(run) + OFFSET, count * disk->block_size);
    frames_free_run(run, ORDER);
    return request.error;
}

static void fill(uint8_t *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256 + seed);
}

static bool works(struct block_device *disk)
{
    static uint8_t expected[sizeof(buffer)];
    fill(buffer, sizeof(buffer), 3);
    if (transfer(disk, BLOCK_WRITE, 11, 8) != OK)
        return false;
    fill(expected, sizeof(expected), 3);
    bool good = memcmp(fake_disk.bytes + 11 * FAKE_DISK_SECTOR, expected, sizeof(expected)) == 0;
    memset(buffer, 0, sizeof(buffer));
    good &= transfer(disk, BLOCK_READ, 11, 8) == OK;
    return good && memcmp(buffer, expected, sizeof(buffer)) == 0;
}

TEST(disk_controllers, an_honest_one_works)
{
    FOR_EACH_KIND(kind)
    {
        struct block_device *disk = start(kind->controller);
        EXPECT(disk != NULL);
        EXPECT(strncmp(disk->name, kind->disk, strlen(kind->disk)) == 0);
        EXPECT_EQ(disk->block_count, FAKE_DISK_SECTORS);
        EXPECT_EQ(disk->block_size, FAKE_DISK_SECTOR);
        EXPECT(works(disk));
        EXPECT_EQ(transfer(disk, BLOCK_FLUSH, 0, 0), OK);
        EXPECT_EQ(fake_disk.flushes, 1);
    }
}

TEST(disk_controllers, the_queue_of_commands_is_set_up_to_raise_an_interrupt_for_each)
{
    static fake_controller *const controllers[] = {fake_virtio_blk, fake_nvme};
    for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
        struct block_device *disk = start(controllers[i]);
        fake_disk.interrupts = 0;
        EXPECT_EQ(transfer(disk, BLOCK_READ, 1, 8), OK);
        EXPECT_EQ(fake_disk.interrupts, 1);
    }
}

TEST(disk_controllers, an_old_ide_disk_has_28_bits)
{
    for (unsigned number = 0; number < 2; number++) {
        fake_disk_reset(fake_ide);
        fake_disk.is_old = true;
        fake_disk.is_first = number == 0;
        fake_disk_start();
        struct block_device *disk = fake_disk_found();
        EXPECT(disk != NULL && works(disk));
        EXPECT_EQ(transfer(disk, BLOCK_FLUSH, 0, 0), OK);
        EXPECT_EQ(fake_disk.flushes, 1);
        EXPECT_EQ(fake_disk.resets, 1); /* the driver's own, at its start */
    }
}

TEST(disk_controllers, an_ide_cd_is_read)
{
    struct block_device *disk = start(fake_ide_cd);
    EXPECT(disk != NULL);
    EXPECT_STR(disk->name, "sr0");
    EXPECT_EQ(disk->block_count, FAKE_DISK_SECTORS / 4);
    EXPECT_EQ(transfer(disk, BLOCK_READ, 9, 2), OK);
    EXPECT(memcmp(buffer, fake_disk.bytes + 9 * 2048, sizeof(buffer)) == 0);
    EXPECT_EQ(transfer(disk, BLOCK_WRITE, 9, 2), ERROR_READ_ONLY);
}

TEST(disk_controllers, a_bad_sector_is_an_error_and_the_disk_goes_on)
{
    FOR_EACH_KIND(kind)
    {
        struct block_device *disk = start(kind->controller);
        fake_disk.bad_sector = 30;
        EXPECT_EQ(transfer(disk, BLOCK_READ, 28, 8), ERROR_DEVICE);
        EXPECT_EQ(transfer(disk, BLOCK_WRITE, 30, 1), ERROR_DEVICE);
        EXPECT(works(disk));
    }
}

TEST(disk_controllers, a_mute_one_is_reset_and_the_request_fails)
{
    FOR_EACH_KIND(kind)
    {
        struct block_device *disk = start(kind->controller);
        unsigned resets = fake_disk.resets;
        fake_disk.is_mute = true;
        EXPECT_EQ(transfer(disk, BLOCK_READ, 1, 8), ERROR_TIMEOUT);
        EXPECT(fake_disk.resets >= resets + 2);
        fake_disk.is_mute = false;
        EXPECT(works(disk));
    }
}

/* May the controller move data? IDE does not: the processor does. */
static bool can_reach_memory(void)
{
    enum { COMMAND = 4 };
    return pci_read(pci_device(0), COMMAND) & PCI_COMMAND_MASTER;
}

/* The request's memory is free then. */
TEST(disk_controllers, one_whose_reset_does_not_end_is_given_up)
{
    FOR_EACH_KIND(kind)
    {
        struct block_device *disk = start(kind->controller);
        fake_disk.is_mute = fake_disk.never_resets = true;
        block_reference(disk); /* as an open file */
        EXPECT_EQ(transfer(disk, BLOCK_READ, 1, 8), ERROR_NO_DEVICE);
        EXPECT(!fake_disk_found());
        EXPECT(!can_reach_memory());
        EXPECT_EQ(transfer(disk, BLOCK_READ, 1, 8), ERROR_NO_DEVICE);
        block_release(disk);
    }
}

static void add_without_registers(uint32_t class_code)
{
    static const struct fake_device device = {0};
    fake_pci_add(0, 4, 0, 0x00101b36, class_code, 0);
    fake_pci_device(&device);
}

static void nvme_without_registers(void)
{
    add_without_registers(0x010802);
}

static void ahci_without_registers(void)
{
    add_without_registers(0x010601);
}

static void unknown_device(void)
{
    add_without_registers(0xff0000);
}

static size_t blocks_after_start(fake_controller *controller)
{
    struct allocator_stats stats;
    fake_disk_reset(controller);
    fake_disk_start();
    heap_stats(&stats);
    return stats.live_blocks;
}

TEST(disk_controllers, one_without_registers_is_refused_and_leaves_no_block_behind)
{
    EXPECT_EQ(blocks_after_start(nvme_without_registers), blocks_after_start(unknown_device));
    EXPECT_EQ(blocks_after_start(ahci_without_registers), blocks_after_start(unknown_device));
}

/* --- Lies ----------------------------------------------------------------------------------- */

static enum fake_answer lie_about;
static uint32_t lie;

static uint32_t change(enum fake_answer what, uint32_t value)
{
    return what == lie_about ? lie : value;
}

static const uint32_t lies[] = {0, 1, 2, 15, 16, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, UINT32_MAX};

/* Each ends its requests, and when it is honest again, it works, unless it was given up. */
TEST(disk_controllers, one_that_lies_ends_its_requests)
{
    FOR_EACH_KIND(kind)
    {
        for (lie_about = FAKE_REGISTER; lie_about <= FAKE_POSITION; lie_about++) {
            for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
                struct block_device *disk = start(kind->controller);
                lie = lies[i];
                fake_disk.change = change;
                block_reference(disk);
                (void)transfer(disk, BLOCK_READ, 1, 8);
                (void)transfer(disk, BLOCK_WRITE, 1, 8);
                (void)transfer(disk, BLOCK_FLUSH, 0, 0);
                fake_disk.change = NULL;
                fake_disk_run(100);
                if (fake_disk_found())
                    (void)transfer(disk, BLOCK_READ, 1, 8); /* what is left of the lies ends */
                EXPECT(!fake_disk_found() || works(disk));
                block_release(disk);
            }
        }
    }
}

static uint32_t change_once(enum fake_answer what, uint32_t value)
{
    if (what != lie_about)
        return value;
    fake_disk.change = NULL;
    return lie;
}

/* It is reset at once, not when the request's time is over; then the request is begun again. */
TEST(disk_controllers, one_that_has_done_a_command_it_was_not_given_is_reset)
{
    static fake_controller *const controllers[] = {fake_virtio_blk, fake_nvme};
    for (size_t i = 0; i < 2 * ARRAY_SIZE(controllers); i++) {
        struct block_device *disk = start(controllers[i / 2]);
        unsigned resets = fake_disk.resets;
        lie_about = FAKE_INDEX;
        lie = i % 2 ? 5 : UINT16_MAX; /* one that is free, one that cannot be */
        fake_disk.change = change_once;
        uint64_t begin = clock_now();
        EXPECT_EQ(transfer(disk, BLOCK_READ, 1, 8), OK);
        EXPECT_EQ(fake_disk.resets, resets + 1);
        EXPECT(clock_now() - begin < NANOSECONDS_PER_SECOND);
    }
}

TEST(disk_controllers, an_ide_cd_sends_what_was_asked_for)
{
    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        struct block_device *disk = start(fake_ide_cd);
        lie_about = FAKE_POSITION; /* how much it sends next: twice the byte */
        lie = lies[i];
        fake_disk.change = change;
        block_reference(disk);
        EXPECT(transfer(disk, BLOCK_READ, 9, 1) != OK);
        block_release(disk);
    }
}

/* A disk that is there then has a size that can be. */
TEST(disk_controllers, one_that_lies_at_its_start_is_refused_or_has_a_size)
{
    FOR_EACH_KIND(kind)
    {
        for (lie_about = FAKE_REGISTER; lie_about <= FAKE_IDENTITY; lie_about++) {
            for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
                fake_disk_reset(kind->controller);
                lie = lies[i];
                fake_disk.change = change;
                fake_disk_start();
                fake_disk.change = NULL;
                const struct block_device *disk = fake_disk_found();
                EXPECT(!disk || (disk->block_size >= 512 && disk->block_size <= BLOCK_SIZE_MAX));
            }
        }
    }
}
