/*
 * A disk as a file in /dev, and when what is written to files is on their disk.
 */
#include <drivers/block/block.h>
#include <fs/block_file.h>
#include <fs/device.h>
#include <fs/file.h>
#include <layout.h>
#include <mm/heap.h>
#include <string.h>

#include "../test.h"
#include "memory_disk.h"
#include "memory_files.h"

static enum error open_disk(unsigned flags, struct file **file)
{
    uint32_t number = DEVICE_NUMBER(memory_disk_device.major, memory_disk_device.minor);
    (void)path_make(disk_context, NULL, "/md", S_IFBLK | 0660, number);
    return file_open(disk_context, NULL, "/md", flags, 0, file);
}

static enum error write_disk(struct file *file, uint64_t place, size_t size, uint64_t *left)
{
    static uint8_t bytes[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    struct buffer buffer;
    memset(bytes, 0x5a, sizeof(bytes));
    buffer_init_kernel(&buffer, bytes, size);
    enum error error = file_write_at(file, &buffer, place);
    *left = buffer.left;
    return error;
}

TEST(other_disks, a_disk_is_a_file)
{
    struct file *file, *other;
    uint64_t left;
    EXPECT(memory_disk_start());
    memset(memory_disk, 0, MEMORY_DISK_SIZE);
    EXPECT_EQ(open_disk(O_RDWR, &file), OK);
    EXPECT_EQ(write_disk(file, 5000, 3000, &left), OK);
    EXPECT_EQ(memory_disk[5000], 0); /* in memory alone */
    EXPECT_EQ(file_sync(file), OK);
    EXPECT_EQ(memory_disk[5000], 0x5a);
    EXPECT_EQ(write_disk(file, MEMORY_DISK_SIZE - 1000, 3000, &left), OK);
    EXPECT_EQ(left, 2000); /* a disk does not grow */
    EXPECT_EQ(write_disk(file, MEMORY_DISK_SIZE, 1, &left), ERROR_FULL);
    EXPECT_EQ(write_disk(file, MEMORY_DISK_SIZE, 0, &left), OK);
    file_release(file);
    EXPECT_EQ(memory_disk[MEMORY_DISK_SIZE - 1], 0x5a);
    EXPECT_EQ(open_disk(O_RDWR | O_DIRECT, &file), OK);
    EXPECT_EQ(write_disk(file, 8192, 4096, &left), OK);
    EXPECT_EQ(memory_disk[8192], 0x5a);
    EXPECT_EQ(write_disk(file, 8192 + 1, 4096, &left), ERROR_INVALID);
    file_release(file);
    EXPECT_EQ(open_disk(O_RDWR | O_EXCL, &file), OK);
    EXPECT_EQ(open_disk(O_RDWR | O_EXCL, &other), ERROR_BUSY);
    EXPECT_EQ(memory_disk_mount("ext2", false), ERROR_BUSY);
    file_release(file);
    memory_disk_device.is_read_only = true;
    EXPECT_EQ(open_disk(O_RDWR, &file), ERROR_READ_ONLY);
    EXPECT_EQ(memory_disk_mount("ext2", false), ERROR_ACCESS);
    memory_disk_device.is_read_only = false;
    memory_disk_end();
}

TEST(other_disks, a_mounts_claim_leaves_no_reference_to_the_disks_file_behind)
{
    struct file *file;
    struct vm_object *object;
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make("mke2fs -q -F -t ext2"));
    EXPECT_EQ(open_disk(O_RDONLY, &file), OK);
    EXPECT_EQ(file->operations->map(file, false, &object), OK);
    size_t before = object->references;
    EXPECT_EQ(memory_disk_mount("ext2", true), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    EXPECT_EQ(object->references, before);
    vm_object_release(object);
    file_release(file);
    memory_disk_end();
}

static size_t live_blocks(void)
{
    struct allocator_stats stats;
    heap_stats(&stats);
    return stats.live_blocks;
}

TEST(other_disks, a_disk_that_has_gone_leaves_no_block_behind)
{
    static struct block_device stick;
    EXPECT(memory_disk_start());
    struct executor *executor = memory_disk_device.task.executor;
    size_t before = live_blocks();
    stick = (struct block_device){.operations = memory_disk_device.operations,
                                  .block_count = 8,
                                  .block_size = MEMORY_DISK_BLOCK,
                                  .depth = 1,
                                  .most_parts = BLOCK_PARTS_MAX,
                                  .most_bytes = BLOCK_BYTES_MAX};
    EXPECT_EQ(block_add(&stick, "md", executor), OK);
    EXPECT(live_blocks() > before);
    block_gone(&stick);
    executor_run_ready(executor);
    EXPECT_EQ(live_blocks(), before);
    memory_disk_end();
}

TEST(other_disks, an_unmount_leaves_no_block_behind)
{
    static const char *const kinds[][2] = {{"ext2", "mke2fs -q -F -t ext2"},
                                           {"vfat", "mkfs.fat -F 16 -s 1"}};
    EXPECT(memory_disk_start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        size_t after[2];
        EXPECT(memory_disk_make(kinds[kind][1]));
        for (unsigned i = 0; i < ARRAY_SIZE(after); i++) {
            EXPECT_EQ(memory_disk_mount(kinds[kind][0], false), OK);
            EXPECT_EQ(path_make(disk_context, NULL, "/disk/d", S_IFDIR | 0755, 0),
                      i ? ERROR_EXISTS : OK);
            EXPECT_EQ(path_make(disk_context, NULL, "/disk/d/f", S_IFREG | 0644, 0),
                      i ? ERROR_EXISTS : OK);
            EXPECT_EQ(memory_disk_unmount(), OK);
            after[i] = live_blocks();
        }
        EXPECT_EQ(after[1], after[0]);
    }
    memory_disk_end();
}

static unsigned flushes;

static bool disk_has(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + size <= MEMORY_DISK_SIZE; at += MEMORY_DISK_BLOCK) {
        if (memcmp(memory_disk + at, bytes, size) == 0)
            return true;
    }
    return false;
}

