/*
 * Information about files: stat() and its variants, access(), statfs().
 */
#include <assert.h>
#include <fs/device.h>
#include <fs/filesystem.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <layout.h>
#include <mm/user_copy.h>

enum { SECTOR = 512 };

/* --- stat ------------------------------------------------------------------------------------- */

/* Linux's struct stat (arch/x86/include/uapi/asm/stat.h). */
struct file_status {
    uint64_t device, inode, links;
    uint32_t mode, uid, gid, padding;
    uint64_t rdev;
    int64_t size, block_size, blocks;
    struct time_spec accessed, modified, changed;
    int64_t unused[3];
};
_Static_assert(sizeof(struct file_status) == 144, "arch/x86/include/uapi/asm/stat.h");
_Static_assert(offsetof(struct file_status, modified) == 88, "arch/x86/include/uapi/asm/stat.h");

/* The nanoseconds are never negative, not even before 1970. */
static struct time_spec to_spec(int64_t time)
{
    const int64_t second = (int64_t)NANOSECONDS_PER_SECOND;
    int64_t rest = time % second;
    rest += rest < 0 ? second : 0;
    ASSERT(rest >= 0 && rest < second);
    return (struct time_spec){(time - rest) / second, rest};
}

static int64_t give_status(const struct inode *inode, virt_addr_t to)
{
    const struct file_status status = {
        .device = inode->filesystem->device,
        .inode = inode->number,
        .links = inode->links,
        .mode = inode->mode,
        .uid = inode->uid,
        .gid = inode->gid,
        .rdev = inode->rdev,
        .size = (int64_t)inode->size,
        .block_size = PAGE_SIZE,
        .blocks = (int64_t)(inode->pages * (PAGE_SIZE / SECTOR) + inode->sectors),
        .accessed = to_spec(inode->accessed),
        .modified = to_spec(inode->modified),
        .changed = to_spec(inode->changed),
    };
    return syscall_result(copy_to_user(to, &status, sizeof(status)));
}

static int64_t status_of_name(int directory, virt_addr_t name, unsigned flags, virt_addr_t to)
{
    struct found_file file;
    enum error error = call_path_find(directory, name, flags, &file);
    if (error)
        return syscall_result(error);
    int64_t result = give_status(file.inode, to);
    found_file_release(&file);
    return result;
}

int64_t syscall_stat(struct trap_frame *frame)
{
    return status_of_name(AT_FDCWD, argument_0(frame), 0, argument_1(frame));
}

int64_t syscall_lstat(struct trap_frame *frame)
{
    return status_of_name(AT_FDCWD, argument_0(frame), AT_SYMLINK_NOFOLLOW, argument_1(frame));
}

int64_t syscall_fstat(struct trap_frame *frame)
{
    struct file *file;
    enum error error =
        file_table_get_named(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    int64_t result = give_status(file->inode, argument_1(frame));
    file_release(file);
    return result;
}

int64_t syscall_newfstatat(struct trap_frame *frame)
{
    enum { KNOWN = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH };
    unsigned flags = (unsigned)argument_3(frame);
    if (flags & ~(unsigned)KNOWN)
        return syscall_result(ERROR_INVALID);
    return status_of_name((int)argument_0(frame), argument_1(frame), flags, argument_2(frame));
}

/* --- statx ------------------------------------------------------------------------------------ */

struct statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t padding;
};

/* Linux's struct statx (include/uapi/linux/stat.h). */
struct statx_status {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, uid, gid;
    uint16_t mode, padding;
    uint64_t inode, size, blocks, attributes_mask;
    struct statx_time accessed, created, changed, modified;
    uint32_t rdev_major, rdev_minor, device_major, device_minor;
    uint64_t mount, unused[13];
};
_Static_assert(sizeof(struct statx_status) == 256, "include/uapi/linux/stat.h");
_Static_assert(offsetof(struct statx_status, modified) == 112, "include/uapi/linux/stat.h");

