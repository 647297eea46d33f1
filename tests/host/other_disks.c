/*
 * FAT and ISO 9660 on a disk in memory. The images come from the build machine's tools. After
 * random operations its fsck.fat finds nothing, and each file is what it was before the last mount.
 * Tables that are damaged, and disks that fail, give errors and nothing else.
 */
#include <fs/file.h>
#include <fs/filesystem.h>
#include <fs/mount.h>
#include <lib/random.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "memory_disk.h"
#include "memory_files.h"

enum { NAMES = 24, PIECE = 9000, FAR = 200000, PATH = 128 };

static uint64_t seed;

static unsigned choose(unsigned below)
{
    return random_below(&seed, below);
}

/* --- Operations ------------------------------------------------------------------------------- */

/* Every third name is a directory's; the others are in one of those, and are long or short. */
static void name_of(char *path, unsigned name)
{
    if (name % 3 == 0)
        snprintf(path, PATH, "/disk/D%u", name);
    else if (name % 3 == 1)
        snprintf(path, PATH, "/disk/D%u/F%u.TXT", name / 6 * 3, name);
    else
        snprintf(path, PATH, "/disk/D%u/a name that is long, of file %u", name / 6 * 3, name);
}

static void write_some(const char *path)
{
    static uint8_t bytes[PIECE];
    struct file *file;
    struct buffer buffer;
    unsigned flags = O_RDWR | (choose(3) ? O_CREAT : 0) | (choose(4) ? 0 : O_TRUNC);
    if (file_open(disk_context, NULL, path, flags, 0644, &file))
        return;
    memset(bytes, (int)choose(256), sizeof(bytes));
    buffer_init_kernel(&buffer, bytes, choose(PIECE));
    (void)file_write_at(file, &buffer, choose(4) ? choose(PIECE) : choose(FAR));
    if (choose(4) == 0)
        (void)file_set_size(file, choose(FAR));
    if (choose(8) == 0)
        (void)file_sync(file);
    file_release(file);
}

/* A file's content as one number; 0: it cannot be opened. */
static uint64_t digest(const char *path)
{
    static uint8_t bytes[PIECE];
    struct file *file;
    uint64_t sum = 1;
    int64_t read;
    if (file_open(disk_context, NULL, path, O_RDONLY, 0, &file))
        return 0;
    while ((read = read_bytes(file, bytes, sizeof(bytes))) > 0) {
        for (int64_t i = 0; i < read; i++)
            sum = sum * 31 + bytes[i];
    }
    file_release(file);
    return sum;
}

static bool count_entry(struct entry_sink *sink, const char *name, size_t length, uint64_t inode,
                        uint32_t type, uint64_t next)
{
    (void)sink, (void)name, (void)length, (void)inode, (void)type, (void)next;
    return true;
}

static enum error list(const char *path)
{
    struct file *file;
    struct entry_sink sink = {.emit = count_entry};
    enum error error = file_open(disk_context, NULL, path, O_RDONLY | O_DIRECTORY, 0, &file);
    if (error)
        return error;
    error = file->operations->list(file, &sink);
    file_release(file);
    return error;
}

static void operate(void)
{
    char one[PATH], two[PATH];
    unsigned name = choose(NAMES);
    name_of(one, name);
    name_of(two, choose(NAMES));
    switch (choose(10)) {
    case 0:
        name_of(one, name / 3 * 3);
        (void)path_make(disk_context, NULL, one, S_IFDIR | 0755, 0);
        break;
    case 1:
        (void)path_remove(disk_context, NULL, one, name % 3 == 0);
        break;
    case 2:
    case 3:
        (void)path_rename(disk_context, NULL, one, NULL, two, 0);
        break;
    case 4:
        (void)list(one);
        break;
    case 5:
        mounts_sync();
        break;
    default:
        write_some(one);
    }
}

static void digest_all(uint64_t *digests)
{
    char path[PATH];
    for (unsigned i = 0; i < NAMES; i++) {
        name_of(path, i);
        digests[i] = i % 3 ? digest(path) : 0;
    }
}

/* --- FAT -------------------------------------------------------------------------------------- */

/* FAT 32 has more clusters than this disk. */
static const char *const fats[] = {"mkfs.fat -F 12 -s 8", "mkfs.fat -F 16 -s 1"};

