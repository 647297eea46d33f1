/*
 * process_vm_readv, process_vm_writev: the memory of another process. The bytes go through a page
 * of the kernel's, for either side may have to wait for its memory.
 */
#include <assert.h>
#include <kernel/process/credentials.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/parts.h>
#include <lib/string.h>
#include <mm/buffer.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* Both sides of a call: `ours` is the running program's. The parts are on the heap. */
struct sides {
    struct buffer_part *ours, *theirs;
    size_t our_count, their_count;
    struct address_space *space; /* the other process's; referenced */
    bool is_write;               /* from ours to theirs */
    void *page;                  /* PAGE_SIZE bytes between the two */
};

/* Reads a list of parts. *size is the size of all parts together. */
static enum error read_parts(virt_addr_t from, size_t count, struct buffer_part **parts,
                             uint64_t *size)
{
    *parts = NULL;
    *size = 0;
    if (count > PARTS_MAX)
        return ERROR_INVALID;
    if (count == 0)
        return OK;
    *parts = kmalloc(count * sizeof(**parts));
    if (!*parts)
        return ERROR_OUT_OF_FRAMES;
    enum error error = copy_from_user(*parts, from, count * sizeof(**parts));
    for (size_t i = 0; !error && i < count; i++) {
        if ((*parts)[i].size > INT64_MAX - *size)
            error = ERROR_INVALID;
        *size += (*parts)[i].size;
    }
    return error;
}

/* Moves `size` bytes, which lie in one page of the other process. */
static enum error move_piece(const struct sides *sides, struct buffer *ours, virt_addr_t at,
                             size_t size)
{
    void *memory;
    ASSERT(at % PAGE_SIZE + size <= PAGE_SIZE);
    if (sides->is_write) {
        enum error error = buffer_get(ours, sides->page, size);
        return error ? error : copy_to_space(sides->space, at, sides->page, size);
    }
    enum error error = user_memory(sides->space, at, AREA_READ, &memory);
    if (error)
        return error;
    memcpy(sides->page, memory, size);
    return buffer_put(ours, sides->page, size);
}

/* Moves all bytes, or those before the first bad address. The result is how many. */
static int64_t move(const struct sides *sides)
{
    struct buffer ours;
    enum error error = OK;
    uint64_t moved = 0;
    buffer_init_parts(&ours, sides->ours, sides->our_count);
    for (size_t i = 0; !error && i < sides->their_count; i++) {
        virt_addr_t at = sides->theirs[i].address;
        uint64_t left = sides->theirs[i].size, size;
        for (; !error && left > 0 && ours.left > 0; left -= size, at += size) {
            size = MIN(PAGE_SIZE - at % PAGE_SIZE, left);
            size = MIN(size, ours.left);
            error = at < USER_END ? move_piece(sides, &ours, at, size) : ERROR_BAD_ADDRESS;
            moved += error ? 0 : size;
            ASSERT(size <= left);
        }
    }
    return moved > 0 ? (int64_t)moved : syscall_result(error);
}

/* May the running process look into the other one, as a debugger would? */
static bool may_look_into(const struct process *other)
{
    return other == process_current() || is_privileged() ||
           (credentials_are_ours(other) && !other->not_dumpable);
}

static int64_t move_with(struct sides *sides, int id)
{
    const struct user_thread *thread = user_thread_find(id);
    if (!thread || !thread->process->space)
        return syscall_result(ERROR_NO_PROCESS);
    if (!may_look_into(thread->process))
        return syscall_result(ERROR_NOT_PERMITTED);
    sides->page = kmalloc(PAGE_SIZE);
    if (!sides->page)
        return syscall_result(ERROR_OUT_OF_FRAMES);
    sides->space = thread->process->space;
    address_space_reference(sides->space);
    int64_t result = move(sides);
    address_space_release(sides->space);
    kfree(sides->page);
    return result;
}

static int64_t transfer(const struct trap_frame *frame, bool is_write)
{
    struct sides sides = {
        .our_count = argument_2(frame), .their_count = argument_4(frame), .is_write = is_write};
    if (argument_5(frame))
        return syscall_result(ERROR_INVALID);
    uint64_t size;
    enum error error = read_parts(argument_1(frame), sides.our_count, &sides.ours, &size);
    if (!error && size > 0)
        error = read_parts(argument_3(frame), sides.their_count, &sides.theirs, &size);
    bool is_something = !error && size > 0;
    int64_t result =
        is_something ? move_with(&sides, (int)argument_0(frame)) : syscall_result(error);
    kfree(sides.ours);
    kfree(sides.theirs);
    return result;
}

int64_t syscall_process_vm_readv(struct trap_frame *frame)
{
    return transfer(frame, false);
}

int64_t syscall_process_vm_writev(struct trap_frame *frame)
{
    return transfer(frame, true);
}
