/*
 * ext2 on a disk in memory. Its images come from the build machine's mke2fs, and its e2fsck judges
 * them. Random operations are done on a tmpfs, too, which is the model. Images whose tables are
 * damaged give errors, and nothing else.
 */
#include <fs/file.h>
#include <fs/filesystem.h>
#include <fs/mount.h>
#include <kernel/task/clock.h>
#include <lib/random.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "memory_disk.h"
#include "memory_files.h"

enum { NAMES = 12, PIECE = 9000, FAR = 400000 };

/* --- Operations ------------------------------------------------------------------------------- */

static uint64_t seed;

static unsigned choose(unsigned below)
{
    return random_below(&seed, below);
}

/* A name below `root`, which is the disk's or the model's. */
static const char *name_of(const char *root, unsigned name)
{
    static char names[4][64];
    static unsigned next;
    char *text = names[next++ % 4];
    if (name % 3 == 0)
        snprintf(text, 64, "%s/d%u", root, name);
    else
        snprintf(text, 64, "%s/d%u/a_name_of_some_length_%u", root, name / 4 * 3, name);
    return text;
}

static int64_t write_at(const char *name, unsigned flags, uint64_t place, uint32_t first,
                        size_t size)
{
    static uint8_t bytes[PIECE];
    struct file *file;
    struct buffer buffer;
    enum error error = file_open(disk_context, NULL, name, flags, 0644, &file);
    if (error)
        return -(int64_t)error;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(first + i);
    buffer_init_kernel(&buffer, bytes, size);
    error = file_write_at(file, &buffer, place);
    file_release(file);
    return error ? -(int64_t)error : (int64_t)(size - buffer.left);
}

static int64_t cut(const char *name, uint64_t size)
{
    struct file *file;
    enum error error = file_open(disk_context, NULL, name, O_RDWR, 0, &file);
    if (!error) {
        error = file_set_size(file, size);
        file_release(file);
    }
    return error;
}

/* A file's mode, links and content as one number; an error as a negative one. */
static int64_t digest(const char *name)
{
    static uint8_t bytes[PIECE];
    struct dentry *found;
    struct file *file;
    enum error error = path_walk(disk_context, NULL, name, 0, &found);
    if (error)
        return -(int64_t)error;
    const struct inode *inode = found->inode;
    uint64_t sum = inode->mode * UINT64_C(31) + inode->links;
    bool is_file = inode_type(inode) == S_IFREG;
    dentry_release(found);
    if (!is_file)
        return (int64_t)(sum & INT64_MAX);
    error = file_open(disk_context, NULL, name, O_RDONLY, 0, &file);
    if (error)
        return -(int64_t)error;
    int64_t read;
    while ((read = read_bytes(file, bytes, sizeof(bytes))) > 0) {
        for (int64_t i = 0; i < read; i++)
            sum = sum * 31 + bytes[i];
    }
    file_release(file);
    return read ? read : (int64_t)(sum & INT64_MAX);
}

/* One operation, chosen by `seed`, below the disk's or the model's root. */
static int64_t operate(const char *root)
{
    unsigned name = choose(NAMES), other = choose(NAMES), kind = choose(20);
    const char *one = name_of(root, name), *two = name_of(root, other);
    switch (kind) {
    case 0:
        return path_make(disk_context, NULL, name_of(root, name / 3 * 3), S_IFDIR | 0755, 0);
    case 1:
        return path_remove(disk_context, NULL, one, name % 3 == 0);
    case 2:
    case 3:
        return path_remove(disk_context, NULL, one, false);
    case 4:
    case 5:
    case 6:
        return path_rename(disk_context, NULL, one, NULL, two, 0);
    case 7:
        return path_symlink(disk_context, NULL, one, name % 2 ? "short" : two + strlen(root));
    case 8: {
        struct path file;
        enum error error = path_find(disk_context, NULL, one, 0, &file);
        if (!error) {
            error = path_link(disk_context, &file, NULL, two);
            path_release(&file);
        }
        return error;
    }
    case 9:
        return path_make(disk_context, NULL, one, S_IFIFO | 0600, 0);
    case 10:
        return cut(one, choose(FAR));
    case 11:
        return write_at(one, O_RDWR | O_NOFOLLOW, choose(FAR), choose(256), choose(PIECE));
    case 12:
        return write_at(one, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0, choose(256),
                        choose(PIECE));
    case 13:
    case 14:
        return digest(one);
    default:
        return write_at(one, O_RDWR | O_CREAT | O_NOFOLLOW, choose(3 * PIECE), choose(256),
                        choose(PIECE));
    }
}

static char model[16]; /* the directory on a tmpfs that has the same files */

