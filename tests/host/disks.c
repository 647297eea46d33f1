/*
 * The block layer, with a driver that does what a test says.
 */
#include <drivers/block/start.h>
#include <mm/heap.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "support.h"
#include "test_arena.h"
#include "usb_machine.h"

enum { DEPTH = 3, BLOCKS = 1000, REQUESTS = 16, LIMIT = 30000 /* milliseconds */ };

static struct block_device disk;
static struct block_command *begun[DEPTH * 4]; /* in the order in which the driver got them */
static unsigned begun_count, resets, releases;
static enum error reset_result;
static struct block_request requests[REQUESTS];
static const struct block_part part = {.address = 0x100000, .size = 4096};

static void begin(struct block_device *device, struct block_command *command)
{
    (void)device;
    if (begun_count < ARRAY_SIZE(begun))
        begun[begun_count++] = command;
}

static void work(struct block_device *device)
{
    (void)device;
}

static enum error reset(struct block_device *device)
{
    (void)device;
    resets++;
    return reset_result;
}

static void release(struct block_device *device)
{
    (void)device;
    releases++;
}

static const struct block_operations operations = {
    .begin = begin, .work = work, .reset = reset, .release = release};

static void start(void)
{
    usb_reset();
    disk = (struct block_device){.operations = &operations,
                                 .block_count = BLOCKS,
                                 .block_size = 4096,
                                 .has_cache = true,
                                 .depth = DEPTH,
                                 .most_parts = BLOCK_PARTS_MAX,
                                 .most_bytes = BLOCK_BYTES_MAX};
    begun_count = resets = releases = 0;
    reset_result = OK;
    EXPECT_EQ(block_add(&disk, "vd", &usb_executor), OK);
    disk.was_interrupted = true;
    usb_run(1);
}

static void request_of(unsigned index, struct block_device *device, enum block_operation operation,
                       uint64_t block)
{
    block_begin(&requests[index], device, operation, block, operation != BLOCK_FLUSH, &part,
                operation != BLOCK_FLUSH);
}

static void request(unsigned index, enum block_operation operation, uint64_t block)
{
    request_of(index, &disk, operation, block);
}

static bool is_over(unsigned index)
{
    return requests[index].over.set;
}

/* The device ends a command, by its place in the order. */
static void end(unsigned index, enum error error)
{
    block_command_end(&disk, begun[index], error);
    block_interrupt(&disk);
    usb_run(1);
}

TEST(disks, requests_are_done_and_end)
{
    start();
    request(0, BLOCK_READ, 7);
    request(1, BLOCK_WRITE, 9);
    usb_run(1);
    EXPECT_EQ(begun_count, 2);
    EXPECT_EQ(begun[0]->block, 7);
    EXPECT_EQ(begun[1]->operation, BLOCK_WRITE);
    end(1, OK);
    EXPECT(is_over(1) && !is_over(0));
    EXPECT_EQ(requests[1].error, OK);
    end(0, OK);
    EXPECT(is_over(0));
    EXPECT_EQ(disk.reads, 1);
    EXPECT_EQ(disk.writes, 1);
}

TEST(disks, what_cannot_be_ends_at_once)
{
    start();
    request(0, BLOCK_READ, BLOCKS);
    request(1, BLOCK_READ, UINT64_MAX);
    EXPECT(is_over(0) && is_over(1));
    EXPECT_EQ(requests[0].error, ERROR_INVALID);
    EXPECT_EQ(requests[1].error, ERROR_INVALID);
    disk.is_read_only = true;
    request(2, BLOCK_WRITE, 1);
    EXPECT_EQ(requests[2].error, ERROR_READ_ONLY);
    usb_run(1);
    EXPECT_EQ(begun_count, 0);
}

TEST(disks, neighbours_become_one_command)
{
    start();
    for (unsigned i = 0; i < DEPTH; i++)
        request(i, BLOCK_READ, 100 * i);
    usb_run(1);
    request(3, BLOCK_READ, 10); /* these wait: the device is full */
    request(4, BLOCK_READ, 50);
    request(5, BLOCK_READ, 11);
    request(6, BLOCK_WRITE, 12);
    request(7, BLOCK_READ, 12);
    end(0, OK);
    EXPECT_EQ(begun_count, DEPTH + 1);
    EXPECT_EQ(begun[DEPTH]->block, 10);
    EXPECT_EQ(begun[DEPTH]->count, 3);
    EXPECT_EQ(begun[DEPTH]->part_count, 3);
    end(1, OK);
    EXPECT_EQ(begun[DEPTH + 1]->block, 50);
    end(DEPTH, OK);
    EXPECT(is_over(3) && is_over(5) && is_over(7) && !is_over(4) && !is_over(6));
}

TEST(disks, a_flush_waits_for_all_and_all_wait_for_it)
{
    start();
    request(0, BLOCK_WRITE, 1);
    request(1, BLOCK_WRITE, 5);
    request(2, BLOCK_FLUSH, 0);
    request(3, BLOCK_WRITE, 6); /* no neighbour of block 5: that is before the flush */
    usb_run(1);
    EXPECT_EQ(begun_count, 2);
    end(0, OK);
    EXPECT_EQ(begun_count, 2);
    end(1, OK);
    EXPECT_EQ(begun_count, 3);
    EXPECT_EQ(begun[2]->operation, BLOCK_FLUSH);
    end(2, OK);
    EXPECT(is_over(2));
    EXPECT_EQ(begun_count, 4);
    EXPECT_EQ(begun[3]->block, 6);
    end(3, OK);
    disk.has_cache = false;
    request(0, BLOCK_FLUSH, 0);
    usb_run(1);
    EXPECT(is_over(0));
    EXPECT_EQ(begun_count, 4);
}

