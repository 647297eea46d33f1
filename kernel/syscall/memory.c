#include <assert.h>
#include <fs/seals.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/memory_call.h>
#include <mm/user_copy.h>

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, PROT_SEM = 8, PROT_GROWSDOWN = 0x1000000 };
enum {
    MAP_SHARED = 1,
    MAP_PRIVATE = 2,
    MAP_SHARED_VALIDATE = 3,
    MAP_TYPE = 0xf,
    MAP_FIXED = 0x10,
    MAP_ANONYMOUS = 0x20,
    MAP_32BIT = 0x40,
    MAP_GROWSDOWN = 0x100,
    MAP_DENYWRITE = 0x800,
    MAP_EXECUTABLE = 0x1000,
    MAP_LOCKED = 0x2000,
    MAP_NORESERVE = 0x4000,
    MAP_POPULATE = 0x8000,
    MAP_NONBLOCK = 0x10000,
    MAP_STACK = 0x20000,
    MAP_HUGETLB = 0x40000,
    MAP_FIXED_NOREPLACE = 0x100000,
};

/* MAP_SHARED_VALIDATE refuses all others. */
#define KNOWN_FLAGS                                                                          \
    (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | MAP_DENYWRITE |      \
     MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | \
     MAP_HUGETLB | MAP_FIXED_NOREPLACE)

enum error memory_call_check_lock(uint64_t pages, enum error too_many)
{
    const struct process *process = process_current();
    uint64_t limit = process->limits[RLIMIT_MEMLOCK].soft;
    if (is_privileged())
        return OK;
    if (limit == 0)
        return ERROR_NOT_PERMITTED;
    return process->space->locked_pages + pages > limit / PAGE_SIZE ? too_many : OK;
}

/* Brings in the pages of a new mapping that mlockall() has locked. If that fails, the first access
 * to the missing page fails. */
static void populate_locked(struct address_space *space, virt_addr_t start, uint64_t length)
{
    if (space->default_flags & AREA_LOCKED && !space->is_locked_on_fault)
        (void)address_space_populate(space, start, length);
}

/* Rounds a program's number of bytes up to pages. 0: it is 0, or larger than user memory. */
static uint64_t to_pages(uint64_t size)
{
    return size > USER_END ? 0 : ALIGN_UP(size, PAGE_SIZE);
}

static unsigned access_flags(uint64_t protection)
{
    return (protection & PROT_READ ? AREA_READ : 0u) | (protection & PROT_WRITE ? AREA_WRITE : 0u) |
           (protection & PROT_EXEC ? AREA_EXECUTE : 0u);
}

/* --- mmap ------------------------------------------------------------------------------------ */

static bool is_shared(uint64_t flags)
{
    return (flags & MAP_TYPE) != MAP_PRIVATE;
}

static unsigned area_flags(uint64_t protection, uint64_t flags)
{
    return access_flags(protection) | (is_shared(flags) ? AREA_SHARED : 0u) |
           (flags & MAP_GROWSDOWN ? AREA_GROWS_DOWN : 0u) |
           (flags & MAP_LOCKED ? AREA_LOCKED : 0u) | (flags & MAP_NORESERVE ? AREA_NO_RESERVE : 0u);
}

static enum error check_flags(uint64_t flags)
{
    uint64_t type = flags & MAP_TYPE;
    bool is_file = !(flags & MAP_ANONYMOUS);
    if (type == MAP_SHARED_VALIDATE && is_file)
        return flags & ~(uint64_t)KNOWN_FLAGS ? ERROR_UNSUPPORTED : OK;
    if (type != MAP_SHARED && type != MAP_PRIVATE)
        return ERROR_INVALID;
    return flags & MAP_GROWSDOWN && (is_file || type == MAP_SHARED) ? ERROR_INVALID : OK;
}

/* Chooses where a mapping goes: as asked for, or where there is room. */
static enum error choose_place(struct address_space *space, virt_addr_t hint, uint64_t length,
                               uint64_t flags, virt_addr_t *start)
{
    *start = hint;
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) && !user_range_is_valid(hint, length))
        return ERROR_OUT_OF_FRAMES;
    if (flags & MAP_FIXED_NOREPLACE)
        return !IS_ALIGNED(hint, PAGE_SIZE)                 ? ERROR_INVALID
               : address_space_is_free(space, hint, length) ? OK
                                                            : ERROR_EXISTS;
    if (flags & MAP_FIXED)
        return OK;
    if (flags & MAP_32BIT)
        return address_space_find_low_gap(space, hint, length, start);
    return address_space_find_gap(space, hint, length, start);
}

/* Gets the object of the file that is to be mapped; *object is referenced. The file has to be open
 * for reading, and for shared writing also for writing. If the mapping may never become writable by
 * mprotect(), AREA_NEVER_WRITE is added to *flags. */