TEST(other_disks, fat_keeps_what_is_written)
{
    enum { ROUNDS = 4, STEPS = 300 };
    EXPECT(memory_disk_start());
    for (uint32_t kind = 0; kind < ARRAY_SIZE(fats); kind++) {
        uint64_t before[NAMES], after[NAMES];
        EXPECT(memory_disk_make(fats[kind]));
        for (uint32_t round = 0; round < ROUNDS; round++) {
            EXPECT_EQ(memory_disk_mount("vfat", false), OK);
            seed = kind << 16 | round;
            for (unsigned step = 0; step < STEPS; step++)
                operate();
            digest_all(before);
            EXPECT_EQ(memory_disk_unmount(), OK);
            EXPECT(memory_disk_is_clean("fsck.fat -n"));
            EXPECT_EQ(memory_disk_mount("vfat", true), OK);
            digest_all(after);
            EXPECT_EQ(memory_disk_unmount(), OK);
            EXPECT_EQ(memcmp(before, after, sizeof(before)), 0);
        }
    }
    memory_disk_end();
}

static struct filesystem *disk_filesystem(void)
{
    struct path root;
    if (path_find(disk_context, NULL, "/disk", 0, &root))
        return NULL;
    struct filesystem *filesystem = root.dentry->inode->filesystem;
    path_release(&root);
    return filesystem;
}

static enum error make(const char *path)
{
    return path_make(disk_context, NULL, path, S_IFDIR | 0755, 0);
}

TEST(other_disks, fat_becomes_read_only_and_writable_again)
{
    struct filesystem_statistics before = {0}, after = {0};
    struct file *file;
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(fats[1]));
    EXPECT_EQ(memory_disk_mount("vfat", false), OK);
    struct filesystem *filesystem = disk_filesystem();
    filesystem->type->statistics(filesystem, &before);
    EXPECT_EQ(make("/disk/made"), OK);
    seed = 1;
    for (unsigned step = 0; step < 100; step++)
        operate();
    filesystem->type->statistics(filesystem, &after);
    EXPECT(before.blocks == after.blocks && before.free_blocks > after.free_blocks);
    EXPECT_EQ(file_open(disk_context, NULL, "/disk/file", O_RDWR | O_CREAT, 0644, &file), OK);
    EXPECT_EQ(memory_disk_change(MOUNT_READ_ONLY), ERROR_BUSY);
    file_release(file);
    EXPECT_EQ(memory_disk_change(MOUNT_READ_ONLY), OK);
    EXPECT(memory_disk_is_clean("fsck.fat -n"));
    EXPECT_EQ(make("/disk/more"), ERROR_READ_ONLY);
    EXPECT_EQ(memory_disk_change(0), OK);
    EXPECT_EQ(make("/disk/more"), OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    EXPECT(memory_disk_is_clean("fsck.fat -n"));
    memory_disk_end();
}

/* --- Damage ----------------------------------------------------------------------------------- */

/* Changes bytes of the tables, most of them near the start, and uses what can be mounted. */
static void use_damaged(const char *type, const uint8_t *good, uint32_t number, size_t first)
{
    enum { CHANGES = 20, STEPS = 60, TABLES = 64 * 1024, HEAD = 128 };
    uint64_t digests[NAMES];
    memcpy(memory_disk, good, MEMORY_DISK_SIZE);
    seed = number * 7919;
    for (unsigned i = 0; i < CHANGES; i++)
        memory_disk[first + choose(i % 10 ? TABLES : HEAD)] = (uint8_t)choose(256);
    if (memory_disk_mount(type, number % 2))
        return;
    for (unsigned step = 0; step < STEPS; step++)
        operate();
    digest_all(digests);
    (void)list("/disk");
    EXPECT_EQ(memory_disk_unmount(), OK);
}

static uint8_t good[MEMORY_DISK_SIZE];

TEST(other_disks, damaged_fats_do_no_harm)
{
    enum { IMAGES = 60 };
    EXPECT(memory_disk_start());
    for (uint32_t kind = 0; kind < ARRAY_SIZE(fats); kind++) {
        EXPECT(memory_disk_make(fats[kind]));
        EXPECT_EQ(memory_disk_mount("vfat", false), OK);
        seed = kind;
        for (unsigned step = 0; step < 200; step++)
            operate();
        EXPECT_EQ(memory_disk_unmount(), OK);
        memcpy(good, memory_disk, MEMORY_DISK_SIZE);
        for (uint32_t i = 0; i < IMAGES; i++)
            use_damaged("vfat", good, i, 0);
    }
    memory_disk_end();
}

