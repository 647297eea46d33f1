/*
 * What a FAT's directories may contain that no program has written there by Cairn: the test changes
 * the bytes on the disk.
 */
#include <fs/file.h>
#include <fs/mount.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "memory_disk.h"
#include "memory_files.h"

enum { LISTED = 1024, SLOT = 32 };

static bool start(void)
{
    return memory_disk_start() && memory_disk_make("mkfs.fat -F 16 -s 1") &&
           memory_disk_mount("vfat", false) == OK;
}

static bool mount_again(void)
{
    return memory_disk_mount("vfat", false) == OK;
}

static enum error make(const char *path, uint32_t type)
{
    return path_make(disk_context, NULL, path, type | 0755, 0);
}

/* The slot on the disk that begins with these bytes; NULL: there is none. */
static uint8_t *find_slot(const void *bytes, size_t size)
{
    for (size_t at = 0; at < MEMORY_DISK_SIZE; at += SLOT) {
        if (memcmp(memory_disk + at, bytes, size) == 0)
            return memory_disk + at;
    }
    return NULL;
}

static char listed[LISTED]; /* names, each with a blank behind it */

static bool note(struct entry_sink *sink, const char *name, size_t length, uint64_t inode,
                 uint32_t type, uint64_t next)
{
    size_t before = strlen(listed);
    (void)sink, (void)inode, (void)type, (void)next;
    snprintf(listed + before, sizeof(listed) - before, "%.*s ", (int)length, name);
    return true;
}

/* Lists a directory from a position on. */
static enum error list(const char *path, uint64_t position)
{
    struct file *file;
    struct entry_sink sink = {.emit = note};
    enum error error = file_open(disk_context, NULL, path, O_RDONLY | O_DIRECTORY, 0, &file);
    if (error)
        return error;
    error = file_seek(file, (int64_t)position, SEEK_SET, &position);
    listed[0] = '\0';
    if (!error)
        error = file->operations->list(file, &sink);
    file_release(file);
    return error;
}

TEST(fat, a_listing_begins_at_any_position)
{
    static const char *const directories[] = {"/disk", "/disk/below"};
    EXPECT(start());
    EXPECT_EQ(make("/disk/below", S_IFDIR), OK);
    for (unsigned i = 0; i < 20; i++) {
        char path[64];
        snprintf(path, sizeof(path), "%s/a name of three slots %u", directories[i % 2], i);
        EXPECT_EQ(make(path, S_IFREG), OK);
    }
    for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
        for (uint64_t position = 0; position < 2000; position++)
            EXPECT_EQ(list(directories[i], position), OK);
        EXPECT_EQ(list(directories[i], INT64_MAX), OK);
        EXPECT_EQ(strlen(listed), 0);
    }
    EXPECT_EQ(memory_disk_unmount(), OK);
    memory_disk_end();
}

