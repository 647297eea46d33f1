/*
 * ext2 on a disk in memory. Its images come from the build machine's mke2fs, and its e2fsck judges
 * them. Random operations are done on a tmpfs, too, which is the model. Images whose tables are
 * damaged give errors, and nothing else.
 */
#include <fs/file.h>
#include <fs/filesystem.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "ext2_disk.h"
#include "files.h"

enum { NAMES = 12, PIECE = 9000, FAR = 400000 };

/* --- Operations ------------------------------------------------------------------------------- */

static uint32_t seed;

static unsigned choose(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* A name below the root of one of both. */
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
    enum error error = file_open(ext2_context, NULL, name, flags, 0644, &file);
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
    enum error error = file_open(ext2_context, NULL, name, O_RDWR, 0, &file);
    if (!error) {
        error = file_set_size(file, size);
        file_release(file);
    }
    return error;
}

/* What a file is, as one number; an error less 0. */
static int64_t digest(const char *name)
{
    static uint8_t bytes[PIECE];
    struct dentry *found;
    struct file *file;
    enum error error = path_walk(ext2_context, NULL, name, 0, &found);
    if (error)
        return -(int64_t)error;
    const struct inode *inode = found->inode;
    uint64_t sum = inode->mode * UINT64_C(31) + inode->links;
    bool is_file = inode_type(inode) == S_IFREG;
    dentry_release(found);
    if (!is_file)
        return (int64_t)(sum & INT64_MAX);
    error = file_open(ext2_context, NULL, name, O_RDONLY, 0, &file);
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

/* One operation, chosen by `seed`, below one of both roots. */
static int64_t operate(const char *root)
{
    unsigned name = choose(NAMES), other = choose(NAMES), kind = choose(20);
    const char *one = name_of(root, name), *two = name_of(root, other);
    switch (kind) {
    case 0:
        return path_make(ext2_context, NULL, name_of(root, name / 3 * 3), S_IFDIR | 0755, 0);
    case 1:
        return path_remove(ext2_context, NULL, one, name % 3 == 0);
    case 2:
    case 3:
        return path_remove(ext2_context, NULL, one, false);
    case 4:
    case 5:
    case 6:
        return path_rename(ext2_context, NULL, one, NULL, two, 0);
    case 7:
        return path_symlink(ext2_context, NULL, one, name % 2 ? "short" : two + strlen(root));
    case 8: {
        struct path file;
        enum error error = path_find(ext2_context, NULL, one, 0, &file);
        if (!error) {
            error = path_link(ext2_context, &file, NULL, two);
            path_release(&file);
        }
        return error;
    }
    case 9:
        return path_make(ext2_context, NULL, one, S_IFIFO | 0600, 0);
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

/* The same one on both. */
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

static const char *const kinds[] = {"-b 1024", "-b 4096", "-b 2048 -r 0", "-b 1024 -I 256 -N 64"};

TEST(ext2, random_operations_agree_with_a_model)
{
    enum { ROUNDS = 6, STEPS = 250 };
    EXPECT(ext2_disk_start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        EXPECT(ext2_disk_make(kinds[kind]));
        snprintf(model, sizeof(model), "/model%zu", kind);
        EXPECT_EQ(path_make(ext2_context, NULL, model, S_IFDIR | 0755, 0), OK);
        bool agree = true;
        for (uint32_t round = 0; agree && round < ROUNDS; round++) {
            EXPECT_EQ(ext2_disk_mount(false), OK);
            agree = are_alike();
            for (uint32_t i = 0; agree && i < STEPS; i++) {
                agree = operate_on_both((uint32_t)kind << 24 | round << 16 | i);
                if (i % 40 == 0)
                    mounts_sync();
            }
            agree = agree && are_alike();
            EXPECT_EQ(ext2_disk_unmount(), OK);
            EXPECT(ext2_disk_is_clean());
        }
        EXPECT(agree);
    }
    ext2_disk_end();
}

/* What was begun when the room ended leaves nothing behind. */
TEST(ext2, a_full_disk_is_clean_and_has_room_again)
{
    EXPECT(ext2_disk_start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        EXPECT(ext2_disk_make(kinds[kind]));
        EXPECT_EQ(ext2_disk_mount(false), OK);
        int64_t written = PIECE;
        uint64_t place = 0;
        for (; written == PIECE; place += PIECE)
            written = write_at("/disk/a", O_RDWR | O_CREAT, place, 0, PIECE);
        EXPECT_EQ(written, -(int64_t)ERROR_FULL);
        EXPECT_EQ(write_at("/disk/a", O_RDWR, 2 * place, 0, PIECE), -(int64_t)ERROR_FULL);
        EXPECT_EQ(ext2_disk_unmount(), OK);
        EXPECT(ext2_disk_is_clean());
        EXPECT_EQ(ext2_disk_mount(false), OK);
        EXPECT_EQ(path_remove(ext2_context, NULL, "/disk/a", false), OK);
        EXPECT_EQ(write_at("/disk/a", O_RDWR | O_CREAT, 0, 0, PIECE), PIECE);
        EXPECT_EQ(path_make(ext2_context, NULL, "/disk/b", S_IFDIR | 0755, 0), OK);
        EXPECT_EQ(ext2_disk_unmount(), OK);
        EXPECT(ext2_disk_is_clean());
    }
    ext2_disk_end();
}

/* Reads, then also writes, whatever the tables say. */
static void use_damaged(uint32_t from, bool is_read_only)
{
    if (ext2_disk_mount(is_read_only))
        return;
    for (uint32_t i = 0; i < 60; i++) {
        seed = from + i;
        (void)choose(1);
        (void)operate("/disk");
    }
    for (unsigned name = 0; name < NAMES; name++)
        (void)digest(name_of("/disk", name));
    EXPECT_EQ(ext2_disk_unmount(), OK);
}

TEST(ext2, damaged_tables_are_errors)
{
    enum { IMAGES = 60, TABLES = 250 * 1024, CHANGES = 40 };
    static uint8_t good[EXT2_DISK_SIZE];
    EXPECT(ext2_disk_start());
    for (size_t kind = 0; kind < 2; kind++) {
        EXPECT(ext2_disk_make(kinds[kind]));
        EXPECT_EQ(ext2_disk_mount(false), OK);
        for (uint32_t i = 0; i < 400; i++) {
            seed = i;
            (void)choose(1);
            (void)operate("/disk");
        }
        EXPECT_EQ(ext2_disk_unmount(), OK);
        memcpy(good, ext2_image, EXT2_DISK_SIZE);
        for (uint32_t i = 0; i < IMAGES; i++) {
            memcpy(ext2_image, good, EXT2_DISK_SIZE);
            seed = i * 7919 + (uint32_t)kind;
            for (unsigned change = 0; change < CHANGES; change++)
                ext2_image[1024 + choose(change % 8 ? TABLES : 200)] = (uint8_t)choose(256);
            ext2_image[1024 + 56] = 0x53; /* else it is no ext2 */
            ext2_image[1024 + 57] = 0xef;
            use_damaged(i, i % 2);
        }
    }
    ext2_disk_end();
}

TEST(ext2, a_disk_that_fails_makes_it_read_only)
{
    EXPECT(ext2_disk_start());
    EXPECT(ext2_disk_make(kinds[0]));
    for (unsigned after = 1; after < 60; after++) {
        EXPECT(ext2_disk_make(kinds[after % 2]));
        if (ext2_disk_mount(false))
            continue;
        ext2_disk_failures_after = after;
        for (uint32_t i = 0; i < 60; i++) {
            seed = i;
            (void)choose(1);
            (void)operate("/disk");
            if (i % 9 == 0)
                mounts_sync();
        }
        EXPECT_EQ(ext2_disk_unmount(), OK);
        ext2_disk_failures_after = 0;
    }
    ext2_disk_end();
}
