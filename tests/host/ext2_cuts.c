/*
 * Losses of power while an ext2 file system is written. Each flush ends what the disk may hold
 * back; a cut leaves what was flushed before, and any of the blocks that were written since. The
 * build machine's `e2fsck -p`, which asks nothing, has to mend that. tests/runner/power_cuts.py
 * looks at what is in the files then.
 */
#include <fs/file.h>
#include <fs/filesystem.h>
#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "memory_disk.h"
#include "memory_files.h"

enum { PIECE = 1024, PIECES = MEMORY_DISK_SIZE / PIECE };
enum { DEPTH = 3, DIRECTORIES = 3, FILES = 8, PATH = 512 };

static uint8_t *flushed, *left;  /* what is safe, and what a cut leaves of the disk */
static bool is_unsafe[PIECES];   /* written since the last flush */
static size_t block;             /* pieces that are written as a whole */
static unsigned cuts, cuts_left; /* done, and to do */
static unsigned one_in, at_once; /* one in `one_in` flushes has cuts before it, `at_once` of them */
static bool all_mended;
static uint64_t seed;

static unsigned choose(unsigned below)
{
    return random_below(&seed, below);
}

/* --- Cuts ------------------------------------------------------------------------------------- */

static void cut(void)
{
    unsigned chance = 1 + choose(9);
    memcpy(left, flushed, MEMORY_DISK_SIZE);
    for (size_t i = 0; i < PIECES; i += block) {
        if (is_unsafe[i] && choose(10) < chance)
            memcpy(left + i * PIECE, memory_disk + i * PIECE, block * PIECE);
    }
    all_mended &= memory_disk_can_be_mended(left);
    cuts++;
    cuts_left--;
}

static void watch(uint64_t place, size_t size)
{
    if (size > 0) {
        for (uint64_t i = place / PIECE; i <= (place + size - 1) / PIECE; i++)
            is_unsafe[i] = true;
        return;
    }
    unsigned some = choose(one_in) ? 0 : at_once;
    for (; all_mended && cuts_left > 0 && some > 0; some--)
        cut();
    for (size_t i = 0; i < PIECES; i++) {
        if (is_unsafe[i])
            memcpy(flushed + i * PIECE, memory_disk + i * PIECE, PIECE);
    }
    memset(is_unsafe, 0, sizeof(is_unsafe));
}

/* --- Operations ------------------------------------------------------------------------------- */

/* Any directory; `path` has room for names below it. */
static void choose_directory(char *path)
{
    size_t length = (size_t)snprintf(path, PATH, "/disk");
    for (unsigned depth = choose(DEPTH + 1); depth > 0; depth--)
        length += (size_t)snprintf(path + length, PATH - length, "/d%u", choose(DIRECTORIES));
}

/* Any name of a file there: a long one now and then, so that directories have several blocks. */
static void add_name(char *path)
{
    unsigned file = choose(FILES);
    size_t length = strlen(path);
    if (choose(3))
        snprintf(path + length, PATH - length, "/f%u", file);
    else
        snprintf(path + length, PATH - length, "/%0*u", 40 + (int)choose(4) * 20, file);
}

static void choose_file(char *path)
{
    choose_directory(path);
    add_name(path);
}

static void write_file(const char *path, unsigned flags)
{
    static uint8_t bytes[20000];
    struct file *file;
    struct buffer buffer;
    size_t size = choose(4) ? choose(3000) : choose(sizeof(bytes));
    if (file_open(disk_context, NULL, path, flags | O_WRONLY | O_NOFOLLOW, 0644, &file))
        return;
    memset(bytes, (int)choose(256), size);
    buffer_init_kernel(&buffer, bytes, size);
    (void)file_write(file, &buffer);
    if (choose(20) == 0)
        (void)file_sync(file);
    file_release(file);
}

static void truncate_file(const char *path)
{
    struct file *file;
    if (file_open(disk_context, NULL, path, O_WRONLY | O_NOFOLLOW, 0, &file))
        return;
    (void)file_set_size(file, choose(30000));
    file_release(file);
}

static void link_file(const char *path)
{
    char other[PATH];
    struct path file;
    choose_file(other);
    if (path_find(disk_context, NULL, path, 0, &file))
        return;
    if (inode_type(file.dentry->inode) == S_IFREG)
        (void)path_link(disk_context, &file, NULL, other);
    path_release(&file);
}

/* As `rm -r`; `path` has room for names. */
static void remove_tree(char *path, unsigned depth)
{
    size_t length = strlen(path);
    for (unsigned i = 0; depth < DEPTH && i < DIRECTORIES; i++) {
        snprintf(path + length, PATH - length, "/d%u", i);
        remove_tree(path, depth + 1);
        path[length] = '\0';
    }
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path + length, PATH - length, "/f%u", i);
        (void)path_remove(disk_context, NULL, path, false);
        for (int width = 40; width <= 100; width += 20) {
            snprintf(path + length, PATH - length, "/%0*u", width, i);
            (void)path_remove(disk_context, NULL, path, false);
        }
        path[length] = '\0';
    }
    (void)path_remove(disk_context, NULL, path, true);
}

/* As `mkdir -p`. */
static void make_directories(char *path)
{
    for (char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = '\0';
        (void)path_make(disk_context, NULL, path, S_IFDIR | 0755, 0);
        *end = '/';
    }
}

/* A directory gets another name at its place: a move to another directory is more than e2fsck
 * mends without being asked. See commit.c. */
