/*
 * Random operations on memory, against a plain array of pages: map, unmap, protect, move, drop,
 * write, read and fork. Each of five processes has an array of its own, which a fork copies with
 * the memory. The shared pages are a file's.
 */
#include "support.h"

enum { PAGES = 96, FILE_PAGES = 40, STEPS = 4000, FORKS = 4 };
enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

static struct page {
    bool mapped;
    int access;         /* PROT_... */
    int shared;         /* MAP_SHARED or MAP_PRIVATE */
    int index;          /* in the file; -1: anonymous */
    bool is_own;        /* written to in a private mapping */
    unsigned char byte; /* of its own */
} pages[PAGES];

static unsigned char *file_bytes; /* what the file's pages hold, for all processes */
static char *base;
static int file;
static unsigned long state;

static unsigned below(unsigned limit)
{
    state = state * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)(state >> 33) % limit;
}

static int random_access(void)
{
    static const int choices[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                  PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
    return choices[below(5)];
}

struct range {
    int first, count;
};

static struct range random_range(void)
{
    int first = (int)below(PAGES), count = 1 + (int)below(below(4) ? 6 : PAGES);
    return (struct range){first, first + count > PAGES ? PAGES - first : count};
}

static char *at(int page)
{
    return base + page * PAGE;
}

static bool do_map(void)
{
    struct range range = random_range();
    struct page page = {
        .mapped = true, .access = random_access(), .shared = MAP_PRIVATE, .index = -1};
    if (below(2)) {
        page.index = (int)below(FILE_PAGES);
        page.shared = below(2) ? MAP_SHARED : MAP_PRIVATE;
    }
    int flags = page.shared | MAP_FIXED | (page.index < 0 ? MAP_ANONYMOUS : 0);
    void *memory = mmap(at(range.first), (size_t)range.count * PAGE, page.access, flags,
                        page.index < 0 ? -1 : file, page.index < 0 ? 0 : page.index * PAGE);
    for (int i = 0; i < range.count; i++) {
        pages[range.first + i] = page;
        page.index += page.index >= 0;
    }
    return memory == at(range.first);
}

static bool do_unmap(void)
{
    struct range range = random_range();
    memset(&pages[range.first], 0, (size_t)range.count * sizeof(*pages));
    return munmap(at(range.first), (size_t)range.count * PAGE) == 0;
}

/* It stops at a hole. */
static bool do_protect(void)
{
    struct range range = random_range();
    int access = random_access(), i = range.first;
    int result = mprotect(at(range.first), (size_t)range.count * PAGE, access);
    for (; i < range.first + range.count && pages[i].mapped; i++)
        pages[i].access = access;
    return i < range.first + range.count ? result == -1 && errno == ENOMEM : result == 0;
}

/* A private page is what it was when it was mapped. */
static void drop_own(struct page *page)
{
    if (page->shared != MAP_PRIVATE)
        return;
    page->is_own = false;
    page->byte = 0;
}

/* Goes on behind a hole. */
static bool do_drop(void)
{
    struct range range = random_range();
    bool hole = false;
    int result = madvise(at(range.first), (size_t)range.count * PAGE, MADV_DONTNEED);
    for (int i = range.first; i < range.first + range.count; i++) {
        hole |= !pages[i].mapped;
        drop_own(&pages[i]);
    }
    return hole ? result == -1 && errno == ENOMEM : result == 0;
}

/* Moves one page to another place. */
static bool do_move(void)
{
    int from = (int)below(PAGES), to = (int)below(PAGES);
    if (from == to || !pages[from].mapped)
        return true;
    int keep = below(2) ? MREMAP_DONTUNMAP : 0;
    void *moved = mremap(at(from), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | keep, at(to));
    pages[to] = pages[from];
    if (keep)
        drop_own(&pages[from]);
    else
        pages[from] = (struct page){0};
    return moved == at(to);
}

static unsigned char *byte_of(struct page *page)
{
    return page->index >= 0 && !page->is_own ? &file_bytes[page->index] : &page->byte;
}

static bool is_beyond(const struct page *page)
{
    return page->index >= FILE_PAGES && !page->is_own;
}

/* Lets the kernel read or write the byte, which says by EFAULT when the program may not. */
static bool do_access(bool write_it)
{
    int i = (int)below(PAGES), ends[2];
    struct page *page = &pages[i];
    unsigned char byte = (unsigned char)below(256), found = 0;
    bool allowed =
        page->mapped && !is_beyond(page) && page->access & (write_it ? PROT_WRITE : PROT_READ);
    if (pipe(ends))
        return false;
    bool right;
    if (write_it) {
        right = write(ends[1], &byte, 1) == 1;
        right = right && (read(ends[0], at(i), 1) == 1) == allowed;
        if (allowed) {
            page->is_own = page->shared == MAP_PRIVATE;
            *byte_of(page) = byte;
        }
    } else {
        right = (write(ends[1], at(i), 1) == 1) == allowed;
        if (allowed)
            right = right && read(ends[0], &found, 1) == 1 && found == *byte_of(page);
    }
    close(ends[0]);
    close(ends[1]);
    return right;
}

/* All that can be read holds what the array says. */
static bool all_agree(void)
{
    for (int i = 0; i < PAGES; i++) {
        struct page *page = &pages[i];
        if (page->mapped && page->access & PROT_READ && !is_beyond(page) &&
            *(volatile unsigned char *)at(i) != *byte_of(page))
            return false;
    }
    return true;
}

static bool step(void)
{
    switch (below(32)) {
    case 0:
    case 1:
        return do_map();
    case 2:
        return do_unmap();
    case 3:
        return do_protect();
    case 4:
        return do_drop();
    case 5:
        return do_move();
    default:
        return do_access(below(2));
    }
}

/* The steps until a fork; the child takes its own ones before the parent goes on, since both write
 * to the file. Returns whether all was right. */
static bool run(int forks)
{
    int status;
    for (int i = 0; i < STEPS; i++) {
        if (!step() || (i % 64 == 0 && !all_agree()))
            return false;
    }
    if (forks == 0)
        return true;
    pid_t child = fork();
    if (child == 0)
        _exit(!run(forks - 1));
    return waitpid(child, &status, 0) == child && status == 0 && all_agree();
}

TEST(mapping_random, five_processes_against_a_model)
{
    static const unsigned seeds[] = {1, 20, 300};
    file_bytes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    file = open("a", O_RDWR | O_CREAT, 0644);
    EXPECT_OK(ftruncate(file, FILE_PAGES * PAGE));
    base = mmap(NULL, PAGES * PAGE, PROT_NONE, ANONYMOUS, -1, 0);
    EXPECT_OK(munmap(base, PAGES * PAGE));
    for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
        state = seeds[i];
        EXPECT(run(FORKS));
    }
}
