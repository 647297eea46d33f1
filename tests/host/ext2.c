/*
 * ext2 on a disk in memory. Its images come from the build machine's mke2fs, and its e2fsck judges
 * them. Random operations are done on a tmpfs, too, which is the model. Images whose tables are
 * damaged give errors, and nothing else.
 */
#include <drivers/block/block.h>
#include <fs/filesystem.h>
#include <fs/page_cache.h>
#include <kernel/task/executor.h>
#include <layout.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test.h"
#include "files.h"
#include "support.h"

enum { BLOCK = 512, SIZE = 6 << 20, NAMES = 12, PIECE = 9000, FAR = 400000 };

static uint8_t *image;
static struct block_device disk;
static struct executor executor = EXECUTOR_INIT(executor);
static struct fs_context *context;
static unsigned failures_after; /* commands until all writes fail; 0: none do */

/* --- The disk --------------------------------------------------------------------------------- */

struct transfer {
    bool is_write;
    uint8_t *place;
};

static void move(void *argument, const struct block_part *part)
{
    struct transfer *transfer = argument;
    void *memory = phys_to_virt(part->address);
    if (transfer->is_write)
        memcpy(transfer->place, memory, part->size);
    else
        memcpy(memory, transfer->place, part->size);
    transfer->place += part->size;
}

static void begin(struct block_device *device, struct block_command *command)
{
    struct transfer transfer = {command->operation == BLOCK_WRITE, image + command->block * BLOCK};
    bool fails = failures_after && transfer.is_write && --failures_after == 0;
    failures_after += fails;
    if (command->operation != BLOCK_FLUSH && !fails)
        block_command_parts(command, move, &transfer);
    block_command_end(device, command, fails ? ERROR_DEVICE : OK);
}

static void work(struct block_device *device)
{
    (void)device;
}

static enum error reset(struct block_device *device)
{
    (void)device;
    return OK;
}

static void release(struct block_device *device)
{
    (void)device;
}

static const struct block_operations operations = {
    .begin = begin, .work = work, .reset = reset, .release = release};

static void run_disk(void)
{
    executor_run_ready(&executor);
}

static bool start(void)
{
    context = files_start();
    page_cache_became_dirty = NULL; /* nothing goes to the disk but by a sync */
    failures_after = 0;
    host_set_yield(run_disk);
    if (image)
        return context;
    image = calloc(1, SIZE);
    disk = (struct block_device){.operations = &operations,
                                 .block_count = SIZE / BLOCK,
                                 .block_size = BLOCK,
                                 .has_cache = true,
                                 .depth = 1,
                                 .most_parts = BLOCK_PARTS_MAX,
                                 .most_bytes = BLOCK_BYTES_MAX,
                                 .was_interrupted = true};
    return context && block_add(&disk, "md", &executor) == OK &&
           path_make(context, NULL, "/disk", S_IFDIR | 0755, 0) == OK;
}

/* --- The build machine's tools ---------------------------------------------------------------- */

static char path[] = "/tmp/cairn-ext2-XXXXXX";
static bool has_file; /* of that name: mkstemp() may put an X for an X */

static bool make_image(const char *options)
{
    char command[256];
    int file = has_file ? 0 : mkstemp(path);
    has_file = file >= 0;
    snprintf(command, sizeof(command), "truncate -s 0 %s && mke2fs -q -F -t ext2 %s %s %dk", path,
             options, path, SIZE / 1024);
    bool good = file >= 0 && system(command) == 0;
    FILE *stream = fopen(path, "rb");
    good = good && stream && fread(image, SIZE, 1, stream) == 1;
    if (stream)
        fclose(stream);
    return good;
}

static bool is_clean(void)
{
    char command[256];
    FILE *stream = fopen(path, "wb");
    bool good = stream && fwrite(image, SIZE, 1, stream) == 1 && fclose(stream) == 0;
    snprintf(command, sizeof(command), "e2fsck -fn %s >%s.log 2>&1 || { cat %s.log; false; }", path,
             path, path);
    good = good && system(command) == 0;
    snprintf(command, sizeof(command), "rm -f %s.log", path);
    return system(command) == 0 && good;
}

static void end(void)
{
    unlink(path);
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    has_file = false;
    host_set_yield(NULL);
}

/* --- Mounts ----------------------------------------------------------------------------------- */

static enum error mount_disk(bool is_read_only)
{
    struct path directory;
    enum error error = path_find(context, NULL, "/disk", 0, &directory);
    if (error)
        return error;
    struct mount_arguments arguments = {.device = &disk, .is_read_only = is_read_only};
    error = mount_add(filesystem_find_type("ext2"), "md", &directory, 0, &arguments);
    path_release(&directory);
    return error;
}

