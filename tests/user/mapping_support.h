/*
 * Mappings for tests: memory, and files of pages that can be told apart.
 */
#ifndef TESTS_USER_MAPPING_SUPPORT_H
#define TESTS_USER_MAPPING_SUPPORT_H

#include "support.h"

enum { DATA = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

static inline char *map(size_t pages, int protection)
{
    return mmap(NULL, pages * PAGE, protection, ANONYMOUS, -1, 0);
}

static inline char *map_file(const char *path, size_t pages, int protection, int flags)
{
    int file = open(path, O_RDWR);
    char *memory = mmap(NULL, pages * PAGE, protection, flags, file, 0);
    close(file);
    return memory;
}

/* A file of so many pages, each full of its number's letter. */
static inline void make_pages(const char *path, int pages)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    char page[PAGE];
    for (int i = 0; i < pages; i++) {
        memset(page, 'a' + i, PAGE);
        EXPECT_EQ(write(file, page, PAGE), PAGE);
    }
    close(file);
}

#endif
