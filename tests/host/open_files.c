/*
 * What stands between a process and a file: descriptors, permissions, and the devices in /dev.
 */
#include <fs/device.h>
#include <fs/file_table.h>
#include <mm/heap.h>
#include <string.h>

#include "../test.h"
#include "memory_files.h"
#include "support.h"

/* --- Descriptors ------------------------------------------------------------------------------ */

TEST(files, descriptors_are_the_lowest_free_ones)
{
    struct file_table *table, *copy;
    struct file *file;
    int fd;
    bool marked;
    EXPECT(files_start());
    EXPECT_EQ(file_table_create(&table), OK);
    for (int i = 0; i < FILE_TABLE_LIMIT; i++) {
        file = memory_file_open("/dev/null", O_RDWR);
        EXPECT(file);
        EXPECT_EQ(file_table_add(table, file, 0, i % 2, &fd), OK);
        EXPECT_EQ(fd, i);
    }
    file = memory_file_open("/dev/null", O_RDWR);
    EXPECT_EQ(file_table_add(table, file, 0, false, &fd), ERROR_TOO_MANY_FILES);
    EXPECT_EQ(file_table_add(table, file, FILE_TABLE_LIMIT, false, &fd), ERROR_TOO_MANY_FILES);
    EXPECT_EQ(file_table_close(table, 700), OK);
    EXPECT_EQ(file_table_close(table, 700), ERROR_BAD_DESCRIPTOR);
    EXPECT_EQ(file_table_close(table, -1), ERROR_BAD_DESCRIPTOR);
    EXPECT_EQ(file_table_add(table, file, 3, false, &fd), OK);
    EXPECT_EQ(fd, 700);
    EXPECT_EQ(file_table_copy(table, &copy), OK);
    EXPECT_EQ(file->references, 2);
    file_table_close_on_exec(copy);
    EXPECT_EQ(file_table_get_close_on_exec(copy, 1, &marked), ERROR_BAD_DESCRIPTOR);
    EXPECT_EQ(file_table_get_close_on_exec(copy, 2, &marked), OK);
    EXPECT(!marked);
    EXPECT_EQ(file_table_next(copy, 1), 2);
    EXPECT_EQ(file_table_next(copy, 1023), -1);
    file_table_release(copy);
    EXPECT_EQ(file->references, 1);
    file_table_release(table);
}

static struct file_table *table_of_others;
static void *next_use; /* of the table's memory, were it free */

static void leave_table(struct file *file)
{
    (void)file;
    file_table_release(table_of_others);
    next_use = kzalloc(sizeof(struct file_table));
}

/* Its process may get a table of its own while a close waits, and the others may end. */
TEST(files, a_table_stays_while_a_range_of_it_is_closed)
{
    static const struct file_operations operations = {.close = leave_table};
    struct file *file, *other;
    int fd;
    EXPECT(files_start());
    other = memory_file_open("/dev/null", O_RDWR);
    EXPECT_EQ(file_create(&operations, other->inode, NULL, O_RDONLY, &file), OK);
    EXPECT_EQ(file_table_create(&table_of_others), OK);
    EXPECT_EQ(file_table_add(table_of_others, file, 0, false, &fd), OK);
    file_reference(other);
    EXPECT_EQ(file_table_add(table_of_others, other, 0, false, &fd), OK);
    file_table_close_range(table_of_others, 0, ~0u, false);
    EXPECT(next_use != table_of_others);
    EXPECT_EQ(other->references, 1);
    file_release(other);
    kfree(next_use);
}

/* --- Permissions ------------------------------------------------------------------------------ */