static void rename_directory(void)
{
    char path[PATH], other[PATH];
    choose_directory(path);
    memcpy(other, path, sizeof(other));
    size_t length = strlen(path);
    snprintf(other + length, PATH - length, "/d%u", choose(DIRECTORIES));
    snprintf(path + length, PATH - length, "/d%u", choose(DIRECTORIES));
    (void)path_rename(disk_context, NULL, path, NULL, other, 0);
}

static void rename_file(const char *path)
{
    char other[PATH];
    choose_file(other);
    if (choose(2)) { /* within its directory, as editors do it */
        size_t length = (size_t)(strrchr(path, '/') - path);
        memcpy(other, path, length);
        other[length] = '\0';
        add_name(other);
    }
    (void)path_rename(disk_context, NULL, path, NULL, other, 0);
}

static void operate(void)
{
    char path[PATH];
    unsigned kind = choose(40);
    choose_file(path);
    if (kind < 14) {
        write_file(path, O_CREAT | (kind < 10 ? O_TRUNC : O_APPEND));
    } else if (kind < 18) {
        make_directories(path);
        write_file(path, O_CREAT);
    } else if (kind < 22) {
        rename_file(path);
    } else if (kind < 25) {
        (void)path_remove(disk_context, NULL, path, false);
    } else if (kind < 28) { /* another file has the name at once */
        (void)path_remove(disk_context, NULL, path, false);
        write_file(path, O_CREAT);
    } else if (kind < 30) {
        link_file(path);
    } else if (kind < 32) {
        truncate_file(path);
    } else if (kind < 33) {
        (void)path_symlink(disk_context, NULL, path, choose(2) ? "short" : path);
    } else if (kind < 35) {
        rename_directory();
    } else if (kind < 36) {
        choose_directory(path);
        if (strcmp(path, "/disk") != 0)
            remove_tree(path, 0);
    } else if (kind < 37) {
        mounts_sync();
    } else {
        choose_directory(path);
        for (unsigned i = 0; i < 10; i++) {
            size_t length = strlen(path);
            add_name(path);
            write_file(path, O_CREAT);
            path[length] = '\0';
        }
    }
}

static bool allocate(void)
{
    flushed = flushed ? flushed : malloc(MEMORY_DISK_SIZE);
    left = left ? left : malloc(MEMORY_DISK_SIZE);
    return flushed && left;
}

static unsigned number_of(const char *name, unsigned otherwise)
{
    const char *value = getenv(name);
    return value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

static bool start(unsigned kind, unsigned cuts_wanted)
{
    static const struct {
        const char *options;
        size_t block;
    } kinds[] = {{"mke2fs -q -F -t ext2 -b 1024", 1}, {"mke2fs -q -F -t ext2 -b 4096", 4}};
    kind %= ARRAY_SIZE(kinds);
    if (!memory_disk_make(kinds[kind].options))
        return false;
    memcpy(flushed, memory_disk, MEMORY_DISK_SIZE);
    memset(is_unsafe, 0, sizeof(is_unsafe));
    block = kinds[kind].block;
    cuts_left = cuts_wanted;
    all_mended = true;
    memory_disk_watch = watch;
    return memory_disk_mount("ext2", false) == OK;
}

static bool end(void)
{
    memory_disk_watch = NULL;
    return memory_disk_unmount() == OK && memory_disk_is_clean("e2fsck -fn");
}

/* CUTS=500 SEED=2 build/host-tests ext2_cuts */
TEST(ext2_cuts, e2fsck_mends_them_without_questions)
{
    enum { EACH = 30, STEPS = 3000 };
    unsigned wanted = number_of("CUTS", 200), first = number_of("SEED", 1);
    EXPECT(allocate() && memory_disk_start());
    cuts = 0;
    one_in = 3;
    at_once = 1;
    for (unsigned round = 0; cuts < wanted; round++) {
        seed = first + 1000 * round;
        EXPECT(start(round, EACH));
        for (unsigned step = 0; all_mended && cuts_left > 0 && step < STEPS; step++)
            operate();
        if (!all_mended)
            printf("# round %u of seed %u, cut %u\n", round, first, cuts);
        EXPECT(end());
        EXPECT(all_mended);
    }
    memory_disk_end();
}

/* A directory's blocks fill the inode's own numbers, a table of them, and the first one of a table
 * of tables. */
TEST(ext2_cuts, a_directory_grows_from_table_to_table)
{
    enum { LINKS = 1150, CUT_FROM = 1040, WIDTH = 200, BETWEEN = 70 };
    char name[PATH];
    struct path file;
    EXPECT(allocate() && memory_disk_start() && start(0, 0));
    one_in = 1;
    at_once = 10;
    write_file("/disk/f", O_CREAT);
    EXPECT_EQ(path_find(disk_context, NULL, "/disk/f", 0, &file), OK);
    for (unsigned i = 0; all_mended && i < LINKS; i++) {
        snprintf(name, sizeof(name), "/disk/%0*u", WIDTH, i);
        EXPECT_EQ(path_link(disk_context, &file, NULL, name), OK);
        cuts_left = i >= CUT_FROM && i % BETWEEN == 0 ? 60 : 0;
        if (i % BETWEEN == 0)
            mounts_sync();
    }
    path_release(&file);
    EXPECT(end());
    EXPECT(all_mended);
    memory_disk_end();
}