/* Does the same operation on both, and compares the results. */
static bool operate_on_both(uint32_t step)
{
    seed = step;
    (void)choose(1);
    int64_t on_disk = operate("/disk");
    seed = step;
    (void)choose(1);
    int64_t on_model = operate(model);
    if (on_disk != on_model)
        printf("# step %u: %lld, but the model says %lld\n", step, (long long)on_disk,
               (long long)on_model);
    return on_disk == on_model;
}

static bool are_alike(void)
{
    bool alike = true;
    for (unsigned name = 0; name < NAMES; name++) {
        int64_t on_disk = digest(name_of("/disk", name)), on_model = digest(name_of(model, name));
        if (on_disk != on_model)
            printf("# %s: %lld, but the model says %lld\n", name_of("", name), (long long)on_disk,
                   (long long)on_model);
        alike &= on_disk == on_model;
    }
    return alike;
}

#define MAKE "mke2fs -q -F -t ext2 "
static const char *const kinds[] = {MAKE "-b 1024", MAKE "-b 4096", MAKE "-b 2048 -r 0",
                                    MAKE "-b 1024 -I 256 -N 64"};

TEST(ext2, random_operations_agree_with_a_model)
{
    enum { ROUNDS = 6, STEPS = 250 };
    EXPECT(memory_disk_start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        EXPECT(memory_disk_make(kinds[kind]));
        snprintf(model, sizeof(model), "/model%zu", kind);
        EXPECT_EQ(path_make(disk_context, NULL, model, S_IFDIR | 0755, 0), OK);
        bool agree = true;
        for (uint32_t round = 0; agree && round < ROUNDS; round++) {
            EXPECT_EQ(memory_disk_mount("ext2", false), OK);
            agree = are_alike();
            for (uint32_t i = 0; agree && i < STEPS; i++) {
                agree = operate_on_both((uint32_t)kind << 24 | round << 16 | i);
                if (i % 40 == 0)
                    mounts_sync();
            }
            agree = agree && are_alike();
            EXPECT_EQ(memory_disk_unmount(), OK);
            EXPECT(memory_disk_is_clean("e2fsck -fn"));
        }
        EXPECT(agree);
    }
    memory_disk_end();
}

/* An operation that finds no room in its middle leaves nothing behind. */
TEST(ext2, a_full_disk_is_clean_and_has_room_again)
{
    EXPECT(memory_disk_start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        EXPECT(memory_disk_make(kinds[kind]));
        EXPECT_EQ(memory_disk_mount("ext2", false), OK);
        int64_t written = PIECE;
        uint64_t place = 0;
        for (; written == PIECE; place += PIECE)
            written = write_at("/disk/a", O_RDWR | O_CREAT, place, 0, PIECE);
        EXPECT_EQ(written, -(int64_t)ERROR_FULL);
        EXPECT_EQ(write_at("/disk/a", O_RDWR, 2 * place, 0, PIECE), -(int64_t)ERROR_FULL);
        EXPECT_EQ(memory_disk_unmount(), OK);
        EXPECT(memory_disk_is_clean("e2fsck -fn"));
        EXPECT_EQ(memory_disk_mount("ext2", false), OK);
        EXPECT_EQ(path_remove(disk_context, NULL, "/disk/a", false), OK);
        EXPECT_EQ(write_at("/disk/a", O_RDWR | O_CREAT, 0, 0, PIECE), PIECE);
        EXPECT_EQ(path_make(disk_context, NULL, "/disk/b", S_IFDIR | 0755, 0), OK);
        EXPECT_EQ(memory_disk_unmount(), OK);
        EXPECT(memory_disk_is_clean("e2fsck -fn"));
    }
    memory_disk_end();
}

/* The directory's block is full, and there is no other one: the old file cannot have a hidden name.
 */
TEST(ext2, a_file_is_replaced_on_a_full_disk)
{
    enum { FILES = 25, WIDTH = 32 }; /* 40 bytes each, beside . and .. */
    char path[64];
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(kinds[0]));
    EXPECT_EQ(memory_disk_mount("ext2", false), OK);
    EXPECT_EQ(path_make(disk_context, NULL, "/disk/d", S_IFDIR | 0755, 0), OK);
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "/disk/d/%0*u", WIDTH, i);
        EXPECT_EQ(write_at(path, O_RDWR | O_CREAT, 0, i, 10), 10);
    }
    for (uint64_t place = 0; write_at("/disk/a", O_RDWR | O_CREAT, place, 0, PIECE) == PIECE;)
        place += PIECE;
    mounts_sync();
    EXPECT_EQ(
        path_rename(disk_context, NULL, path, NULL, "/disk/d/00000000000000000000000000000003", 0),
        OK);
    EXPECT_EQ(memory_disk_unmount(), OK);
    EXPECT(memory_disk_is_clean("e2fsck -fn"));
    memory_disk_end();
}