static const char make_iso[] =
    "mkdir -p /tmp/cairn-iso/D0/D3; echo x >/tmp/cairn-iso/D0/F1.TXT; ln -sf F1.TXT "
    "/tmp/cairn-iso/D0/link; xorriso -report_about SORRY -as mkisofs -quiet -R -o "
    "/tmp/cairn-iso.img /tmp/cairn-iso; "
    "rm -r /tmp/cairn-iso; mv /tmp/cairn-iso.img ";

TEST(other_disks, damaged_isos_do_no_harm)
{
    enum { IMAGES = 200, VOLUME = 16 * 2048 };
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(make_iso));
    memcpy(good, memory_disk, MEMORY_DISK_SIZE);
    EXPECT_EQ(memory_disk_mount("iso9660", false), ERROR_ACCESS);
    EXPECT_EQ(memory_disk_mount("iso9660", true), OK);
    struct filesystem_statistics statistics = {0};
    disk_filesystem()->type->statistics(disk_filesystem(), &statistics);
    EXPECT(statistics.blocks > 0 && statistics.free_blocks == 0);
    EXPECT(digest("/disk/D0/F1.TXT") && digest("/disk/D0/link"));
    EXPECT_EQ(memory_disk_unmount(), OK);
    for (uint32_t i = 0; i < IMAGES; i++)
        use_damaged("iso9660", good, i, VOLUME);
    memory_disk_end();
}

/* The record in its directory of the file F1.TXT. NULL: there is none. */
static uint8_t *iso_record(void)
{
    enum { HEAD = 33 };
    static const char name[] = "F1.TXT;1";
    for (size_t at = HEAD; at + sizeof(name) <= MEMORY_DISK_SIZE; at++) {
        if (memcmp(memory_disk + at, name, strlen(name)) == 0)
            return memory_disk + at - HEAD;
    }
    return NULL;
}

/* Copies of a record fill the rest of its sector. */
TEST(other_disks, an_iso_record_that_ends_beyond_its_sector_is_an_error)
{
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(make_iso));
    uint8_t *record = iso_record(), *copy = record;
    EXPECT(record);
    size_t length = record[0], left = 2048 - (size_t)(record - memory_disk) % 2048;
    while (left >= 2 * length) {
        copy += length;
        left -= length;
        memcpy(copy, record, length);
    }
    memset(copy + length, 0, left - length);
    for (unsigned beyond = 0; beyond < 2; beyond++) {
        EXPECT(left + beyond <= UINT8_MAX);
        copy[0] = (uint8_t)(left + beyond);
        EXPECT_EQ(memory_disk_mount("iso9660", true), OK);
        EXPECT_EQ(list("/disk/D0"), beyond ? ERROR_DEVICE : OK);
        EXPECT_EQ(memory_disk_unmount(), OK);
    }
    memory_disk_end();
}

/* A name that was looked up stays, and with it what was read of the file. */
TEST(other_disks, an_iso_is_read_once)
{
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(make_iso));
    EXPECT_EQ(memory_disk_mount("iso9660", true), OK);
    uint64_t first = digest("/disk/D0/F1.TXT");
    EXPECT(first);
    memory_disk_reads_fail = true;
    memory_disk_failures_after = 1;
    EXPECT_EQ(digest("/disk/D0/F1.TXT"), first);
    memory_disk_failures_after = 0;
    memory_disk_reads_fail = false;
    EXPECT_EQ(memory_disk_unmount(), OK);
    memory_disk_end();
}

/* Each command in turn is the first one that fails, with all that follow. */
TEST(other_disks, a_disk_that_fails_at_any_command_can_be_unmounted)
{
    static const struct {
        const char *type, *tool;
    } kinds[] = {{"vfat", "mkfs.fat -F 16 -s 1"},
                 {"ext2", "mke2fs -q -F -t ext2 -b 1024"},
                 {"iso9660", make_iso}};
    EXPECT(memory_disk_start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        EXPECT(memory_disk_make(kinds[kind].tool));
        memcpy(good, memory_disk, MEMORY_DISK_SIZE);
        unsigned mounted = 0;
        for (unsigned after = 1; after < 60; after++) {
            uint64_t digests[NAMES];
            memcpy(memory_disk, good, MEMORY_DISK_SIZE);
            memory_disk_reads_fail = true;
            memory_disk_failures_after = after;
            if (memory_disk_mount(kinds[kind].type, kind == 2) == OK) {
                mounted++;
                seed = after;
                for (unsigned step = 0; step < 60; step++)
                    operate();
                digest_all(digests);
                EXPECT_EQ(memory_disk_unmount(), OK);
            }
            memory_disk_failures_after = 0;
        }
        EXPECT(mounted > 30);
    }
    memory_disk_end();
}