TEST(disks, an_error_is_that_of_the_request_whose_block_is_bad)
{
    start();
    for (unsigned i = 0; i < DEPTH; i++)
        request(10 + i, BLOCK_READ, 100 * (i + 1));
    usb_run(1);
    request(0, BLOCK_READ, 10);
    request(1, BLOCK_READ, 11);
    for (unsigned i = 0; i < DEPTH; i++)
        end(i, OK);
    EXPECT_EQ(begun_count, DEPTH + 1);
    EXPECT_EQ(begun[DEPTH]->count, 2);
    end(DEPTH, ERROR_DEVICE); /* each once more */
    EXPECT(!is_over(0) && !is_over(1));
    EXPECT_EQ(begun_count, DEPTH + 3);
    EXPECT_EQ(begun[DEPTH + 1]->count, 1);
    bool second_first = begun[DEPTH + 1]->block == 11;
    end(DEPTH + 1, second_first ? ERROR_DEVICE : OK);
    end(DEPTH + 2, second_first ? OK : ERROR_DEVICE);
    EXPECT_EQ(requests[0].error, OK);
    EXPECT_EQ(requests[1].error, ERROR_DEVICE);
    EXPECT(strstr(host_log, "vda: a read of 1 blocks at 11 failed") != NULL);
}

TEST(disks, a_command_that_does_not_end_is_begun_again_once)
{
    start();
    request(0, BLOCK_READ, 10);
    usb_run(LIMIT - 100);
    EXPECT_EQ(resets, 0);
    usb_run(200);
    EXPECT_EQ(resets, 1);
    EXPECT_EQ(begun_count, 2);
    usb_run(LIMIT);
    EXPECT_EQ(resets, 2);
    EXPECT(is_over(0));
    EXPECT_EQ(requests[0].error, ERROR_TIMEOUT);
    request(0, BLOCK_READ, 10); /* and the disk goes on */
    usb_run(1);
    end(2, OK);
    EXPECT_EQ(requests[0].error, OK);
}

TEST(disks, a_disk_whose_reset_fails_is_given_up)
{
    start();
    reset_result = ERROR_TIMEOUT;
    for (unsigned i = 0; i < DEPTH + 2; i++)
        request(i, BLOCK_READ, 10 * i);
    usb_run(LIMIT + 100);
    for (unsigned i = 0; i < DEPTH + 2; i++) {
        EXPECT(is_over(i));
        EXPECT_EQ(requests[i].error, ERROR_NO_DEVICE);
    }
    EXPECT(!block_find("vda"));
    EXPECT_EQ(releases, 1);
}

TEST(disks, a_disk_that_is_reset_with_nothing_to_do_is_given_up)
{
    start();
    for (unsigned i = 0; i < 100 && !disk.is_gone; i++) {
        block_reset(&disk, ERROR_DEVICE);
        usb_run(1);
    }
    EXPECT(disk.is_gone && resets < 10);
}

TEST(disks, a_command_is_not_larger_than_the_device_does_it)
{
    start();
    disk.most_parts = 3 * BLOCK_PARTS_MAX;
    for (unsigned i = 0; i < DEPTH; i++)
        request(i, BLOCK_READ, 100 * i);
    usb_run(1);
    static struct block_request large[3];
    static struct block_part whole[32];
    for (unsigned i = 0; i < 32; i++)
        whole[i] = part;
    for (unsigned i = 0; i < 3; i++)
        block_begin(&large[i], &disk, BLOCK_READ, 500 + 32 * i, 32, whole, 32);
    for (unsigned i = 0; i < DEPTH; i++)
        end(i, OK);
    EXPECT_EQ(begun_count, 2 * DEPTH);
    EXPECT_EQ(begun[DEPTH]->count, 32); /* BLOCK_BYTES_MAX */
}

TEST(disks, partitions_are_parts_of_their_disk)
{
    static const struct partition partition = {
        .number = 2, .first = 100, .count = 50, .name = "Linux"};
    start();
    block_add_partition(&disk, &partition);
    struct block_device *device = block_find("vda2");
    EXPECT(device != NULL);
    EXPECT_STR(device->label, "Linux");
    request_of(0, device, BLOCK_READ, 50);
    EXPECT_EQ(requests[0].error, ERROR_INVALID);
    request_of(1, device, BLOCK_READ, 49);
    usb_run(1);
    EXPECT_EQ(begun[0]->block, 149);
    end(0, OK);
    block_reference(device); /* as an open file */
    block_gone(&disk);
    usb_run(1);
    EXPECT(!block_find("vda") && !block_find("vda2"));
    EXPECT_EQ(releases, 0);
    request_of(1, device, BLOCK_READ, 0);
    EXPECT_EQ(requests[1].error, ERROR_NO_DEVICE);
    block_release(device);
    EXPECT_EQ(releases, 1);
}

static struct block_device more[30];

TEST(disks, disks_and_partitions_are_named_in_turn)
{
    static const char *const last[] = {"sr", "nvme0n1"};
    start();
    for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
        more[i] = disk;
        EXPECT_EQ(block_add(&more[i], i < 28 ? "vd" : last[i - 28], &usb_executor), OK);
    }
    EXPECT_STR(more[0].name, "vdb");
    EXPECT_STR(more[24].name, "vdz");
    EXPECT_STR(more[25].name, "vdaa");
    EXPECT_STR(more[27].name, "vdac");
    EXPECT_STR(more[28].name, "sr0");
    EXPECT_STR(more[29].name, "nvme0n1");
    static const struct partition partition = {.number = 1, .first = 1, .count = 5, .name = ""};
    block_add_partition(&more[29], &partition);
    EXPECT(block_find("nvme0n1p1") != NULL);
}