/* Reads, then also writes, whatever the tables say. */
static void use_damaged(uint32_t from, bool is_read_only)
{
    if (memory_disk_mount("ext2", is_read_only))
        return;
    for (uint32_t i = 0; i < 60; i++) {
        seed = from + i;
        (void)choose(1);
        (void)operate("/disk");
    }
    for (unsigned name = 0; name < NAMES; name++)
        (void)digest(name_of("/disk", name));
    EXPECT_EQ(memory_disk_unmount(), OK);
}

TEST(ext2, damaged_tables_do_no_harm)
{
    enum { IMAGES = 60, TABLES = 250 * 1024, CHANGES = 40 };
    static uint8_t good[MEMORY_DISK_SIZE];
    EXPECT(memory_disk_start());
    for (size_t kind = 0; kind < 2; kind++) {
        EXPECT(memory_disk_make(kinds[kind]));
        EXPECT_EQ(memory_disk_mount("ext2", false), OK);
        for (uint32_t i = 0; i < 400; i++) {
            seed = i;
            (void)choose(1);
            (void)operate("/disk");
        }
        EXPECT_EQ(memory_disk_unmount(), OK);
        memcpy(good, memory_disk, MEMORY_DISK_SIZE);
        for (uint32_t i = 0; i < IMAGES; i++) {
            memcpy(memory_disk, good, MEMORY_DISK_SIZE);
            seed = i * 7919 + (uint32_t)kind;
            for (unsigned change = 0; change < CHANGES; change++)
                memory_disk[1024 + choose(change % 8 ? TABLES : 200)] = (uint8_t)choose(256);
            memory_disk[1024 + 56] = 0x53; /* else it is no ext2 */
            memory_disk[1024 + 57] = 0xef;
            use_damaged(i, i % 2);
        }
    }
    memory_disk_end();
}

static enum error try_to_write(void)
{
    struct file *file;
    enum error error = file_open(disk_context, NULL, "/disk/new", O_RDWR | O_CREAT, 0644, &file);
    if (!error)
        file_release(file);
    return error;
}

/* Each write in turn is the first one that fails, with all that follow. */
TEST(ext2, a_disk_that_fails_makes_it_read_only)
{
    EXPECT(memory_disk_start());
    for (unsigned after = 1; after < 60; after++) {
        EXPECT(memory_disk_make(kinds[after % 2]));
        memory_disk_failures_after = after;
        if (memory_disk_mount("ext2", false) == OK) {
            for (uint32_t i = 0; i < 120; i++) { /* more writes than the loop above allows */
                seed = i;
                (void)choose(1);
                (void)operate("/disk");
                if (i % 9 == 0)
                    mounts_sync();
            }
            EXPECT_EQ(try_to_write(), ERROR_READ_ONLY);
            EXPECT_EQ(memory_disk_unmount(), OK);
        }
        memory_disk_failures_after = 0;
    }
    memory_disk_end();
}

/* --- What may be mounted, and how --------------------------------------------------------------
 */

enum { SUPER = 1024, STATE = SUPER + 58, INCOMPATIBLE = SUPER + 96, FOR_WRITERS = SUPER + 100 };

TEST(ext2, features_that_are_not_known_are_refused)
{
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(kinds[0]));
    uint8_t known = memory_disk[INCOMPATIBLE], known_to_writers = memory_disk[FOR_WRITERS];
    for (unsigned bit = 0; bit < 8; bit++) {
        memory_disk[INCOMPATIBLE] = (uint8_t)(known | 1u << bit);
        EXPECT_EQ(memory_disk_mount("ext2", true), bit == 1 ? OK : ERROR_INVALID);
        if (bit == 1)
            EXPECT_EQ(memory_disk_unmount(), OK);
        memory_disk[INCOMPATIBLE] = known;
        memory_disk[FOR_WRITERS] = (uint8_t)(known_to_writers | 1u << bit);
        EXPECT_EQ(memory_disk_mount("ext2", false), OK);
        EXPECT_EQ(try_to_write(), bit < 2 ? OK : ERROR_READ_ONLY);
        EXPECT_EQ(memory_disk_unmount(), OK);
        memory_disk[FOR_WRITERS] = known_to_writers;
    }
    memory_disk_end();
}

static uint64_t free_blocks(void)
{
    struct path root;
    struct filesystem_statistics statistics = {0};
    if (path_find(disk_context, NULL, "/disk", 0, &root))
        return 0;
    struct filesystem *filesystem = root.dentry->inode->filesystem;
    filesystem->type->statistics(filesystem, &statistics);
    path_release(&root);
    return statistics.free_blocks;
}