static struct statx_time to_statx(int64_t time)
{
    struct time_spec spec = to_spec(time);
    return (struct statx_time){.seconds = spec.seconds, .nanoseconds = (uint32_t)spec.nanoseconds};
}

static int64_t give_statx(const struct found_file *file, virt_addr_t to)
{
    enum { BASIC_STATS = 0x7ff, MOUNT_NUMBER = 0x1000 };
    const struct inode *inode = file->inode;
    const struct statx_status status = {
        .mask = BASIC_STATS | (file->path.mount ? MOUNT_NUMBER : 0u),
        .block_size = PAGE_SIZE,
        .links = inode->links,
        .uid = inode->uid,
        .gid = inode->gid,
        .mode = (uint16_t)inode->mode,
        .inode = inode->number,
        .size = inode->size,
        .blocks = inode->pages * (PAGE_SIZE / SECTOR) + inode->sectors,
        .accessed = to_statx(inode->accessed),
        .changed = to_statx(inode->changed),
        .modified = to_statx(inode->modified),
        .rdev_major = device_major(inode->rdev),
        .rdev_minor = device_minor(inode->rdev),
        .device_major = device_major(inode->filesystem->device),
        .device_minor = device_minor(inode->filesystem->device),
        .mount = file->path.mount ? file->path.mount->id : 0,
    };
    return syscall_result(copy_to_user(to, &status, sizeof(status)));
}

int64_t syscall_statx(struct trap_frame *frame)
{
    enum { SYNC_TYPE = 0x6000, MASK_RESERVED = (int)0x80000000 };
    enum { KNOWN = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | SYNC_TYPE };
    struct found_file file;
    unsigned flags = (unsigned)argument_2(frame), mask = (unsigned)argument_3(frame);
    if (flags & ~(unsigned)KNOWN || (flags & SYNC_TYPE) == SYNC_TYPE ||
        mask & (unsigned)MASK_RESERVED)
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_find((int)argument_0(frame), argument_1(frame), flags, &file);
    if (error)
        return syscall_result(error);
    int64_t result = give_statx(&file, argument_4(frame));
    found_file_release(&file);
    return result;
}

/* --- access ----------------------------------------------------------------------------------- */

/* The mount may forbid what the file allows. */
static enum error check_access(const struct fs_context *context, const struct found_file *file,
                               unsigned may)
{
    const struct inode *inode = file->inode;
    bool no_exec =
        file->path.mount && file->path.mount->flags & MOUNT_NO_EXEC && inode_type(inode) == S_IFREG;
    if (may & MAY_EXECUTE && no_exec)
        return ERROR_ACCESS;
    enum error error = inode_check_access(context, inode, may);
    return !error && may & MAY_WRITE ? mount_check_writable(file->path.mount, inode) : error;
}

static enum error access_as(struct fs_context *context, int directory, virt_addr_t name,
                            unsigned may, unsigned flags)
{
    struct found_file file;
    enum error error = call_path_find_as(context, directory, name, flags, &file);
    if (error)
        return error;
    error = check_access(context, &file, may);
    found_file_release(&file);
    return error;
}

/* Checks as the real user, who has started the program, and on the way to the file as well. With
 * AT_EACCESS as the user with whose rights it acts. */
static int64_t access_at(int directory, virt_addr_t name, unsigned may, unsigned flags)
{
    enum { AT_EACCESS = 0x200, KNOWN = AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH };
    const struct process *process = process_current();
    struct fs_context *real;
    if (may & ~(unsigned)(MAY_READ | MAY_WRITE | MAY_EXECUTE) || flags & ~(unsigned)KNOWN)
        return syscall_result(ERROR_INVALID);
    bool is_real = process->fs->uid == process->uid && process->fs->gid == process->gid;
    if (is_real || flags & AT_EACCESS)
        return syscall_result(access_as(process->fs, directory, name, may, flags));
    enum error error = fs_context_copy(process->fs, &real);
    if (error)
        return syscall_result(error);
    real->uid = process->uid;
    real->gid = process->gid;
    error = access_as(real, directory, name, may, flags);
    fs_context_release(real);
    return syscall_result(error);
}

