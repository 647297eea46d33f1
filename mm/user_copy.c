/*
 * The page tables are asked first: most pages are there. Their entries also say what the program
 * may do: what it may not read or write, nobody copies for it. A page that is missing, or may not
 * be written to yet, is faulted in, and looked up again.
 */
#include <kernel/cpu/cpu.h>
#include <lib/string.h>
#include <mm/reclaim.h>
#include <mm/user_copy.h>

enum error user_memory(struct address_space *space, virt_addr_t address, unsigned access,
                       void **memory)
{
    uint64_t needed = PAGE_PRESENT | PAGE_USER | (access & AREA_WRITE ? PAGE_WRITABLE : 0);
    if (address >= USER_END)
        return ERROR_BAD_ADDRESS;
    for (;;) {
        uint64_t entry = paging_entry(&space->tables, address);
        if ((entry & needed) == needed) {
            *memory = phys_to_virt((entry & PAGE_ADDRESS_MASK) + address % PAGE_SIZE);
            return OK;
        }
        enum error error = address_space_fault(space, address, access);
        if (error == ERROR_OUT_OF_FRAMES && reclaim_for_program())
            continue;
        if (error)
            return error == ERROR_OUT_OF_FRAMES ? error : ERROR_BAD_ADDRESS;
    }
}

static size_t rest_of_page(virt_addr_t address, size_t size)
{
    return MIN(size, PAGE_SIZE - address % PAGE_SIZE);
}

enum error copy_from_user(void *to, virt_addr_t from, size_t size)
{
    char *next = to;
    void *memory;
    if (!user_range_is_valid(from, size))
        return ERROR_BAD_ADDRESS;
    while (size > 0) {
        size_t piece = rest_of_page(from, size);
        enum error error = user_memory(this_cpu()->space, from, AREA_READ, &memory);
        if (error)
            return error;
        memcpy(next, memory, piece);
        next += piece;
        from += piece;
        size -= piece;
    }
    return OK;
}

enum error copy_to_space(struct address_space *space, virt_addr_t to, const void *from, size_t size)
{
    const char *next = from;
    void *memory;
    if (!user_range_is_valid(to, size))
        return ERROR_BAD_ADDRESS;
    while (size > 0) {
        size_t piece = rest_of_page(to, size);
        enum error error = user_memory(space, to, AREA_WRITE, &memory);
        if (error)
            return error;
        memcpy(memory, next, piece);
        next += piece;
        to += piece;
        size -= piece;
    }
    return OK;
}

enum error copy_to_user(virt_addr_t to, const void *from, size_t size)
{
    return copy_to_space(this_cpu()->space, to, from, size);
}

/* Copies up to a NUL, `size` bytes at most. Returns how many it copied before. */
static size_t copy_string(char *to, const char *from, size_t size)
{
    size_t length = 0;
    while (length < size && (to[length] = from[length]))
        length++;
    return length;
}

enum error string_from_user(char *to, size_t room, virt_addr_t from, size_t *length)
{
    void *memory;
    for (*length = 0; *length < room;) {
        size_t piece = rest_of_page(from + *length, room - *length);
        enum error error = user_memory(this_cpu()->space, from + *length, AREA_READ, &memory);
        if (error)
            return error;
        size_t copied = copy_string(to + *length, memory, piece);
        *length += copied;
        if (copied < piece)
            return OK;
    }
    return ERROR_TOO_LONG;
}
