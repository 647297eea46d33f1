/*
 * Memory that a read fills, or a write empties, front to back: a program's, in one part or in
 * several (Linux's iovec), or the kernel's own. What was done shows in `left`.
 *
 * In threads only; for a program's memory, the running thread's, these functions may wait. They
 * fail as copy_from_user(); then `left` tells how many bytes were moved before.
 */
#ifndef MM_BUFFER_H
#define MM_BUFFER_H

#include <error.h>
#include <types.h>

/* As Linux's struct iovec. */
struct buffer_part {
    uint64_t address, size;
};

/* It may point into itself: it must not be copied. */
struct buffer {
    const struct buffer_part *parts; /* the first one that is not used up */
    size_t part_offset;              /* how much of that one is used up */
    size_t left;                     /* bytes, in all parts */
    bool is_users;                   /* the addresses are a program's */
    struct buffer_part own;          /* for a buffer of one part */
};

/* A buffer has this size at most, as Linux's MAX_RW_COUNT: what is beyond is left out. */
enum { BUFFER_MAX = 0x7ffff000 };

/* Makes a buffer of a program's memory, of several parts, or of the kernel's own. `parts` lies in
 * the kernel and stays until the buffer is not used any more. Nothing is checked here: a copy finds
 * out which addresses are bad. Any context. */
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
