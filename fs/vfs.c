/*
 * The set-up of files: the types of file systems, and what is mounted from the start.
 *
 * Locks. Kernel code is not preempted: between two waits a thread has the processor to itself. So
 * only what has to stay whole across a wait has a lock (kernel/task/lock_order.h), and a thread
 * takes them in this order:
 *
 *     LOCK_OF_NAMES      the names of a file system on a disk, from a look-up to the change that
 *                        follows it; names in memory change without a wait, and have no lock
 *     LOCK_OF_SOCKET     the queue of a unix stream socket, while a reader takes out of it
 *     LOCK_OF_PIPE       the bytes of a pipe, while some are copied
 *     LOCK_OF_POSITION   the position of an open file that several use
 *     LOCK_OF_CONTENT    the pages and the size of an inode
 *     LOCK_OF_DISK       all of a file system on a disk besides the content of files, while it is
 *                        changed or written there
 *
 * Of each kind a thread holds one at most. It holds none when it goes back to its program or ends.
 *
 * A page fault may come while a lock is held, for what is copied is the program's. A fault takes
 * LOCK_OF_DISK at most, when a page that is written to gets its place on a disk. So a thread that
 * holds that lock does not touch a program's memory.
 *
 * Wait queues have no lock; interrupts are masked while they are changed.
 */
#include <assert.h>
#include <fs/block_cache.h>
#include <fs/block_file.h>
#include <fs/devfs.h>
#include <fs/devpts.h>
#include <fs/ext2/mount.h>
#include <fs/fat/mount.h>
#include <fs/fs.h>
#include <fs/iso9660/mount.h>
#include <fs/memory_devices.h>
#include <fs/mount.h>
#include <fs/page_cache.h>
#include <fs/path.h>
#include <fs/proc_system.h>
#include <fs/procfs.h>
#include <fs/sysfs.h>
#include <fs/tmpfs.h>
#include <fs/write_back.h>
#include <kernel/cpu/random.h>
#include <kernel/log/log.h>
#include <mm/reclaim.h>

/* Gives up first what costs the least to read again. Returns how many frames are free now. */
static size_t give_up(size_t frames)
{
    size_t given = page_cache_give_up(frames);
    if (given < frames)
        given += block_caches_give_up(frames - given);
    if (given == 0)
        mounts_forget_names(frames);
    return given;
}

static struct reclaimer copies_of_disks = {.reclaim = give_up, .write_back = page_cache_write_some};

/* What is mounted from the start, each below the root. */
static const struct {
    const char *directory;
    struct filesystem_type *type;
} first_mounts[] = {
    {"/dev", &devfs_type},
    {"/dev/pts", &devpts_type},
    {"/proc", &procfs_type},
    {"/sys", &sysfs_type},
};

static enum error make_mount(struct fs_context *context, const char *directory,
                             struct filesystem_type *type)
{
    struct path point;
    enum error error = path_make(context, NULL, directory, S_IFDIR | 0755, 0);
    if (!error)
        error = path_find(context, NULL, directory, 0, &point);
    if (error)
        return error;
    error = mount_add(type, type->name, &point, 0, &(struct mount_arguments){0});
    path_release(&point);
    return error;
}

enum error fs_start(void)
{
    struct fs_context *context = NULL;
    memory_devices_add();
    block_files_start();
    proc_system_add();
    reclaim_add(&copies_of_disks);
    write_back_start();
    if (!random_has_hardware())
        log_warn("random: the processor has no source of random numbers; the first ones are weak");
    filesystem_add_type(&tmpfs_type);
    filesystem_add_type(&ext2_type);
    filesystem_add_type(&fat_type);
    filesystem_add_type(&iso9660_type);
    for (size_t i = 0; i < ARRAY_SIZE(first_mounts); i++)
        filesystem_add_type(first_mounts[i].type);
    enum error error = mount_root(&tmpfs_type);
    if (!error)
        error = fs_context_create(&context);
    if (error)
        return error;
    for (size_t i = 0; !error && i < ARRAY_SIZE(first_mounts); i++)
        error = make_mount(context, first_mounts[i].directory, first_mounts[i].type);
    fs_context_release(context);
    return error;
}
