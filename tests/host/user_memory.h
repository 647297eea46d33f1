/*
 * For the suites of address spaces: physical memory, a kernel's page tables, a heap, and an object
 * whose pages a test can tell apart.
 */
#ifndef TESTS_HOST_USER_MEMORY_H
#define TESTS_HOST_USER_MEMORY_H

#include <mm/address_space.h>

#define BASE UINT64_C(0x10000000)

/* Addresses count in pages from BASE. */
static inline virt_addr_t at(uint64_t page)
{
    return BASE + page * 4096;
}

/* Makes `memory` bytes of memory, and what address spaces need; ends it. Returns whether all frames
 * and all blocks of the heap have been given back. */
void user_memory_set_up(uint64_t memory);
bool user_memory_tear_down(void);

/* Lets the heap grow no more. */
void user_memory_limit_heap(void);

/* An object of `pages` pages; each byte of page i is i + 1. */
struct test_object {
    struct vm_object object;
    uint64_t pages;
    phys_addr_t frames[64]; /* NO_FRAME: not there yet */
    unsigned asked, asked_to_write;
    bool released;
    void (*meanwhile)(void); /* what others do while get_page() waits */
};
void test_object_init(struct test_object *object, uint64_t pages);

/* Drops the object's own reference and its frames. */
void test_object_end(struct test_object *object);

/* Access a byte as a program does: through the page tables, with page faults. Return the error of a
 * fault that would kill the program. */
enum error program_read(struct address_space *space, virt_addr_t address, uint8_t *byte);
enum error program_write(struct address_space *space, virt_addr_t address, uint8_t byte);

/* The areas as text, such as "rw-p 0-3, r--s 5-6@2", in pages from BASE; @ is the page of an
 * object. */
const char *spell_areas(const struct address_space *space);

#endif
