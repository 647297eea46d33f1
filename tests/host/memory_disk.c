#include "memory_disk.h"

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

#include "memory_files.h"
#include "support.h"

uint8_t *memory_disk;
struct fs_context *disk_context;
unsigned memory_disk_failures_after;
bool memory_disk_reads_fail;
void (*memory_disk_watch)(uint64_t place, size_t size);

struct block_device memory_disk_device;

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
    uint64_t place = command->block * MEMORY_DISK_BLOCK;
    struct transfer transfer = {is_write, memory_disk + place};
    bool fails = memory_disk_failures_after && (is_write || memory_disk_reads_fail) &&
                 command->operation != BLOCK_FLUSH && --memory_disk_failures_after == 0;
    memory_disk_failures_after += fails;
    if (command->operation != BLOCK_FLUSH && !fails)
        block_command_parts(command, move, &transfer);
    if (memory_disk_watch && command->operation != BLOCK_READ)
        memory_disk_watch(place, is_write ? command->count * MEMORY_DISK_BLOCK : 0);
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

bool memory_disk_start(void)
{
    disk_context = files_start();
    page_cache_became_dirty = NULL; /* nothing goes to the disk but by a sync */
    memory_disk_failures_after = 0;
    memory_disk_reads_fail = false;
    memory_disk_watch = NULL;
    host_set_yield(run_disk);
    if (memory_disk)
        return disk_context;
    memory_disk = calloc(1, MEMORY_DISK_SIZE);
    memory_disk_device = (struct block_device){.operations = &operations,
                                               .block_count = MEMORY_DISK_SIZE / MEMORY_DISK_BLOCK,
                                               .block_size = MEMORY_DISK_BLOCK,
                                               .has_cache = true,
                                               .depth = 1,
                                               .most_parts = BLOCK_PARTS_MAX,
                                               .most_bytes = BLOCK_BYTES_MAX,
                                               .was_interrupted = true};
    return disk_context && block_add(&memory_disk_device, "md", &executor) == OK &&
           path_make(disk_context, NULL, "/disk", S_IFDIR | 0755, 0) == OK;
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

bool memory_disk_make(const char *tool)
{
    int file = has_file ? 0 : mkstemp(path);
    has_file = file >= 0;
    bool good = has_file && shell("truncate -s 0 %s; truncate -s %d %s; %s %s >/dev/null 2>&1; "
                                  "truncate -s %d %s",
                                  path, MEMORY_DISK_SIZE, path, tool, path, MEMORY_DISK_SIZE, path);
    FILE *stream = fopen(path, "rb");
    good = good && stream && fread(memory_disk, MEMORY_DISK_SIZE, 1, stream) == 1;
    if (stream)
        fclose(stream);
    return good;
}

static bool put_file(const uint8_t *bytes)
{
    FILE *stream = fopen(path, "wb");
    return stream && fwrite(bytes, MEMORY_DISK_SIZE, 1, stream) == 1 && fclose(stream) == 0;
}

bool memory_disk_is_clean(const char *tool)
{
    return put_file(memory_disk) &&
           shell("%s %s >%s.log 2>&1 || { cat %s.log; false; }", tool, path, path, path);
}

bool memory_disk_can_be_mended(const uint8_t *bytes)
{
    return put_file(bytes) && shell("e2fsck -fp %s >%s.log 2>&1; [ $? -le 1 ] && "
                                    "e2fsck -fn %s >>%s.log 2>&1 || { cat %s.log; false; }",
                                    path, path, path, path, path);
}

void memory_disk_end(void)
{
    (void)shell("rm -f %s %s.log", path, path);
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    has_file = false;
    memory_disk_watch = NULL;
    host_set_yield(NULL);
}

/* --- Mounts ----------------------------------------------------------------------------------- */

enum error memory_disk_mount(const char *type, bool is_read_only)
{
    struct path directory;
    enum error error = path_find(disk_context, NULL, "/disk", 0, &directory);
    if (error)
        return error;
    struct mount_arguments arguments = {.device = &memory_disk_device,
                                        .is_read_only = is_read_only};
    error = mount_add(filesystem_find_type(type), "md", &directory, 0, &arguments);
    path_release(&directory);
    return error;
}

enum error memory_disk_unmount(void)
{
    struct path root;
    enum error error = path_find(disk_context, NULL, "/disk", 0, &root);
    if (error)
        return error;
    error = mount_remove(&root, false);
    path_release(&root);
    return error;
}

enum error memory_disk_change(unsigned flags)
{
    struct path root;
    struct mount_arguments arguments = {.device = &memory_disk_device,
                                        .is_read_only = flags & MOUNT_READ_ONLY};
    enum error error = path_find(disk_context, NULL, "/disk", 0, &root);
    if (error)
        return error;
    error = mount_change(&root, flags, &arguments);
    path_release(&root);
    return error;
}