static void count_flushes(uint64_t place, size_t size)
{
    (void)place;
    flushes += size == 0;
}

/* fsync() ends with the device's own flush, and so does each write with O_DSYNC, a part of O_SYNC.
 */
TEST(other_disks, what_is_synced_is_on_the_disk)
{
    static const char *const kinds[][2] = {{"ext2", "mke2fs -q -F -t ext2 -b 1024"},
                                           {"vfat", "mkfs.fat -F 16 -s 1"}};
    static uint8_t content[3 * PAGE_SIZE];
    EXPECT(memory_disk_start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        struct file *file;
        struct buffer buffer;
        memset(content, 0xa7, sizeof(content));
        EXPECT(memory_disk_make(kinds[kind][1]));
        EXPECT_EQ(memory_disk_mount(kinds[kind][0], false), OK);
        memory_disk_watch = count_flushes;
        EXPECT_EQ(file_open(disk_context, NULL, "/disk/f", O_RDWR | O_CREAT, 0644, &file), OK);
        buffer_init_kernel(&buffer, content, sizeof(content));
        EXPECT_EQ(file_write(file, &buffer), OK);
        flushes = 0;
        EXPECT_EQ(file_sync(file), OK);
        EXPECT(flushes > 0);
        EXPECT(disk_has(content, PAGE_SIZE));
        file_release(file);
        EXPECT_EQ(file_open(disk_context, NULL, "/disk/f", O_RDWR | O_DSYNC, 0, &file), OK);
        memset(content, 0xb9, sizeof(content));
        buffer_init_kernel(&buffer, content, PAGE_SIZE);
        flushes = 0;
        EXPECT_EQ(file_write(file, &buffer), OK);
        EXPECT(flushes > 0);
        EXPECT(disk_has(content, 1024));
        file_release(file);
        memory_disk_watch = NULL;
        EXPECT_EQ(memory_disk_unmount(), OK);
    }
    memory_disk_end();
}

/* It is kept, and written once that works again. */
TEST(other_disks, what_cannot_be_written_to_a_disk_is_told)
{
    struct file *file;
    uint64_t left;
    EXPECT(memory_disk_start());
    memory_disk[0] = 0;
    EXPECT_EQ(open_disk(O_RDWR, &file), OK);
    EXPECT_EQ(write_disk(file, 0, 4096, &left), OK);
    memory_disk_failures_after = 1;
    EXPECT_EQ(file_sync(file), ERROR_DEVICE);
    EXPECT_EQ(write_disk(file, 0, 4096, &left), OK);
    block_files_sync();
    file_release(file);
    memory_disk_failures_after = 0;
    memory_disk_reads_fail = true;
    EXPECT_EQ(open_disk(O_RDWR, &file), OK);
    EXPECT_EQ(file_seek(file, MEMORY_DISK_SIZE / 2, SEEK_SET, &left), OK);
    memory_disk_failures_after = 1;
    uint8_t byte;
    EXPECT_EQ(read_bytes(file, &byte, 1), -(int64_t)ERROR_DEVICE);
    memory_disk_failures_after = 0;
    EXPECT_EQ(memory_disk[0], 0);
    EXPECT_EQ(file_sync(file), OK);
    EXPECT_EQ(memory_disk[0], 0x5a);
    file_release(file);
    memory_disk_end();
}
