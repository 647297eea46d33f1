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

/* Faults the next page in, after next_piece() has found no memory. OK: look again. */
static NOINLINE enum error fault_in(const struct buffer *buffer, unsigned access)
{
    if (!next_can_be_users(buffer))
        return ERROR_BAD_ADDRESS;
    return user_fault_in(this_cpu()->space, next_address(buffer), access);
}

/* Takes the next piece, of `size` bytes at most, out of the buffer. */
static inline enum error take_piece(struct buffer *buffer, unsigned access, size_t size,
                                    struct piece *piece)
{
    ASSERT(size <= buffer->left);
    while (!(*piece = next_piece(buffer, access, size)).memory) {
        enum error error = fault_in(buffer, access);
        if (error)
            return error;
    }
    buffer->part_offset += piece->size;
    buffer->left -= piece->size;
    return OK;
}

enum error buffer_put(struct buffer *buffer, const void *from, size_t size)
{
    const char *next = from;
    struct piece piece;
    for (; size > 0; next += piece.size, size -= piece.size) {
        enum error error = take_piece(buffer, AREA_WRITE, size, &piece);
        if (error)
            return error;
        memcpy(piece.memory, next, piece.size);
    }
    return OK;
}

enum error buffer_put_zeros(struct buffer *buffer, size_t size)
{
    struct piece piece;
    for (; size > 0; size -= piece.size) {
        enum error error = take_piece(buffer, AREA_WRITE, size, &piece);
        if (error)
            return error;
        memset(piece.memory, 0, piece.size);
    }
    return OK;
}

enum error buffer_get(struct buffer *buffer, void *to, size_t size)
{
    char *next = to;
    struct piece piece;
    for (; size > 0; next += piece.size, size -= piece.size) {
        enum error error = take_piece(buffer, AREA_READ, size, &piece);
        if (error)
            return error;
        memcpy(next, piece.memory, piece.size);
    }
    return OK;
}