TEST(files, every_user_but_the_first_is_bound_by_permissions)
{
    EXPECT(files_start());
    struct fs_context user = *files_context;
    struct file *file;
    user.uid = user.gid = 1000;
    EXPECT_EQ(path_make(files_context, NULL, "/private", S_IFDIR | 0700, 0), OK);
    EXPECT(memory_file_make("/private/file", "x"));
    EXPECT(memory_file_make("/public", "x"));
    EXPECT_EQ(file_open(&user, NULL, "/private/file", O_RDONLY, 0, &file), ERROR_ACCESS);
    EXPECT_EQ(file_open(&user, NULL, "/public", O_RDWR, 0, &file), ERROR_ACCESS);
    EXPECT_EQ(file_open(&user, NULL, "/public", O_RDONLY, 0, &file), OK);
    file_release(file);
    EXPECT_EQ(path_remove(&user, NULL, "/public", false), ERROR_ACCESS);
    EXPECT_EQ(path_make(files_context, NULL, "/sticky", S_IFDIR | 0777, 0), OK);
    struct inode_attributes mode = {.set = ATTRIBUTE_MODE, .mode = 01777};
    struct dentry *sticky;
    const struct path nowhere = {0};
    EXPECT_EQ(path_walk(files_context, NULL, "/sticky", 0, &sticky), OK);
    EXPECT_EQ(path_set_attributes(&user, &nowhere, sticky->inode, &mode), ERROR_NOT_PERMITTED);
    EXPECT_EQ(path_set_attributes(files_context, &nowhere, sticky->inode, &mode), OK);
    dentry_release(sticky);
    EXPECT(memory_file_make("/sticky/root", ""));
    EXPECT_EQ(path_remove(&user, NULL, "/sticky/root", false), ERROR_NOT_PERMITTED);
    EXPECT_EQ(path_make(&user, NULL, "/sticky/own", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(path_rename(&user, NULL, "/sticky/own", NULL, "/sticky/mine", 0), OK);
    EXPECT_EQ(path_remove(&user, NULL, "/sticky/mine", true), OK);
}

/* --- Devices ---------------------------------------------------------------------------------- */

TEST(files, devices_do_what_their_names_say)
{
    uint8_t bytes[300], more[300];
    EXPECT(files_start());
    struct file *null = memory_file_open("/dev/null", O_RDWR),
                *zero = memory_file_open("/dev/zero", O_RDWR);
    struct file *full = memory_file_open("/dev/full", O_RDWR),
                *random = memory_file_open("/dev/urandom", O_RDWR);
    EXPECT(null && zero && full && random);
    EXPECT_EQ(write_bytes(null, "x", 1), 1);
    EXPECT_EQ(read_bytes(null, bytes, 10), 0);
    uint64_t position;
    EXPECT_EQ(file_seek(null, 100, SEEK_SET, &position), OK);
    EXPECT_EQ(position, 0);
    memset(bytes, 1, sizeof(bytes));
    EXPECT_EQ(read_bytes(zero, bytes, sizeof(bytes)), sizeof(bytes));
    EXPECT_EQ(bytes[299], 0);
    EXPECT_EQ(write_bytes(full, "x", 1), -(int64_t)ERROR_FULL);
    EXPECT_EQ(read_bytes(random, bytes, sizeof(bytes)), sizeof(bytes));
    EXPECT_EQ(write_bytes(random, "a seed of one's own", 19), 19);
    EXPECT_EQ(read_bytes(random, more, sizeof(more)), sizeof(more));
    EXPECT(memcmp(bytes, more, sizeof(bytes)) != 0);
    file_release(null);
    file_release(zero);
    file_release(full);
    file_release(random);
    struct file *none;
    EXPECT_EQ(path_make(files_context, NULL, "/nothing", S_IFCHR | 0666, 0x1234), OK);
    EXPECT_EQ(file_open(files_context, NULL, "/nothing", O_RDWR, 0, &none), ERROR_NO_UNIT);
}

TEST(files, a_read_of_kmsg_is_a_line_of_the_log_with_the_priority_of_its_level)
{
    static const char *const records[] = {
        "5,0,1000002,-;host: always\n",    "3,1,1000002,-;host: an error\n",
        "4,2,1000002,-;host: a warning\n", "6,3,2500000,-;host: news\n",
        "7,4,12000000,-;host: details\n",
    };
    char bytes[100];
    EXPECT(files_start());
    struct file *log = memory_file_open("/dev/kmsg", O_RDWR);
    EXPECT(log);
    EXPECT_EQ(read_bytes(log, bytes, 10), -(int64_t)ERROR_INVALID);
    for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
        int64_t length = read_bytes(log, bytes, sizeof(bytes) - 1);
        EXPECT(length > 0);
        bytes[length] = '\0';
        EXPECT_STR(bytes, records[i]);
    }
    EXPECT_EQ(read_bytes(log, bytes, sizeof(bytes)), 0);
    file_release(log);
}

TEST(files, what_is_written_to_kmsg_is_logged)
{
    EXPECT(files_start());
    struct file *log = memory_file_open("/dev/kmsg", O_RDWR);
    EXPECT(log);
    EXPECT_EQ(write_bytes(log, "from a program\n", 15), 15);
    EXPECT_STR(host_log, "from a program");
    file_release(log);
}

static unsigned seen_flags;

static enum error open_and_look(struct file *file)
{
    seen_flags = file->flags;
    return OK;
}

TEST(files, a_device_sees_what_is_for_its_open_alone)
{
    static const struct file_operations operations = {.open = open_and_look};
    static struct device device = {
        .name = "looks", .number = DEVICE_NUMBER(240, 0), .mode = 0666, .operations = &operations};
    EXPECT(files_start());
    device_add(&device);
    struct file *file = memory_file_open("/dev/looks", O_RDWR | O_NOCTTY | O_NONBLOCK);
    EXPECT(file);
    EXPECT_EQ(seen_flags, O_RDWR | O_NOCTTY | O_NONBLOCK);
    EXPECT_EQ(file->flags, O_RDWR | O_NONBLOCK);
    file_release(file);
}
