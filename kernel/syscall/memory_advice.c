/*
 * Calls about the pages of a range that exists: what to do with them, whether they are there.
 */
#include <assert.h>
#include <fs/filesystem.h>
#include <fs/inode.h>
#include <fs/memory_file.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/descriptors.h>
#include <kernel/syscall/memory_call.h>
#include <lib/string.h>
#include <mm/user_copy.h>

/* Rounds the range to whole pages. False: it is too long for user memory, or it wraps. */
static bool round_range(virt_addr_t *start, uint64_t *length)
{
    uint64_t within = *start % PAGE_SIZE;
    if (*length > USER_END)
        return false;
    *start -= within;
    *length = ALIGN_UP(*length + within, PAGE_SIZE);
    return user_range_is_valid(*start, *length);
}

/* --- madvise --------------------------------------------------------------------------------- */

enum {
    MADV_NORMAL = 0,
    MADV_RANDOM = 1,
    MADV_SEQUENTIAL = 2,
    MADV_WILLNEED = 3,
    MADV_DONTNEED = 4,
    MADV_FREE = 8,
    MADV_DONTFORK = 10,
    MADV_DOFORK = 11,
    MADV_MERGEABLE = 12,
    MADV_UNMERGEABLE = 13,
    MADV_HUGEPAGE = 14,
    MADV_NOHUGEPAGE = 15,
    MADV_DONTDUMP = 16,
    MADV_DODUMP = 17,
    MADV_WIPEONFORK = 18,
    MADV_KEEPONFORK = 19,
    MADV_COLD = 20,
    MADV_PAGEOUT = 21,
    MADV_POPULATE_READ = 22,
    MADV_POPULATE_WRITE = 23,
};

/* Are all areas of the range private and anonymous? Holes do not count. */
static bool is_private_memory(const struct address_space *space, virt_addr_t start, uint64_t length)
{
    const struct vm_area *area = address_space_next_area(space, start);
    for (; area && area->start < start + length; area = address_space_next_area(space, area->end)) {
        if (area->object || area->flags & AREA_SHARED)
            return false;
    }
    return true;
}

/* Advice that would change only the speed is checked and ignored. MADV_FREE allows the kernel to
 * drop the pages now or later; Cairn drops them now. */
static enum error advise(struct address_space *space, virt_addr_t start, uint64_t length,
                         int advice)
{
    switch (advice) {
    case MADV_FREE:
        if (!is_private_memory(space, start, length))
            return ERROR_INVALID;
        return address_space_discard(space, start, length);
    case MADV_DONTNEED:
        return address_space_discard(space, start, length);
    case MADV_DONTFORK:
        return address_space_advise(space, start, length, AREA_NOT_COPIED, 0);
    case MADV_DOFORK:
        return address_space_advise(space, start, length, 0, AREA_NOT_COPIED);
    case MADV_WIPEONFORK:
        if (!is_private_memory(space, start, length))
            return ERROR_INVALID;
        return address_space_advise(space, start, length, AREA_WIPED, 0);
    case MADV_KEEPONFORK:
        return address_space_advise(space, start, length, 0, AREA_WIPED);
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        return address_space_populate(space, start, length);
    default:
        return address_space_advise(space, start, length, 0, 0); /* are there holes? */
    }
}

static bool is_known(int advice)
{
    return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || advice == MADV_FREE ||
           (advice >= MADV_DONTFORK && advice <= MADV_POPULATE_WRITE);
}

int64_t syscall_madvise(struct trap_frame *frame)
{
    virt_addr_t start = argument_0(frame);
    uint64_t length = argument_1(frame);
    int advice = (int)argument_2(frame);
    if (!is_known(advice) || !IS_ALIGNED(start, PAGE_SIZE) || !round_range(&start, &length))
        return syscall_result(ERROR_INVALID);
    if (!length)
        return 0;
    return syscall_result(advise(process_current()->space, start, length, advice));
}