static enum error object_of(int fd, uint64_t protection, bool shared, struct vm_object **object,
                            unsigned *flags)
{
    struct file *file;
    enum error error = file_table_get(process_current()->files, fd, &file);
    if (error)
        return error;
    unsigned mode = file->flags & O_ACCMODE;
    bool may_become_writable = mode == O_RDWR;
    if (mode == O_WRONLY || (shared && protection & PROT_WRITE && mode != O_RDWR))
        error = ERROR_ACCESS;
    else if (protection & PROT_EXEC && file->mount && file->mount->flags & MOUNT_NO_EXEC)
        error = ERROR_NOT_PERMITTED;
    else if (!file->operations->map)
        error = ERROR_NO_DEVICE;
    else if (shared && mode == O_RDWR)
        error = seals_check_map(file, protection & PROT_WRITE, &may_become_writable);
    if (!error)
        error = file->operations->map(file, shared, object);
    if (shared && !may_become_writable)
        *flags |= AREA_NEVER_WRITE;
    file_release(file);
    return error;
}

/* No pages of 2 MiB are set aside for programs. */
static enum error check_mapping(uint64_t length, uint64_t flags)
{
    if (!length || flags & MAP_HUGETLB)
        return ERROR_OUT_OF_FRAMES;
    enum error error = check_flags(flags);
    bool is_locked = flags & MAP_LOCKED || process_current()->space->default_flags & AREA_LOCKED;
    return error || !is_locked ? error : memory_call_check_lock(length / PAGE_SIZE, ERROR_AGAIN);
}

int64_t syscall_mmap(struct trap_frame *frame)
{
    struct address_space *space = process_current()->space;
    virt_addr_t start = 0;
    uint64_t length = to_pages(argument_1(frame)), protection = argument_2(frame),
             flags = argument_3(frame), offset = argument_5(frame);
    unsigned area = area_flags(protection, flags);
    struct vm_object *object = NULL;
    enum error error = OK;
    if (!IS_ALIGNED(offset, PAGE_SIZE))
        return syscall_result(ERROR_INVALID);
    if (!(flags & MAP_ANONYMOUS))
        error = object_of((int)argument_4(frame), protection, is_shared(flags), &object, &area);
    if (!error)
        error = argument_1(frame) ? check_mapping(length, flags) : ERROR_INVALID;
    if (!error && object && (offset > INT64_MAX || length > INT64_MAX - offset))
        error = ERROR_OVERFLOW;
    ASSERT(error || (length > 0 && IS_ALIGNED(length, PAGE_SIZE)));
    if (!error)
        error = choose_place(space, argument_0(frame), length, flags, &start);
    if (!error)
        error = address_space_map(space, start, length, area, object, object ? offset : 0);
    vm_object_release(object);
    if (error)
        return syscall_result(error);
    if (flags & MAP_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
        (void)address_space_populate(space, start, length);
    else
        populate_locked(space, start, length);
    return (int64_t)start;
}

/* --- munmap, mprotect, brk ------------------------------------------------------------------- */

int64_t syscall_munmap(struct trap_frame *frame)
{
    return syscall_result(address_space_unmap(process_current()->space, argument_0(frame),
                                              to_pages(argument_1(frame))));
}

/* With PROT_GROWSDOWN the range begins where the stack's area does. */
static enum error extend_down(const struct address_space *space, virt_addr_t *start,
                              uint64_t *length)
{
    const struct vm_area *area = address_space_next_area(space, *start);
    if (!area || area->start >= *start + *length)
        return ERROR_OUT_OF_FRAMES;
    if (!(area->flags & AREA_GROWS_DOWN))
        return ERROR_INVALID;
    *length += *start - area->start;
    *start = area->start;
    return OK;
}

int64_t syscall_mprotect(struct trap_frame *frame)
{
    const uint64_t known = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;
    struct address_space *space = process_current()->space;
    virt_addr_t start = argument_0(frame);
    uint64_t pages = to_pages(argument_1(frame)), protection = argument_2(frame);
    if (!IS_ALIGNED(start, PAGE_SIZE))
        return syscall_result(ERROR_INVALID);
    if (!argument_1(frame))
        return 0;
    if (!pages || !user_range_is_valid(start, pages))
        return syscall_result(ERROR_OUT_OF_FRAMES);
    if (protection & ~(known | PROT_GROWSDOWN))
        return syscall_result(ERROR_INVALID);
    enum error error = protection & PROT_GROWSDOWN ? extend_down(space, &start, &pages) : OK;
    if (!error)
        error = address_space_protect(space, start, pages, access_flags(protection));
    return syscall_result(error);
}

/* Extends the heap by `length` bytes from `start` on. The page behind it stays free, as on Linux.
 */
static enum error grow_heap(struct address_space *space, virt_addr_t start, uint64_t length)
{
    if (!address_space_is_free(space, start, length + PAGE_SIZE))
        return ERROR_EXISTS;
    enum error error = OK;
    if (space->default_flags & AREA_LOCKED)
        error = memory_call_check_lock(length / PAGE_SIZE, ERROR_AGAIN);
    if (!error)
        error = address_space_map(space, start, length, AREA_READ | AREA_WRITE, NULL, 0);
    if (!error)
        populate_locked(space, start, length);
    return error;
}

/* Moves the end of the heap. */
static enum error move_end(struct address_space *space, virt_addr_t end)
{
    virt_addr_t old = ALIGN_UP(space->heap_end, PAGE_SIZE), new = ALIGN_UP(end, PAGE_SIZE);
    ASSERT(space->heap_end >= space->heap_start);
    if (end < space->heap_start || end > USER_END)
        return ERROR_INVALID;
    enum error error = OK;
    if (new < old)
        error = address_space_unmap(space, new, old - new);
    else if (new > old)
        error = grow_heap(space, old, new - old);
    if (!error)
        space->heap_end = end;
    return error;
}

/* The result is where the heap ends, whatever was asked for. */
int64_t syscall_brk(struct trap_frame *frame)
{
    struct address_space *space = process_current()->space;
    (void)move_end(space, argument_0(frame));
    return (int64_t)space->heap_end;
}

/* --- mremap ---------------------------------------------------------------------------------- */

enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4 };

