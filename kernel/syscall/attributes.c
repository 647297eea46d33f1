/*
 * A file's permissions, owner and times.
 */
#include <assert.h>
#include <fs/notify.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_path.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

static enum error set(const struct found_file *file, const struct inode_attributes *attributes)
{
    return path_set_attributes(process_current()->fs, &file->path, file->inode, attributes);
}

/* --- Permissions ------------------------------------------------------------------------------ */

static int64_t set_mode(const struct found_file *file, uint32_t mode)
{
    const struct inode_attributes attributes = {.set = ATTRIBUTE_MODE,
                                                .mode = mode & MODE_PERMISSIONS};
    enum error error = set(file, &attributes);
    found_file_release(file);
    return syscall_result(error);
}

static int64_t set_mode_at(int directory, virt_addr_t name, uint32_t mode)
{
    struct found_file file;
    enum error error = call_path_find(directory, name, 0, &file);
    return error ? syscall_result(error) : set_mode(&file, mode);
}

int64_t syscall_chmod(struct trap_frame *frame)
{
    return set_mode_at(AT_FDCWD, argument_0(frame), (uint32_t)argument_1(frame));
}

int64_t syscall_fchmodat(struct trap_frame *frame)
{
    return set_mode_at((int)argument_0(frame), argument_1(frame), (uint32_t)argument_2(frame));
}

int64_t syscall_fchmod(struct trap_frame *frame)
{
    struct found_file file;
    enum error error = call_file_find((int)argument_0(frame), &file);
    return error ? syscall_result(error) : set_mode(&file, (uint32_t)argument_1(frame));
}

int64_t syscall_umask(struct trap_frame *frame)
{
    struct fs_context *context = process_current()->fs;
    uint32_t old = context->umask;
    context->umask = argument_0(frame) & 0777;
    return old;
}

/* --- Owners ----------------------------------------------------------------------------------- */

/* Sets the owner and the group; -1 leaves one as it is. A program that runs as its owner (S_ISUID)
 * does not run as the new one. */
static int64_t set_owner(const struct found_file *file, uint32_t uid, uint32_t gid)
{
    struct inode_attributes attributes = {.uid = uid, .gid = gid};
    attributes.set |= uid != UINT32_MAX ? ATTRIBUTE_UID : 0u;
    attributes.set |= gid != UINT32_MAX ? ATTRIBUTE_GID : 0u;
    uint32_t lost = inode_identity_lost(file->inode, process_current()->fs);
    enum error error = set(file, &attributes);
    if (!error)
        file->inode->mode &= ~lost;
    found_file_release(file);
    return syscall_result(error);
}

static int64_t set_owner_at(int directory, virt_addr_t name, uint32_t uid, uint32_t gid,
                            unsigned flags)
{
    struct found_file file;
    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return syscall_result(ERROR_INVALID);
    enum error error = call_path_find(directory, name, flags, &file);
    return error ? syscall_result(error) : set_owner(&file, uid, gid);
}

int64_t syscall_chown(struct trap_frame *frame)
{
    return set_owner_at(AT_FDCWD, argument_0(frame), (uint32_t)argument_1(frame),
                        (uint32_t)argument_2(frame), 0);
}

int64_t syscall_lchown(struct trap_frame *frame)
{
    return set_owner_at(AT_FDCWD, argument_0(frame), (uint32_t)argument_1(frame),
                        (uint32_t)argument_2(frame), AT_SYMLINK_NOFOLLOW);
}

int64_t syscall_fchownat(struct trap_frame *frame)
{
    return set_owner_at((int)argument_0(frame), argument_1(frame), (uint32_t)argument_2(frame),
                        (uint32_t)argument_3(frame), (unsigned)argument_4(frame));
}

int64_t syscall_fchown(struct trap_frame *frame)
{
    struct found_file file;
    enum error error = call_file_find((int)argument_0(frame), &file);
    return error ? syscall_result(error)
                 : set_owner(&file, (uint32_t)argument_1(frame), (uint32_t)argument_2(frame));
}

/* --- Times ------------------------------------------------------------------------------------ */

enum { UTIME_NOW = (1 << 30) - 1, UTIME_OMIT = (1 << 30) - 2 };

/* As struct inode has it; a time that does not fit becomes the first or the last one that does. */
static int64_t to_time(const struct time_spec *spec)
{
    const int64_t limit = INT64_MAX / (int64_t)NANOSECONDS_PER_SECOND - 1;
    int64_t seconds = MAX(MIN(spec->seconds, limit), -limit);
    return seconds * (int64_t)NANOSECONDS_PER_SECOND + spec->nanoseconds;
}