/* --- memfd_create ---------------------------------------------------------------------------- */

enum { MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MEMORY_FILE_NAME = 250 };

int64_t syscall_memfd_create(struct trap_frame *frame)
{
    char name[MEMORY_FILE_NAME];
    size_t length;
    struct file *file;
    unsigned flags = (unsigned)argument_1(frame);
    if (flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING))
        return syscall_result(ERROR_INVALID);
    enum error error = string_from_user(name, sizeof(name), argument_0(frame), &length);
    if (error)
        return syscall_result(error == ERROR_TOO_LONG ? ERROR_INVALID : error);
    error = memory_file_create(name, flags & MFD_ALLOW_SEALING, &file);
    return error ? syscall_result(error) : descriptor_add(file, flags & MFD_CLOEXEC);
}

/* --- msync ----------------------------------------------------------------------------------- */

enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };

/* Writes the file system of an area's file to its disk. The area may be gone afterwards. */
static enum error sync_area(const struct vm_area *area)
{
    if (!(area->flags & AREA_SHARED) || !area->object || !area->object->operations->is_file)
        return OK;
    struct inode *inode = CONTAINER_OF(area->object, struct inode, object);
    const struct filesystem_type *type = inode->filesystem->type;
    if (!type->sync)
        return OK;
    inode_reference(inode);
    enum error error = type->sync(inode->filesystem);
    inode_release(inode);
    return error;
}

/* Mappings and read() use the same pages of a file, so only MS_SYNC has something to do. A hole in
 * the range is an error, but the areas behind it are written all the same. */
