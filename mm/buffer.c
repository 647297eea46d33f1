#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <lib/string.h>
#include <mm/buffer.h>
#include <mm/user_copy.h>

static void init_own(struct buffer *buffer, uint64_t address, size_t size, bool is_users)
{
    buffer->own = (struct buffer_part){address, size};
    buffer->parts = &buffer->own;
    buffer->part_offset = 0;
    buffer->left = MIN(size, (size_t)BUFFER_MAX);
    buffer->is_users = is_users;
}

void buffer_init_user(struct buffer *buffer, virt_addr_t address, size_t size)
{
    init_own(buffer, address, size, true);
}

void buffer_init_kernel(struct buffer *buffer, void *memory, size_t size)
{
    init_own(buffer, (uintptr_t)memory, size, false);
}

void buffer_init_parts(struct buffer *buffer, const struct buffer_part *parts, size_t count)
{
    buffer->parts = parts;
    buffer->part_offset = 0;
    buffer->left = 0;
    buffer->is_users = true;
    for (size_t i = 0; i < count; i++)
        buffer->left += MIN(parts[i].size, BUFFER_MAX - buffer->left);
}

/* Finds the memory of the next bytes: `*size` of them at most, and none beyond the part or, in a
 * program, the page. */
static enum error next_piece(struct buffer *buffer, unsigned access, void **memory, size_t *size)
{
    while (buffer->part_offset == buffer->parts->size) {
        buffer->parts++;
        buffer->part_offset = 0;
    }
    const struct buffer_part *part = buffer->parts;
    uint64_t address = part->address + buffer->part_offset;
    *size = MIN(*size, part->size - buffer->part_offset);
    if (!buffer->is_users) {
        *memory = (void *)address;
        return OK;
    }
    if (!user_range_is_valid(part->address, part->size))
        return ERROR_BAD_ADDRESS;
    *size = MIN(*size, PAGE_SIZE - address % PAGE_SIZE);
    return user_memory(this_cpu()->space, address, access, memory);
}

static void advance(struct buffer *buffer, size_t size)
{
    ASSERT(size <= buffer->left);
    buffer->part_offset += size;
    buffer->left -= size;
}

enum error buffer_put(struct buffer *buffer, const void *from, size_t size)
{
    const char *next = from;
    void *memory;
    ASSERT(size <= buffer->left);
    while (size > 0) {
        size_t piece = size;
        enum error error = next_piece(buffer, AREA_WRITE, &memory, &piece);
        if (error)
            return error;
        memcpy(memory, next, piece);
        advance(buffer, piece);
        next += piece;
        size -= piece;
    }
    return OK;
}

enum error buffer_put_zeros(struct buffer *buffer, size_t size)
{
    void *memory;
    ASSERT(size <= buffer->left);
    while (size > 0) {
        size_t piece = size;
        enum error error = next_piece(buffer, AREA_WRITE, &memory, &piece);
        if (error)
            return error;
        memset(memory, 0, piece);
        advance(buffer, piece);
        size -= piece;
    }
    return OK;
}

enum error buffer_get(struct buffer *buffer, void *to, size_t size)
{
    char *next = to;
    void *memory;
    ASSERT(size <= buffer->left);
    while (size > 0) {
        size_t piece = size;
        enum error error = next_piece(buffer, AREA_READ, &memory, &piece);
        if (error)
            return error;
        memcpy(next, memory, piece);
        advance(buffer, piece);
        next += piece;
        size -= piece;
    }
    return OK;
}