/* Both times become now. Whoever may write to the file may do that. */
static enum error set_to_now(const struct found_file *file)
{
    struct inode *inode = file->inode;
    const struct fs_context *context = process_current()->fs;
    bool owns = fs_context_is_privileged(context) || context->uid == inode->uid;
    int64_t now = clock_real_at_tick();
    const struct inode_attributes attributes = {
        .set = ATTRIBUTE_ACCESSED | ATTRIBUTE_MODIFIED, .accessed = now, .modified = now};
    if (owns)
        return set(file, &attributes);
    enum error error = mount_check_writable(file->path.mount, inode);
    if (!error)
        error = inode_check_access(context, inode, MAY_WRITE);
    if (!error && inode->operations->set)
        error = inode->operations->set(inode, &attributes);
    if (!error)
        notify_dentry(file->path.dentry, inode, NOTIFY_ATTRIBUTES);
    return error;
}

static enum error set_times(const struct found_file *file, const struct time_spec times[2])
{
    struct inode_attributes attributes = {0};
    int64_t now = clock_real_at_tick();
    for (unsigned i = 0; i < 2; i++) {
        int64_t rest = times[i].nanoseconds;
        if (rest != UTIME_NOW && rest != UTIME_OMIT &&
            (rest < 0 || rest >= (int64_t)NANOSECONDS_PER_SECOND))
            return ERROR_INVALID;
        int64_t time = rest == UTIME_NOW ? now : to_time(&times[i]);
        if (rest != UTIME_OMIT)
            attributes.set |= i == 0 ? ATTRIBUTE_ACCESSED : ATTRIBUTE_MODIFIED;
        *(i == 0 ? &attributes.accessed : &attributes.modified) = time;
    }
    if (times[0].nanoseconds == UTIME_NOW && times[1].nanoseconds == UTIME_NOW)
        return set_to_now(file);
    ASSERT(attributes.set); /* syscall_utimensat() has returned if neither is to be set */
    return set(file, &attributes);
}

/* Finds the file by its name, or by its descriptor alone if `name` is 0. */
static enum error find_file(int directory, virt_addr_t name, unsigned flags,
                            struct found_file *file)
{
    if (name || directory == AT_FDCWD)
        return call_path_find(directory, name, flags, file);
    return flags ? ERROR_INVALID : call_file_find(directory, file);
}

/* `times` NULL: both become now. */
static int64_t utimes_at(int directory, virt_addr_t name, const struct time_spec *times,
                         unsigned flags)
{
    struct found_file file;
    enum error error = find_file(directory, name, flags, &file);
    if (error)
        return syscall_result(error);
    error = times ? set_times(&file, times) : set_to_now(&file);
    found_file_release(&file);
    return syscall_result(error);
}

int64_t syscall_utimensat(struct trap_frame *frame)
{
    struct time_spec times[2];
    virt_addr_t from = argument_2(frame);
    unsigned flags = (unsigned)argument_3(frame);
    if (from && copy_from_user(times, from, sizeof(times)) != OK)
        return syscall_result(ERROR_BAD_ADDRESS);
    if (from && times[0].nanoseconds == UTIME_OMIT && times[1].nanoseconds == UTIME_OMIT)
        return 0; /* the file need not even exist */
    if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return syscall_result(ERROR_INVALID);
    return utimes_at((int)argument_0(frame), argument_1(frame), from ? times : NULL, flags);
}

/* The times come as two struct timeval, with microseconds. */
static int64_t utimes_in_microseconds(int directory, virt_addr_t name, virt_addr_t from)
{
    struct time_spec times[2];
    if (from && copy_from_user(times, from, sizeof(times)) != OK)
        return syscall_result(ERROR_BAD_ADDRESS);
    for (unsigned i = 0; from && i < 2; i++) {
        if (times[i].nanoseconds < 0 || times[i].nanoseconds >= 1000000)
            return syscall_result(ERROR_INVALID);
        times[i].nanoseconds *= 1000;
    }
    return utimes_at(directory, name, from ? times : NULL, 0);
}

int64_t syscall_utimes(struct trap_frame *frame)
{
    return utimes_in_microseconds(AT_FDCWD, argument_0(frame), argument_1(frame));
}

int64_t syscall_futimesat(struct trap_frame *frame)
{
    return utimes_in_microseconds((int)argument_0(frame), argument_1(frame), argument_2(frame));
}

int64_t syscall_utime(struct trap_frame *frame)
{
    int64_t seconds[2];
    virt_addr_t from = argument_1(frame);
    if (from && copy_from_user(seconds, from, sizeof(seconds)) != OK)
        return syscall_result(ERROR_BAD_ADDRESS);
    const struct time_spec times[2] = {{from ? seconds[0] : 0, 0}, {from ? seconds[1] : 0, 0}};
    return utimes_at(AT_FDCWD, argument_0(frame), from ? times : NULL, 0);
}
