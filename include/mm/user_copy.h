/*
 * Copies between the kernel and the running thread's program, this_cpu()->space. Each function
 * takes any address, good or bad: the kernel never dereferences an address of a program. It looks
 * the page up, and copies through the direct map.
 *
 * In threads only; these functions may wait, for a page of a file. ERROR_BAD_ADDRESS: an address is
 * not the program's, or does not allow it; ERROR_OUT_OF_FRAMES: there was no memory for a page.
 * Then a part may have been copied.
 */
#ifndef MM_USER_COPY_H
#define MM_USER_COPY_H

#include <kernel/task/thread.h>
#include <layout.h>
#include <mm/address_space.h>

/* Copies `size` bytes out of the program, or into it. */
enum error copy_from_user(void *to, virt_addr_t from, size_t size);
enum error copy_to_user(virt_addr_t to, const void *from, size_t size);

/* Copies a string with its NUL, at most `room` bytes. `length` is without the NUL. ERROR_TOO_LONG
 * when there is no NUL within `room`. */
enum error string_from_user(char *to, size_t room, virt_addr_t from, size_t *length);

/* The same as copy_to_user() for any space, to which the caller holds a reference. */
enum error copy_to_space(struct address_space *space, virt_addr_t to, const void *from,
                         size_t size);

/* Sets *memory to the kernel's address of the byte at `address` of that space, for a read or a
 * write (AREA_READ or AREA_WRITE). The pointer is valid up to the end of the page, until the thread
 * waits. The caller holds a reference to the space. */
enum error user_memory(struct address_space *space, virt_addr_t address, unsigned access,
                       void **memory);

/* Does the whole range lie in user memory? Nothing need be mapped there. Any context. */
static inline bool user_range_is_valid(virt_addr_t address, uint64_t size)
{
    return address <= USER_END && size <= USER_END - address;
}

/* The kernel's address of the byte at `address`, which is at most USER_END, if its page is there
 * and allows the access; else NULL. Does not wait. The pointer is valid up to the end of the page,
 * until the thread waits. */
static inline void *user_page(const struct address_space *space, virt_addr_t address,
                              unsigned access)
{
    if (LOCKS_ARE_CHECKED && thread_current())
        lock_order_check_fault(&thread_current()->held_locks);
    uint64_t needed = PAGE_PRESENT | PAGE_USER | (access & AREA_WRITE ? PAGE_WRITABLE : 0);
    return paging_memory(&space->tables, address, needed);
}

/* The same for `size` bytes, at most PAGE_SIZE, all of which are in one page; else NULL. */
static inline void *user_block(const struct address_space *space, virt_addr_t address, size_t size,
                               unsigned access)
{
    bool is_in_one_page = address % PAGE_SIZE + size <= PAGE_SIZE;
    return is_in_one_page && address < USER_END ? user_page(space, address, access) : NULL;
}

/* Faults a page in that user_page() has not found. OK: the caller looks the page up again. */
enum error user_fault_in(struct address_space *space, virt_addr_t address, unsigned access);

#endif
