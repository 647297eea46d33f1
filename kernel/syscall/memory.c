#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <mm/user_copy.h>

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum {
    MAP_SHARED = 1,
    MAP_PRIVATE = 2,
    MAP_TYPE = 3,
    MAP_FIXED = 0x10,
    MAP_ANONYMOUS = 0x20,
    MAP_FIXED_NOREPLACE = 0x100000,
};

/* A program's number of bytes as pages; 0 when there are none, or too many. */
static uint64_t to_pages(uint64_t size)
{
    return size > USER_END ? 0 : ALIGN_UP(size, PAGE_SIZE);
}

static unsigned area_flags(uint64_t protection)
{
    return (protection & PROT_READ ? AREA_READ : 0u) | (protection & PROT_WRITE ? AREA_WRITE : 0u) |
           (protection & PROT_EXEC ? AREA_EXECUTE : 0u);
}

/* Where a mapping goes: as asked for, or where there is room. */
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
    return address_space_find_gap(space, hint, length, start);
}

/* The object of a file that is mapped, referenced. Linux demands a file that can be read, and for
 * shared writing, now or after mprotect(), one that can be written to: *flags tells of that. */
static enum error object_of(int fd, uint64_t protection, bool shared, struct vm_object **object,
                            unsigned *flags)
{
    struct file *file;
    enum error error = file_table_get(process_current()->files, fd, &file);
    if (error)
        return error;
    unsigned mode = file->flags & O_ACCMODE;
    if (mode == O_WRONLY || (shared && protection & PROT_WRITE && mode != O_RDWR))
        error = ERROR_ACCESS;
    else if (!file->operations->map)
        error = ERROR_NO_DEVICE;
    else
        error = file->operations->map(file, shared, object);
    if (shared && mode != O_RDWR)
        *flags |= AREA_NEVER_WRITE;
    file_release(file);
    return error;
}

int64_t syscall_mmap(struct trap_frame *frame)
{
    struct address_space *space = process_current()->space;
    virt_addr_t start = 0;
    uint64_t length = to_pages(argument_1(frame)), protection = argument_2(frame),
             flags = argument_3(frame), offset = argument_5(frame);
    bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    unsigned area = area_flags(protection) | (shared ? (unsigned)AREA_SHARED : 0);
    struct vm_object *object = NULL;
    enum error error = OK;
    if (!IS_ALIGNED(offset, PAGE_SIZE) || !(flags & MAP_TYPE) || !argument_1(frame))
        return syscall_result(ERROR_INVALID);
    if (!length)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    if (!(flags & MAP_ANONYMOUS))
        error = object_of((int)argument_4(frame), protection, shared, &object, &area);
    if (!error)
        error = choose_place(space, argument_0(frame), length, flags, &start);
    if (!error)
        error = address_space_map(space, start, length, area, object, offset);
    vm_object_release(object);
    return error ? syscall_result(error) : (int64_t)start;
}

int64_t syscall_munmap(struct trap_frame *frame)
{
    return syscall_result(address_space_unmap(process_current()->space, argument_0(frame),
                                              to_pages(argument_1(frame))));
}

int64_t syscall_mprotect(struct trap_frame *frame)
{
    uint64_t length = argument_1(frame), pages = to_pages(length);
    if (!IS_ALIGNED(argument_0(frame), PAGE_SIZE))
        return syscall_result(ERROR_INVALID);
    if (!length)
        return 0;
    if (!pages || !user_range_is_valid(argument_0(frame), pages))
        return syscall_result(ERROR_OUT_OF_FRAMES);
    return syscall_result(address_space_protect(process_current()->space, argument_0(frame), pages,
                                                area_flags(argument_2(frame))));
}

/* Moves the end of the heap. */
static enum error move_end(struct address_space *space, virt_addr_t end)
{
    virt_addr_t old = ALIGN_UP(space->heap_end, PAGE_SIZE), new = ALIGN_UP(end, PAGE_SIZE);
    if (end < space->heap_start || end > USER_END)
        return ERROR_INVALID;
    enum error error = OK;
    if (new < old)
        error = address_space_unmap(space, new, old - new);
    else if (new > old && !address_space_is_free(space, old, new - old))
        error = ERROR_INVALID;
    else if (new > old)
        error = address_space_map(space, old, new - old, AREA_READ | AREA_WRITE, NULL, 0);
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