struct remapping {
    virt_addr_t start;
    uint64_t old_length, length; /* whole pages */
    uint64_t flags;
    virt_addr_t
        to; /* the address asked for (MREMAP_FIXED) or a hint (MREMAP_DONTUNMAP); then the result */
};

static enum error get_remapping(const struct trap_frame *frame, struct remapping *remapping)
{
    *remapping =
        (struct remapping){argument_0(frame), to_pages(argument_1(frame)),
                           to_pages(argument_2(frame)), argument_3(frame), argument_4(frame)};
    bool fixed = remapping->flags & MREMAP_FIXED, may_move = remapping->flags & MREMAP_MAYMOVE;
    bool keeps = remapping->flags & MREMAP_DONTUNMAP;
    if (remapping->flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP) ||
        ((fixed || keeps) && !may_move) || (keeps && remapping->old_length != remapping->length) ||
        !IS_ALIGNED(remapping->start, PAGE_SIZE) || argument_2(frame) == 0 ||
        argument_1(frame) > USER_END)
        return ERROR_INVALID;
    return remapping->length ? OK : ERROR_OUT_OF_FRAMES;
}

static bool overlap(const struct remapping *remapping)
{
    return remapping->start < remapping->to + remapping->length &&
           remapping->to < remapping->start + remapping->old_length;
}

static enum error move_to(struct address_space *space, struct remapping *remapping)
{
    enum error error = OK;
    if (!IS_ALIGNED(remapping->to, PAGE_SIZE) ||
        !user_range_is_valid(remapping->to, remapping->length) || overlap(remapping))
        return ERROR_INVALID;
    if (!(remapping->flags & MREMAP_FIXED))
        error = address_space_find_gap(space, remapping->to, remapping->length, &remapping->to);
    else if (remapping->to < USER_START)
        error = ERROR_NOT_PERMITTED;
    if (error)
        return error;
    return address_space_move(space, remapping->start, remapping->old_length, remapping->to,
                              remapping->length, remapping->flags & MREMAP_DONTUNMAP);
}

static enum error shrink(struct address_space *space, struct remapping *remapping)
{
    ASSERT(remapping->length <= remapping->old_length);
    remapping->to = remapping->start;
    if (remapping->old_length == remapping->length)
        return OK;
    return address_space_unmap(space, remapping->start + remapping->length,
                               remapping->old_length - remapping->length);
}

static enum error grow(struct address_space *space, struct remapping *remapping)
{
    ASSERT(remapping->length > remapping->old_length);
    remapping->to = remapping->start;
    enum error error =
        address_space_extend(space, remapping->start, remapping->old_length, remapping->length);
    if (error != ERROR_EXISTS)
        return error;
    if (!(remapping->flags & MREMAP_MAYMOVE))
        return ERROR_OUT_OF_FRAMES;
    error = address_space_find_gap(space, 0, remapping->length, &remapping->to);
    if (error)
        return error;
    return address_space_move(space, remapping->start, remapping->old_length, remapping->to,
                              remapping->length, false);
}

static enum error remap(struct address_space *space, struct remapping *remapping, bool *is_locked)
{
    const struct vm_area *area = address_space_next_area(space, remapping->start);
    uint64_t old_length = remapping->old_length, length = remapping->length;
    enum error error = OK;
    if (!area || area->start > remapping->start)
        return ERROR_BAD_ADDRESS;
    *is_locked = area->flags & AREA_LOCKED;
    if (*is_locked && length > old_length)
        error = memory_call_check_lock((length - old_length) / PAGE_SIZE, ERROR_AGAIN);
    if (error)
        return error;
    bool moves = remapping->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
    return moves                  ? move_to(space, remapping)
           : length <= old_length ? shrink(space, remapping)
                                  : grow(space, remapping);
}

int64_t syscall_mremap(struct trap_frame *frame)
{
    struct address_space *space = process_current()->space;
    struct remapping remapping;
    bool is_locked = false;
    enum error error = get_remapping(frame, &remapping);
    if (!error)
        error = remap(space, &remapping, &is_locked);
    if (error)
        return syscall_result(error);
    if (is_locked && remapping.length > remapping.old_length && !space->is_locked_on_fault)
        (void)address_space_populate(space, remapping.to + remapping.old_length,
                                     remapping.length - remapping.old_length);
    return (int64_t)remapping.to;
}
