#include <assert.h>
#include <kernel/cpu/cpu.h>
#include <lib/string.h>
#include <mm/buffer.h>
#include <mm/user_copy.h>

void buffer_init_parts(struct buffer *buffer, const struct buffer_part *parts, size_t count)
{
    buffer->parts = parts;
    buffer->part_offset = 0;
    buffer->left = 0;
    buffer->is_users = true;
    for (size_t i = 0; i < count; i++)
        buffer->left += MIN(parts[i].size, BUFFER_MAX - buffer->left);
}

/* The next bytes of a buffer, as far as they lie in one part and, in a program, in one page. */
struct piece {
    char *memory; /* NULL: the page is not there, or does not allow the access */
    size_t size;
};

static uint64_t next_address(const struct buffer *buffer)
{
    return buffer->parts->address + buffer->part_offset;
}

static bool next_can_be_users(const struct buffer *buffer)
{
    return user_range_is_valid(buffer->parts->address, buffer->parts->size);
}

/* The next piece, of `size` bytes at most. */
static inline struct piece next_piece(struct buffer *buffer, unsigned access, size_t size)
{
    while (buffer->part_offset == buffer->parts->size) {
        buffer->parts++;
        buffer->part_offset = 0;
    }
    uint64_t address = next_address(buffer);
    size = MIN(size, buffer->parts->size - buffer->part_offset);
    if (!buffer->is_users)
        return (struct piece){(char *)address, size};
    if (!next_can_be_users(buffer))
        return (struct piece){NULL, 0};
    size = MIN(size, PAGE_SIZE - address % PAGE_SIZE);
    return (struct piece){user_page(this_cpu()->space, address, access), size};
}

/* After next_piece() has found no memory. OK: look again. */
static NOINLINE enum error fault_in(const struct buffer *buffer, unsigned access)
{
    if (!next_can_be_users(buffer))
        return ERROR_BAD_ADDRESS;
    return user_fault_in(this_cpu()->space, next_address(buffer), access);
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
    enum error error = OK;
    ASSERT(size <= buffer->left);
    while (!error && size > 0) {
        struct piece piece = next_piece(buffer, AREA_WRITE, size);
        if (!piece.memory) {
            error = fault_in(buffer, AREA_WRITE);
            continue;
        }
        memcpy(piece.memory, next, piece.size);
        advance(buffer, piece.size);
        next += piece.size;
        size -= piece.size;
    }
    return error;
}

enum error buffer_put_zeros(struct buffer *buffer, size_t size)
{
    enum error error = OK;
    ASSERT(size <= buffer->left);
    while (!error && size > 0) {
        struct piece piece = next_piece(buffer, AREA_WRITE, size);
        if (!piece.memory) {
            error = fault_in(buffer, AREA_WRITE);
            continue;
        }
        memset(piece.memory, 0, piece.size);
        advance(buffer, piece.size);
        size -= piece.size;
    }
    return error;
}

enum error buffer_get(struct buffer *buffer, void *to, size_t size)
{
    char *next = to;
    enum error error = OK;
    ASSERT(size <= buffer->left);
    while (!error && size > 0) {
        struct piece piece = next_piece(buffer, AREA_READ, size);
        if (!piece.memory) {
            error = fault_in(buffer, AREA_READ);
            continue;
        }
        memcpy(next, piece.memory, piece.size);
        advance(buffer, piece.size);
        next += piece.size;
        size -= piece.size;
    }
    return error;
}
