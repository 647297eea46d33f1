/*
 * cpio archives, whole and broken, and what becomes of them.
 */
#include "memory_files.h"

#include <fs/cpio.h>
#include <fs/initramfs.h>
#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "support.h"

static char archive[16384];
static size_t size;

static void pad(void)
{
    while (size % 4)
        archive[size++] = '\0';
}

static void add(const char *name, unsigned inode, unsigned mode, unsigned links,
                const char *content)
{
    size += (size_t)snprintf(archive + size, sizeof(archive) - size,
                             "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s", inode,
                             mode, 0, 0, links, 1000, (unsigned)strlen(content), 0, 0, 1, 3,
                             (unsigned)strlen(name) + 1, 0, name);
    archive[size++] = '\0';
    pad();
    memcpy(archive + size, content, strlen(content));
    size += strlen(content);
    pad();
}

static struct dentry *find(const char *name, unsigned flags)
{
    struct dentry *found;
    return path_walk(files_start(), NULL, name, flags, &found) == OK ? found : NULL;
}

static bool holds(const char *name, const char *content)
{
    char bytes[64] = "";
    struct file *file;
    if (file_open(files_start(), NULL, name, O_RDONLY, 0, &file) != OK)
        return false;
    read_bytes(file, bytes, sizeof(bytes) - 1);
    file_release(file);
    return strcmp(bytes, content) == 0;
}

static void make_archive(void)
{
    size = 0;
    add(".", 1, S_IFDIR | 0755, 2, "");
    add("proc", 9, S_IFDIR | 0700, 2, ""); /* is there, and something is mounted on it */
    add("cpio", 2, S_IFDIR | 0700, 2, "");
    add("cpio/file", 3, S_IFREG | 0640, 1, "text");
    add("./cpio/link", 4, S_IFLNK | 0777, 1, "file");
    add("/cpio/one", 5, S_IFREG | 0755, 3, "");
    add("cpio/two", 5, S_IFREG | 0755, 3, "");
    add("cpio/three", 5, S_IFREG | 0755, 3, "three names");
    add("cpio/null", 6, S_IFCHR | 0666, 1, "");
    add("TRAILER!!!", 0, 0, 1, "");
}

TEST(files, an_archive_becomes_files)
{
    EXPECT(files_start());
    make_archive();
    EXPECT_EQ(initramfs_unpack(archive, size), OK);
    EXPECT(holds("/cpio/file", "text"));
    EXPECT(holds("/cpio/link", "text"));
    EXPECT(holds("/cpio/one", "three names"));
    EXPECT(holds("/cpio/three", "three names"));
    EXPECT(holds("/cpio/null", ""));
    struct dentry *directory = find("/cpio", 0), *one = find("/cpio/one", 0);
    EXPECT(directory && one);
    EXPECT_EQ(directory->inode->mode, S_IFDIR | 0700);
    EXPECT_EQ(one->inode->links, 3);
    EXPECT_EQ(one->inode->modified, INT64_C(1000) * 1000000000);
    EXPECT_EQ(one->references, 2);
    dentry_release(directory);
    dentry_release(one);
    EXPECT_EQ(initramfs_unpack(archive, size), ERROR_EXISTS);
}

TEST(files, a_broken_archive_is_said_once_and_what_came_before_stays)
{
    EXPECT(files_start());
    size = 0;
    add("before", 1, S_IFREG | 0644, 1, "whole");
    add("after", 2, S_IFREG | 0644, 1, "cut off");
    host_log[0] = '\0';
    EXPECT_EQ(initramfs_unpack(archive, size - 4), ERROR_INVALID);
    EXPECT(strstr(host_log, "initramfs: the archive is broken at byte"));
    EXPECT(holds("/before", "whole"));
    EXPECT(!find("/after", 0));
    EXPECT_EQ(path_remove(files_start(), NULL, "/before", false), OK);
}

/* The archive ends with its memory, so the sanitizer sees each byte that is read behind it. */
TEST(files, no_archive_is_read_beyond_its_end)
{
    struct cpio_entry entry;
    uint64_t state = 5;
    EXPECT(files_start());
    make_archive();
    for (unsigned i = 0; i < 3000; i++) {
        size_t length = i < size ? i : size;
        uint8_t *bytes = malloc(length);
        memcpy(bytes, archive, length);
        for (unsigned changes = random_below(&state, 3); length > 0 && changes > 0; changes--)
            bytes[random_below(&state, (uint32_t)length)] =
                (uint8_t) "0F\0/8"[random_below(&state, 5)];
        struct cpio cpio = {.bytes = bytes, .size = length};
        unsigned entries = 0;
        while (cpio_next(&cpio, &entry) == OK)
            entries++;
        free(bytes);
        EXPECT(entries <= 10);
    }
}
