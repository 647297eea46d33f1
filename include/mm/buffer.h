/*
 * Memory that a read fills, or a write empties, front to back. It belongs to the running thread's
 * program, in one part or in several (Linux's iovec), or to the kernel. `left` counts the bytes
 * that are still to be moved.
 *
 * In threads only. With a program's memory these functions may wait, and they fail as
 * copy_from_user() does; what they moved before that is no longer in `left`.
 */
#ifndef MM_BUFFER_H
#define MM_BUFFER_H

#include <error.h>
#include <types.h>

/* As Linux's struct iovec. */
struct buffer_part {
    uint64_t address, size;
};

/* `parts` may point to `own`, so a buffer must not be copied. */
struct buffer {
    const struct buffer_part *parts; /* the first one that is not used up */
    size_t part_offset;              /* how much of that one is used up */
    size_t left;                     /* bytes, in all parts */
    bool is_users;                   /* the addresses are a program's */
    struct buffer_part own;          /* for a buffer of one part */
};

/* The largest size of a buffer, as Linux's MAX_RW_COUNT; the bytes beyond are left out. */
enum { BUFFER_MAX = 0x7ffff000 };

/* Make a buffer: of a program's memory in one part, of the kernel's memory, and of a program's
 * memory in several parts. `parts` lies in the kernel and stays as long as the buffer is used. The
 * addresses are not checked here; a copy finds the bad ones. Any context. */
static inline void buffer_init_user(struct buffer *buffer, virt_addr_t address, size_t size)
{
    buffer->own = (struct buffer_part){address, size};
    buffer->parts = &buffer->own;
    buffer->part_offset = 0;
    buffer->left = MIN(size, (size_t)BUFFER_MAX);
    buffer->is_users = true;
}
static inline void buffer_init_kernel(struct buffer *buffer, void *memory, size_t size)
{
    buffer_init_user(buffer, (uintptr_t)memory, size);
    buffer->is_users = false;
}
void buffer_init_parts(struct buffer *buffer, const struct buffer_part *parts, size_t count);

/* Copies `size` bytes into the buffer, at most `left`. */
enum error buffer_put(struct buffer *buffer, const void *from, size_t size);

/* The same for zeros. */
enum error buffer_put_zeros(struct buffer *buffer, size_t size);

/* Copies `size` bytes out of the buffer, at most `left`. */
enum error buffer_get(struct buffer *buffer, void *to, size_t size);

#endif
