/*
 * A copy looks each page up in the program's page tables first, since most pages are there. The
 * entry also says what the program may do, and the kernel copies nothing that the program may not
 * read or write itself. A page that is missing, or that is not writable yet, is faulted in and then
 * looked up again.
 */
#include <kernel/cpu/cpu.h>
#include <lib/string.h>
#include <mm/reclaim.h>
#include <mm/user_copy.h>

enum error user_fault_in(struct address_space *space, virt_addr_t address, unsigned access)
{
    if (address >= USER_END)
        return ERROR_BAD_ADDRESS;
    enum error error = address_space_fault(space, address, access);
    if (error == ERROR_OUT_OF_FRAMES && reclaim_for_program())
        return OK; /* the caller looks again, and comes back if it has to */
    return error && error != ERROR_OUT_OF_FRAMES ? ERROR_BAD_ADDRESS : error;
}

enum error user_memory(struct address_space *space, virt_addr_t address, unsigned access,
                       void **memory)
{
    enum error error = address < USER_END ? OK : ERROR_BAD_ADDRESS;
    while (!error && !(*memory = user_page(space, address, access)))
        error = user_fault_in(space, address, access);
    return error;
}

/* The same without a call where the page is there, as most are. */
static inline enum error find_memory(struct address_space *space, virt_addr_t address,
                                     unsigned access, void **memory)
{
    *memory = address < USER_END ? user_page(space, address, access) : NULL;
    return *memory ? OK : user_memory(space, address, access, memory);
}

static size_t rest_of_page(virt_addr_t address, size_t size)
{
    return MIN(size, PAGE_SIZE - address % PAGE_SIZE);
}

enum error copy_from_user(void *to, virt_addr_t from, size_t size)
{
    struct address_space *space = this_cpu()->space;
    char *next = to;
    enum error error = user_range_is_valid(from, size) ? OK : ERROR_BAD_ADDRESS;
    while (!error && size > 0) {
        size_t piece = rest_of_page(from, size);
        void *memory;
        error = find_memory(space, from, AREA_READ, &memory);
        if (error)
            break;
        memcpy(next, memory, piece);
        next += piece;
        from += piece;
        size -= piece;
    }
    return error;
}

enum error copy_to_space(struct address_space *space, virt_addr_t to, const void *from, size_t size)
{
    const char *next = from;
    enum error error = user_range_is_valid(to, size) ? OK : ERROR_BAD_ADDRESS;
    while (!error && size > 0) {
        size_t piece = rest_of_page(to, size);
        void *memory;
        error = find_memory(space, to, AREA_WRITE, &memory);
        if (error)
            break;
        memcpy(memory, next, piece);
        next += piece;
        to += piece;
        size -= piece;
    }
    return error;
}

enum error copy_to_user(virt_addr_t to, const void *from, size_t size)
{
    return copy_to_space(this_cpu()->space, to, from, size);
}

#define EACH_BYTE(value) ((value)*UINT64_C(0x0101010101010101))

/* Has bit 7 set in the lowest byte that is zero, and perhaps in higher ones; 0: none is zero. (Only
 * a byte of zero has no bit 7 itself and gets one when 1 is subtracted, unless a lower byte has
 * borrowed from it, which only a zero does.) */
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - EACH_BYTE(0x01)) & ~word & EACH_BYTE(0x80);
}

/* Copies up to a NUL, `size` bytes at most, and perhaps some behind the NUL. Returns how many there
 * are before it. */
static size_t copy_string(char *to, const char *from, size_t size)
{
    size_t length = 0;
    for (uint64_t word; size - length >= sizeof(word); length += sizeof(word)) {
        __builtin_memcpy(&word, from + length, sizeof(word));
        __builtin_memcpy(to + length, &word, sizeof(word));
        uint64_t zeros = zero_bytes(word);
        if (zeros)
            return length + (size_t)__builtin_ctzll(zeros) / 8;
    }
    while (length < size && (to[length] = from[length]))
        length++;
    return length;
}

enum error string_from_user(char *to, size_t room, virt_addr_t from, size_t *length)
{
    void *memory;
    for (*length = 0; *length < room;) {
        size_t piece = rest_of_page(from + *length, room - *length);
        enum error error = find_memory(this_cpu()->space, from + *length, AREA_READ, &memory);
        if (error)
            return error;
        size_t copied = copy_string(to + *length, memory, piece);
        *length += copied;
        if (copied < piece)
            return OK;
    }
    return ERROR_TOO_LONG;
}
