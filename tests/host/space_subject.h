/*
 * An address space under test, and an object to map into it. Pages are counted from BASE.
 */
#ifndef TESTS_HOST_SPACE_SUBJECT_H
#define TESTS_HOST_SPACE_SUBJECT_H

#include "user_memory.h"

enum { R = AREA_READ, W = AREA_WRITE, X = AREA_EXECUTE, S = AREA_SHARED };

extern struct address_space *user_space;
extern struct test_object space_object;

/* A machine with 16 MiB of memory and an empty space. */
void space_set_up(void);

/* Releases the space, and expects that all of its memory is free again. */
void space_tear_down(void);

enum error space_map(uint64_t page, uint64_t pages, unsigned flags);
enum error space_unmap(uint64_t page, uint64_t pages);
enum error space_protect(uint64_t page, uint64_t pages, unsigned flags);

/* Maps the object, from its page `first` on. */
enum error space_map_object(uint64_t page, uint64_t pages, unsigned flags, uint64_t first);

/* What a program in the space `of` reads; -1 for a fault that kills it. */
int space_read(struct address_space *of, virt_addr_t address);

#endif
