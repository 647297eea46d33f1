#include "ext2_disk.h"

#include <drivers/block/block.h>
#include <fs/filesystem.h>
#include <fs/page_cache.h>
#include <kernel/task/executor.h>
#include <layout.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "support.h"

uint8_t *ext2_image;
struct fs_context *ext2_context;
unsigned ext2_disk_failures_after;
void (*ext2_disk_watch)(uint64_t place, size_t size);

static struct block_device disk;
static struct executor executor = EXECUTOR_INIT(executor);

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
    bool is_write = command->operation == BLOCK_WRITE;
    uint64_t place = command->block * EXT2_DISK_BLOCK;
    struct transfer transfer = {is_write, ext2_image + place};
    bool fails = ext2_disk_failures_after && is_write && --ext2_disk_failures_after == 0;
    ext2_disk_failures_after += fails;
    if (command->operation != BLOCK_FLUSH && !fails)
        block_command_parts(command, move, &transfer);
    if (ext2_disk_watch && command->operation != BLOCK_READ)
        ext2_disk_watch(place, is_write ? command->count * EXT2_DISK_BLOCK : 0);
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

bool ext2_disk_start(void)
{
    ext2_context = files_start();
    page_cache_became_dirty = NULL; /* nothing goes to the disk but by a sync */
    ext2_disk_failures_after = 0;
    ext2_disk_watch = NULL;
    host_set_yield(run_disk);
    if (ext2_image)
        return ext2_context;
    ext2_image = calloc(1, EXT2_DISK_SIZE);
    disk = (struct block_device){.operations = &operations,
                                 .block_count = EXT2_DISK_SIZE / EXT2_DISK_BLOCK,
                                 .block_size = EXT2_DISK_BLOCK,
                                 .has_cache = true,
                                 .depth = 1,
                                 .most_parts = BLOCK_PARTS_MAX,
                                 .most_bytes = BLOCK_BYTES_MAX,
                                 .was_interrupted = true};
    return ext2_context && block_add(&disk, "md", &executor) == OK &&
           path_make(ext2_context, NULL, "/disk", S_IFDIR | 0755, 0) == OK;
}

/* --- The build machine's tools ---------------------------------------------------------------- */

static char path[] = "/tmp/cairn-ext2-XXXXXX";
static bool has_file; /* of that name: mkstemp() may put an X for an X */

/* Has a shell do something. True: it went well. */
static bool shell(const char *format, ...)
{
    char command[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    return system(command) == 0;
}

bool ext2_disk_make(const char *options)
{
    int file = has_file ? 0 : mkstemp(path);
    has_file = file >= 0;
    bool good = has_file && shell("truncate -s 0 %s && mke2fs -q -F -t ext2 %s %s %dk", path,
                                  options, path, EXT2_DISK_SIZE / 1024);
    FILE *stream = fopen(path, "rb");
    good = good && stream && fread(ext2_image, EXT2_DISK_SIZE, 1, stream) == 1;
    if (stream)
        fclose(stream);
    return good;
}

static bool put_file(const uint8_t *bytes)
{
    FILE *stream = fopen(path, "wb");
    return stream && fwrite(bytes, EXT2_DISK_SIZE, 1, stream) == 1 && fclose(stream) == 0;
}

bool ext2_disk_is_clean(void)
{
    return put_file(ext2_image) &&
           shell("e2fsck -fn %s >%s.log 2>&1 || { cat %s.log; false; }", path, path, path);
}

bool ext2_disk_can_be_mended(const uint8_t *bytes)
{
    return put_file(bytes) && shell("e2fsck -fp %s >%s.log 2>&1; [ $? -le 1 ] && "
                                    "e2fsck -fn %s >>%s.log 2>&1 || { cat %s.log; false; }",
                                    path, path, path, path, path);
}

void ext2_disk_end(void)
{
    (void)shell("rm -f %s %s.log", path, path);
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    has_file = false;
    ext2_disk_watch = NULL;
    host_set_yield(NULL);
}

/* --- Mounts ----------------------------------------------------------------------------------- */

enum error ext2_disk_mount(bool is_read_only)
{
    struct path directory;
    enum error error = path_find(ext2_context, NULL, "/disk", 0, &directory);
    if (error)
        return error;
    struct mount_arguments arguments = {.device = &disk, .is_read_only = is_read_only};
    error = mount_add(filesystem_find_type("ext2"), "md", &directory, 0, &arguments);
    path_release(&directory);
    return error;
}

enum error ext2_disk_unmount(void)
{
    struct path root;
    enum error error = path_find(ext2_context, NULL, "/disk", 0, &root);
    if (error)
        return error;
    error = mount_remove(&root, false);
    path_release(&root);
    return error;
}