int64_t syscall_access(struct trap_frame *frame)
{
    return access_at(AT_FDCWD, argument_0(frame), (unsigned)argument_1(frame), 0);
}

int64_t syscall_faccessat(struct trap_frame *frame)
{
    return access_at((int)argument_0(frame), argument_1(frame), (unsigned)argument_2(frame), 0);
}

int64_t syscall_faccessat2(struct trap_frame *frame)
{
    return access_at((int)argument_0(frame), argument_1(frame), (unsigned)argument_2(frame),
                     (unsigned)argument_3(frame));
}

/* --- statfs ----------------------------------------------------------------------------------- */

/* Linux's struct statfs (include/uapi/asm-generic/statfs.h). */
struct filesystem_status {
    int64_t type, block_size;
    uint64_t blocks, free_blocks, available_blocks, inodes, free_inodes;
    uint64_t id;
    int64_t name_length, fragment_size, flags, unused[4];
};
_Static_assert(sizeof(struct filesystem_status) == 120, "include/uapi/asm-generic/statfs.h");

/* The flags of statfs(2): ST_VALID, ST_RDONLY and so on. */
static int64_t status_flags(const struct mount *mount, const struct filesystem *filesystem)
{
    enum {
        VALID = 0x20,
        SAME = MOUNT_NO_SUID | MOUNT_NO_DEVICE | MOUNT_NO_EXEC | MOUNT_NO_ATIME |
               MOUNT_NO_DIRECTORY_ATIME | MOUNT_READ_ONLY,
        RELATIVE_ATIME = 0x1000
    };
    unsigned flags = mount ? mount->flags : 0;
    int64_t result = VALID | (flags & SAME);
    if (mount && !(flags & (MOUNT_NO_ATIME | MOUNT_STRICT_ATIME)))
        result |= RELATIVE_ATIME;
    return result | (filesystem->is_read_only ? MOUNT_READ_ONLY : 0);
}

static int64_t give_filesystem_status(const struct mount *mount, const struct inode *inode,
                                      virt_addr_t to)
{
    struct filesystem *filesystem = inode->filesystem;
    struct filesystem_statistics statistics = {.magic = filesystem->type->magic};
    if (filesystem->type->statistics)
        filesystem->type->statistics(filesystem, &statistics);
    uint64_t reserved = MIN(statistics.free_blocks, statistics.reserved_blocks);
    const struct filesystem_status status = {
        .type = statistics.magic,
        .block_size = PAGE_SIZE,
        .blocks = statistics.blocks,
        .free_blocks = statistics.free_blocks,
        .available_blocks = statistics.free_blocks - reserved,
        .inodes = statistics.inodes,
        .free_inodes = statistics.free_inodes,
        .id = filesystem->device,
        .name_length = NAME_MAX,
        .fragment_size = PAGE_SIZE,
        .flags = status_flags(mount, filesystem),
    };
    return syscall_result(copy_to_user(to, &status, sizeof(status)));
}

int64_t syscall_statfs(struct trap_frame *frame)
{
    struct found_file file;
    enum error error = call_path_find(AT_FDCWD, argument_0(frame), 0, &file);
    if (error)
        return syscall_result(error);
    int64_t result = give_filesystem_status(file.path.mount, file.inode, argument_1(frame));
    found_file_release(&file);
    return result;
}

int64_t syscall_fstatfs(struct trap_frame *frame)
{
    struct file *file;
    enum error error =
        file_table_get_named(process_current()->files, (int)argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    int64_t result = give_filesystem_status(file->mount, file->inode, argument_1(frame));
    file_release(file);
    return result;
}