static enum error unmount_disk(void)
{
    struct path root;
    enum error error = path_find(context, NULL, "/disk", 0, &root);
    if (error)
        return error;
    error = mount_remove(&root, false);
    path_release(&root);
    return error;
}

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
    enum error error = file_open(context, NULL, name, flags, 0644, &file);
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
    enum error error = file_open(context, NULL, name, O_RDWR, 0, &file);
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
    enum error error = path_walk(context, NULL, name, 0, &found);
    if (error)
        return -(int64_t)error;
    const struct inode *inode = found->inode;
    uint64_t sum = inode->mode * UINT64_C(31) + inode->links;
    bool is_file = inode_type(inode) == S_IFREG;
    dentry_release(found);
    if (!is_file)
        return (int64_t)(sum & INT64_MAX);
    error = file_open(context, NULL, name, O_RDONLY, 0, &file);
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
        return path_make(context, NULL, name_of(root, name / 3 * 3), S_IFDIR | 0755, 0);
    case 1:
        return path_remove(context, NULL, one, name % 3 == 0);
    case 2:
    case 3:
        return path_remove(context, NULL, one, false);
    case 4:
    case 5:
    case 6:
        return path_rename(context, NULL, one, NULL, two, 0);
    case 7:
        return path_symlink(context, NULL, one, name % 2 ? "short" : two + strlen(root));
    case 8: {
        struct path file;
        enum error error = path_find(context, NULL, one, 0, &file);
        if (!error) {
            error = path_link(context, &file, NULL, two);
            path_release(&file);
        }
        return error;
    }
    case 9:
        return path_make(context, NULL, one, S_IFIFO | 0600, 0);
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
    EXPECT(start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        EXPECT(make_image(kinds[kind]));
        snprintf(model, sizeof(model), "/model%zu", kind);
        EXPECT_EQ(path_make(context, NULL, model, S_IFDIR | 0755, 0), OK);
        bool agree = true;
        for (uint32_t round = 0; agree && round < ROUNDS; round++) {
            EXPECT_EQ(mount_disk(false), OK);
            agree = are_alike();
            for (uint32_t i = 0; agree && i < STEPS; i++) {
                agree = operate_on_both((uint32_t)kind << 24 | round << 16 | i);
                if (i % 40 == 0)
                    mounts_sync();
            }
            agree = agree && are_alike();
            EXPECT_EQ(unmount_disk(), OK);
            EXPECT(is_clean());
        }
        EXPECT(agree);
    }
    end();
}

/* What was begun when the room ended leaves nothing behind. */
TEST(ext2, a_full_disk_is_clean_and_has_room_again)
{
    EXPECT(start());
    for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
        EXPECT(make_image(kinds[kind]));
        EXPECT_EQ(mount_disk(false), OK);
        int64_t written = PIECE;
        uint64_t place = 0;
        for (; written == PIECE; place += PIECE)
            written = write_at("/disk/a", O_RDWR | O_CREAT, place, 0, PIECE);
        EXPECT_EQ(written, -(int64_t)ERROR_FULL);
        EXPECT_EQ(write_at("/disk/a", O_RDWR, 2 * place, 0, PIECE), -(int64_t)ERROR_FULL);
        EXPECT_EQ(unmount_disk(), OK);
        EXPECT(is_clean());
        EXPECT_EQ(mount_disk(false), OK);
        EXPECT_EQ(path_remove(context, NULL, "/disk/a", false), OK);
        EXPECT_EQ(write_at("/disk/a", O_RDWR | O_CREAT, 0, 0, PIECE), PIECE);
        EXPECT_EQ(path_make(context, NULL, "/disk/b", S_IFDIR | 0755, 0), OK);
        EXPECT_EQ(unmount_disk(), OK);
        EXPECT(is_clean());
    }
    end();
}

/* Reads, then also writes, whatever the tables say. */
static void use_damaged(uint32_t from, bool is_read_only)
{
    if (mount_disk(is_read_only))
        return;
    for (uint32_t i = 0; i < 60; i++) {
        seed = from + i;
        (void)choose(1);
        (void)operate("/disk");
    }
    for (unsigned name = 0; name < NAMES; name++)
        (void)digest(name_of("/disk", name));
    EXPECT_EQ(unmount_disk(), OK);
}

TEST(ext2, damaged_tables_are_errors)
{
    enum { IMAGES = 60, TABLES = 250 * 1024, CHANGES = 40 };
    static uint8_t good[SIZE];
    EXPECT(start());
    for (size_t kind = 0; kind < 2; kind++) {
        EXPECT(make_image(kinds[kind]));
        EXPECT_EQ(mount_disk(false), OK);
        for (uint32_t i = 0; i < 400; i++) {
            seed = i;
            (void)choose(1);
            (void)operate("/disk");
        }
        EXPECT_EQ(unmount_disk(), OK);
        memcpy(good, image, SIZE);
        for (uint32_t i = 0; i < IMAGES; i++) {
            memcpy(image, good, SIZE);
            seed = i * 7919 + (uint32_t)kind;
            for (unsigned change = 0; change < CHANGES; change++)
                image[1024 + choose(change % 8 ? TABLES : 200)] = (uint8_t)choose(256);
            image[1024 + 56] = 0x53; /* else it is no ext2 */
            image[1024 + 57] = 0xef;
            use_damaged(i, i % 2);
        }
    }
    end();
}

TEST(ext2, a_disk_that_fails_makes_it_read_only)
{
    EXPECT(start());
    EXPECT(make_image(kinds[0]));
    for (unsigned after = 1; after < 60; after++) {
        EXPECT(make_image(kinds[after % 2]));
        if (mount_disk(false))
            continue;
        failures_after = after;
        for (uint32_t i = 0; i < 60; i++) {
            seed = i;
            (void)choose(1);
            (void)operate("/disk");
            if (i % 9 == 0)
                mounts_sync();
        }
        EXPECT_EQ(unmount_disk(), OK);
        failures_after = 0;
    }
    end();
}