/* It is clean whenever it is read-only; one that is not clean stays read-only. */
TEST(ext2, a_mount_becomes_read_only_and_writable_again)
{
    struct file *file;
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(kinds[0]));
    EXPECT_EQ(memory_disk_mount("ext2", false), OK);
    uint64_t before = free_blocks();
    EXPECT_EQ(write_at("/disk/f", O_RDWR | O_CREAT, 0, 1, PIECE), PIECE);
    EXPECT(free_blocks() < before);
    EXPECT_EQ(file_open(disk_context, NULL, "/disk/f", O_RDWR, 0, &file), OK);
    EXPECT_EQ(memory_disk_change(MOUNT_READ_ONLY), ERROR_BUSY);
    EXPECT_EQ(path_remove(disk_context, NULL, "/disk/f", false), OK);
    EXPECT_EQ(memory_disk_change(MOUNT_READ_ONLY), ERROR_BUSY);
    file_release(file);
    EXPECT_EQ(free_blocks(), before); /* what was removed is free at once for those who ask */
    EXPECT_EQ(memory_disk_change(MOUNT_READ_ONLY), OK);
    EXPECT(memory_disk_is_clean("e2fsck -fn"));
    EXPECT_EQ(try_to_write(), ERROR_READ_ONLY);
    EXPECT_EQ(memory_disk_change(0), OK);
    EXPECT_EQ(try_to_write(), OK);
    EXPECT_EQ(memory_disk_change(MOUNT_READ_ONLY), OK);
    memory_disk[STATE] = 0;
    EXPECT_EQ(memory_disk_change(0), ERROR_READ_ONLY);
    EXPECT_EQ(memory_disk_unmount(), OK);
    EXPECT_EQ(memory_disk_mount("ext2", false), OK);
    EXPECT_EQ(try_to_write(), ERROR_READ_ONLY);
    EXPECT_EQ(memory_disk_unmount(), OK);
    memory_disk_end();
}

static struct inode_attributes attributes_of(const char *path)
{
    struct dentry *found;
    struct inode_attributes result = {0};
    if (path_walk(disk_context, NULL, path, 0, &found))
        return result;
    result.accessed = found->inode->accessed;
    result.modified = found->inode->modified;
    dentry_release(found);
    return result;
}

static enum error set_modified(const char *path, int64_t modified)
{
    struct path found;
    enum error error = path_find(disk_context, NULL, path, 0, &found);
    if (error)
        return error;
    const struct inode_attributes times = {.set = ATTRIBUTE_MODIFIED, .modified = modified};
    error = path_set_attributes(disk_context, &found, found.dentry->inode, &times);
    path_release(&found);
    return error;
}

/* What a program sees of a time does not change when the file is read from the disk again. */
TEST(ext2, times_are_those_that_the_disk_can_hold)
{
    enum { SECONDS = 1500000000 };
    static const struct {
        int64_t wanted, held;
    } times[] = {{INT64_C(1500000000900000000), INT64_C(1500000000000000000)},
                 {INT64_C(-1500000000), INT64_C(-2000000000)},
                 {INT64_C(5000000000000000000), INT32_MAX * INT64_C(1000000000)},
                 {INT64_C(-5000000000000000000), INT32_MIN * INT64_C(1000000000)}};
    struct file *file;
    char byte;
    EXPECT(memory_disk_start());
    EXPECT(memory_disk_make(kinds[0]));
    EXPECT_EQ(memory_disk_mount("ext2", false), OK);
    EXPECT_EQ(write_at("/disk/f", O_RDWR | O_CREAT, 0, 1, PIECE), PIECE);
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        EXPECT_EQ(set_modified("/disk/f", times[i].wanted), OK);
        EXPECT_EQ(attributes_of("/disk/f").modified, times[i].held);
        EXPECT_EQ(memory_disk_unmount(), OK);
        EXPECT_EQ(memory_disk_mount("ext2", false), OK);
        EXPECT_EQ(attributes_of("/disk/f").modified, times[i].held);
    }
    EXPECT_EQ(memory_disk_change(MOUNT_STRICT_ATIME), OK);
    clock_set_real(SECONDS * INT64_C(1000000000) + 1);
    EXPECT_EQ(file_open(disk_context, NULL, "/disk/f", O_RDONLY, 0, &file), OK);
    EXPECT_EQ(read_bytes(file, &byte, 1), 1);
    file_release(file);
    EXPECT_EQ(attributes_of("/disk/f").accessed, SECONDS * INT64_C(1000000000));
    EXPECT_EQ(memory_disk_unmount(), OK);
    memory_disk_end();
}
