/*
 * Devices that come and go, and programs that put files in the places of their nodes.
 */
#include <fs/device.h>
#include <fs/path.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "memory_files.h"
#include "support.h"

static const struct file_operations operations;

/* How many entries of that name /dev has. */
static unsigned entries_of(struct fs_context *context, const char *name)
{
    struct path directory;
    unsigned count = 0;
    if (path_find(context, NULL, "/dev", 0, &directory))
        return 0;
    struct dentry *entry = dentry_next_child(directory.dentry, 0);
    for (; entry; entry = dentry_after(entry))
        count += strcmp(entry->name, name) == 0;
    path_release(&directory);
    return count;
}

TEST(devfs, nodes_come_and_go)
{
    static struct device stick = {.name = "stick",
                                  .number = DEVICE_NUMBER(200, 1),
                                  .mode = S_IFBLK | 0660,
                                  .operations = &operations};
    struct fs_context *context = files_start();
    EXPECT(context);
    device_add(&stick);
    EXPECT_EQ(entries_of(context, "stick"), 1);
    device_remove(&stick);
    EXPECT_EQ(entries_of(context, "stick"), 0);
}

TEST(devfs, a_file_of_the_same_name_stays)
{
    static struct device stick = {.name = "other",
                                  .number = DEVICE_NUMBER(200, 2),
                                  .mode = S_IFBLK | 0660,
                                  .operations = &operations};
    struct fs_context *context = files_start();
    EXPECT(context);
    EXPECT_EQ(path_make(context, NULL, "/dev/other", S_IFREG | 0644, 0), OK);
    device_add(&stick);
    EXPECT_EQ(entries_of(context, "other"), 1);
    EXPECT(strstr(host_log, "devfs: no other"));
    device_remove(&stick);
    EXPECT_EQ(entries_of(context, "other"), 1);
    EXPECT_EQ(path_remove(context, NULL, "/dev/other", false), OK);
}