/* 255 units of UTF-16 can be 765 bytes of UTF-8. Such a file has its short name alone. */
TEST(fat, a_name_longer_than_255_bytes_is_known_by_its_short_one)
{
    enum { LENGTH = 100 };
    char path[LENGTH + 8] = "/disk/";
    struct file *file;
    EXPECT(start());
    memset(path + strlen(path), 'a', LENGTH);
    EXPECT_EQ(make(path, S_IFREG), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    uint8_t *slot = find_slot("AAAAAA~1", 8);
    EXPECT(slot);
    while (*(slot -= SLOT) < 0x40 || *slot == 0xe5) { /* to the last part of the long name */
        for (size_t i = 1; i + 1 < SLOT; i++) {
            if (slot[i] == 'a' && slot[i + 1] == 0)
                slot[i + 1] = 0x4e; /* a letter of three bytes in UTF-8 */
        }
    }
    EXPECT(mount_again());
    EXPECT_EQ(file_open(disk_context, NULL, "/disk/aaaaaa~1", O_RDONLY, 0, &file), OK);
    file_release(file);
    EXPECT_EQ(list("/disk", 0), OK);
    EXPECT(strcmp(listed, ". .. AAAAAA~1 ") == 0);
    EXPECT_EQ(path_remove(disk_context, NULL, "/disk/AAAAAA~1", false), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    EXPECT(memory_disk_is_clean("fsck.fat -n"));
    memory_disk_end();
}

/* They count as entries all the same. */
TEST(fat, names_that_no_path_can_have_are_not_shown)
{
    static const char *const names[] = {"A/B     TXT", "           "};
    EXPECT(start());
    EXPECT_EQ(make("/disk/below", S_IFDIR), OK);
    EXPECT_EQ(make("/disk/below/XYZ.TXT", S_IFREG), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    uint8_t *slot = find_slot("XYZ     TXT", 11);
    EXPECT(slot);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        memcpy(slot, names[i], 11);
        EXPECT(mount_again());
        EXPECT_EQ(list("/disk/below", 0), OK);
        EXPECT(strcmp(listed, ". .. ") == 0);
        EXPECT_EQ(path_remove(disk_context, NULL, "/disk/below", true), ERROR_NOT_EMPTY);
        EXPECT_EQ(memory_disk_unmount(), OK);
    }
    memory_disk_end();
}

static int64_t write_to(const char *path, const char *text)
{
    struct file *file;
    if (file_open(disk_context, NULL, path, O_WRONLY | O_CREAT, 0644, &file))
        return -1;
    int64_t size = write_bytes(file, text, strlen(text));
    file_release(file);
    return size;
}

/* The directory has no room for one slot more. The file that is replaced gives its own. */
TEST(fat, a_file_is_replaced_in_a_full_directory)
{
    struct file *file;
    char path[64], byte;
    EXPECT(start());
    EXPECT_EQ(make("/disk/d", S_IFDIR), OK);
    EXPECT_EQ(write_to("/disk/abc", "old"), 3);
    EXPECT_EQ(write_to("/disk/d/x", "new"), 3);
    enum error error = OK;
    for (unsigned i = 0; !error && i < 1000; i++) {
        snprintf(path, sizeof(path), "/disk/F%u", i);
        error = make(path, S_IFREG);
    }
    EXPECT_EQ(error, ERROR_FULL);
    EXPECT_EQ(path_rename(disk_context, NULL, "/disk/d/x", NULL, "/disk/Abc", 0), OK);
    EXPECT_EQ(list("/disk/d", 0), OK);
    EXPECT(strcmp(listed, ". .. ") == 0);
    for (unsigned round = 0; round < 2; round++) { /* the second time it comes from the disk */
        EXPECT_EQ(file_open(disk_context, NULL, "/disk/ABC", O_RDONLY, 0, &file), OK);
        EXPECT_EQ(read_bytes(file, &byte, 1), 1);
        EXPECT_EQ(byte, 'n');
        file_release(file);
        EXPECT_EQ(memory_disk_unmount(), OK);
        EXPECT(memory_disk_is_clean("fsck.fat -n"));
        EXPECT(mount_again());
    }
    EXPECT_EQ(memory_disk_unmount(), OK);
    memory_disk_end();
}

/* Nothing is changed before that is known. */
TEST(fat, a_directory_without_clusters_does_not_move)
{
    static const uint16_t firsts[] = {0, 1, 0xffef};
    EXPECT(start());
    EXPECT_EQ(make("/disk/a", S_IFDIR), OK);
    EXPECT_EQ(make("/disk/b", S_IFDIR), OK);
    EXPECT_EQ(make("/disk/a/SUB", S_IFDIR), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    uint8_t *slot = find_slot("SUB        ", 11);
    EXPECT(slot);
    for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
        memcpy(slot + 26, &firsts[i], 2);
        EXPECT(mount_again());
        EXPECT_EQ(path_rename(disk_context, NULL, "/disk/a/SUB", NULL, "/disk/b/SUB", 0),
                  ERROR_DEVICE);
        EXPECT_EQ(list("/disk/b", 0), OK);
        EXPECT(strcmp(listed, ". .. ") == 0);
        EXPECT_EQ(list("/disk/a", 0), OK);
        EXPECT(strcmp(listed, ". .. SUB ") == 0);
        EXPECT_EQ(memory_disk_unmount(), OK);
    }
    memory_disk_end();
}