int64_t syscall_msync(struct trap_frame *frame)
{
    const struct address_space *space = process_current()->space;
    virt_addr_t start = argument_0(frame);
    uint64_t length = argument_1(frame), flags = argument_2(frame);
    if (flags & ~(uint64_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
        (flags & MS_ASYNC && flags & MS_SYNC) || !IS_ALIGNED(start, PAGE_SIZE))
        return syscall_result(ERROR_INVALID);
    if (!round_range(&start, &length))
        return syscall_result(ERROR_OUT_OF_FRAMES);
    enum error result = OK;
    for (virt_addr_t end = start + length; start < end;) {
        const struct vm_area *area = address_space_next_area(space, start);
        if (!area || area->start > start)
            result = ERROR_OUT_OF_FRAMES;
        if (!area || area->start >= end)
            break;
        if (flags & MS_INVALIDATE && area->flags & AREA_LOCKED)
            return syscall_result(ERROR_BUSY);
        start = area->end;
        enum error error = flags & MS_SYNC ? sync_area(area) : OK;
        if (error)
            return syscall_result(error);
    }
    return syscall_result(result);
}

/* --- mincore --------------------------------------------------------------------------------- */

int64_t syscall_mincore(struct trap_frame *frame)
{
    const struct address_space *space = process_current()->space;
    virt_addr_t start = argument_0(frame), vector = argument_2(frame);
    uint64_t length = argument_1(frame);
    enum error error = OK;
    if (!IS_ALIGNED(start, PAGE_SIZE))
        return syscall_result(ERROR_INVALID);
    if (!round_range(&start, &length))
        return syscall_result(ERROR_OUT_OF_FRAMES);
    for (uint64_t done = 0, pages = length / PAGE_SIZE; !error && done < pages;) {
        enum { PAGES_BETWEEN_YIELDS = 1 << 14 };
        uint8_t resident[64];
        size_t some = MIN(pages - done, sizeof(resident));
        error = address_space_list_resident(space, start, some, resident);
        if (!error)
            error = copy_to_user(vector, resident, some);
        start += some * PAGE_SIZE;
        vector += some;
        done += some;
        if (done % PAGES_BETWEEN_YIELDS == 0)
            thread_yield();
    }
    return syscall_result(error);
}

/* --- mlock ----------------------------------------------------------------------------------- */

enum { MLOCK_ONFAULT = 1, MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4 };

/* Linux's errors: ENOMEM for an address without memory, EAGAIN when memory has run out. */
static enum error populate(struct address_space *space, virt_addr_t start, uint64_t length)
{
    enum error error = address_space_populate(space, start, length);
    return error == ERROR_OUT_OF_FRAMES ? ERROR_AGAIN : error ? ERROR_OUT_OF_FRAMES : OK;
}

/* How many pages of the range are locked already. */
static uint64_t locked_in(const struct address_space *space, virt_addr_t start, uint64_t length)
{
    uint64_t pages = 0;
    const struct vm_area *area = address_space_next_area(space, start);
    for (; area && area->start < start + length; area = address_space_next_area(space, area->end)) {
        if (area->flags & AREA_LOCKED)
            pages += (MIN(area->end, start + length) - MAX(area->start, start)) / PAGE_SIZE;
    }
    return pages;
}

static enum error lock(virt_addr_t start, uint64_t length, bool on_fault)
{
    struct address_space *space = process_current()->space;
    bool is_range = round_range(&start, &length);
    uint64_t more = is_range ? length / PAGE_SIZE - locked_in(space, start, length) : 0;
    enum error error = memory_call_check_lock(more, ERROR_OUT_OF_FRAMES);
    if (!error && !is_range)
        error = ERROR_INVALID;
    if (error || !length)
        return error;
    error = address_space_lock(space, start, length, true);
    return error || on_fault ? error : populate(space, start, length);
}

int64_t syscall_mlock(struct trap_frame *frame)
{
    return syscall_result(lock(argument_0(frame), argument_1(frame), false));
}

int64_t syscall_mlock2(struct trap_frame *frame)
{
    uint64_t flags = argument_2(frame);
    if (flags & ~(uint64_t)MLOCK_ONFAULT)
        return syscall_result(ERROR_INVALID);
    return syscall_result(lock(argument_0(frame), argument_1(frame), flags & MLOCK_ONFAULT));
}

int64_t syscall_munlock(struct trap_frame *frame)
{
    virt_addr_t start = argument_0(frame);
    uint64_t length = argument_1(frame);
    if (!round_range(&start, &length))
        return syscall_result(ERROR_INVALID);
    if (!length)
        return 0;
    return syscall_result(address_space_lock(process_current()->space, start, length, false));
}

/* Locks or unlocks each area. What cannot be brought in comes, or fails, at its first access. */
static void lock_all(struct address_space *space, bool lock, bool bring_in)
{
    const struct vm_area *area = address_space_next_area(space, 0);
    while (area) {
        virt_addr_t start = area->start, end = area->end;
        (void)address_space_lock(space, start, end - start, lock);
        if (bring_in)
            (void)address_space_populate(space, start, end - start);
        area = address_space_next_area(space, end);
    }
}

int64_t syscall_mlockall(struct trap_frame *frame)
{
    struct address_space *space = process_current()->space;
    uint64_t flags = argument_0(frame);
    bool on_fault = flags & MCL_ONFAULT;
    ASSERT(space->locked_pages <= space->mapped_pages);
    if (flags & ~(uint64_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || !flags ||
        flags == MCL_ONFAULT)
        return syscall_result(ERROR_INVALID);
    uint64_t more = flags & MCL_CURRENT ? space->mapped_pages - space->locked_pages : 0;
    enum error error = memory_call_check_lock(more, ERROR_OUT_OF_FRAMES);
    if (error)
        return syscall_result(error);
    space->default_flags = flags & MCL_FUTURE ? AREA_LOCKED : 0;
    space->is_locked_on_fault = on_fault;
    if (flags & MCL_CURRENT)
        lock_all(space, true, !on_fault);
    return 0;
}

int64_t syscall_munlockall(struct trap_frame *frame)
{
    struct address_space *space = process_current()->space;
    (void)frame;
    space->default_flags = 0;
    lock_all(space, false, false);
    return 0;
}
