/*
 * Five programs map, protect, unmap, move, drop, write, read and fork at random, against a plain
 * array of pages: for each page its area, its rights and its byte. The areas, the references to
 * frames and the counts are worked out afresh from the model and compared.
 */
#include <layout.h>
#include <lib/random.h>
#include <mm/frames.h>
#include <mm/user_pages.h>
#include <string.h>

#include "../test.h"
#include "physical_memory.h"
#include "user_memory.h"

enum { PROGRAMS = 5, PAGES = 96, OBJECT_PAGES = 40, STEPS = 1000000 };

struct page {
    bool mapped;
    unsigned flags;
    bool is_object;
    unsigned index; /* in the object */
    bool is_own;    /* written to in a private area: the byte is the program's own */
    uint8_t byte;
};

static struct program {
    struct address_space *space;
    struct page pages[PAGES];
} programs[PROGRAMS];

static struct test_object object;
static uint8_t object_bytes[OBJECT_PAGES]; /* through shared mappings */
static uint64_t state;

static uint8_t *byte_of(struct page *page)
{
    return page->is_object && !page->is_own ? &object_bytes[page->index] : &page->byte;
}

struct range {
    uint64_t first, count;
};

static struct range random_range(void)
{
    uint64_t first = random_below(&state, PAGES);
    uint64_t count = 1 + random_below(&state, random_below(&state, 4) ? 6 : PAGES);
    return (struct range){first, MIN(count, PAGES - first)};
}

static unsigned random_access(void)
{
    static const unsigned choices[] = {0, AREA_READ, AREA_READ | AREA_WRITE, AREA_READ | AREA_WRITE,
                                       AREA_READ | AREA_EXECUTE};
    return choices[random_below(&state, ARRAY_SIZE(choices))];
}

static void do_map(struct program *program)
{
    struct range range = random_range();
    unsigned flags = random_access();
    bool is_object = random_below(&state, 2);
    if (is_object && random_below(&state, 2))
        flags |= AREA_SHARED;
    uint64_t index = random_below(&state, OBJECT_PAGES);
    enum error error =
        address_space_map(program->space, at(range.first), range.count * PAGE_SIZE, flags,
                          is_object ? &object.object : NULL, is_object ? index * PAGE_SIZE : 0);
    EXPECT_EQ(error, OK);
    for (uint64_t i = 0; i < range.count; i++)
        program->pages[range.first + i] = (struct page){
            .mapped = true, .flags = flags, .is_object = is_object, .index = (unsigned)(index + i)};
}

static void do_unmap(struct program *program)
{
    struct range range = random_range();
    EXPECT_EQ(address_space_unmap(program->space, at(range.first), range.count * PAGE_SIZE), OK);
    memset(&program->pages[range.first], 0, range.count * sizeof(struct page));
}

static void do_protect(struct program *program)
{
    struct range range = random_range();
    unsigned access = random_access();
    enum error error =
        address_space_protect(program->space, at(range.first), range.count * PAGE_SIZE, access);
    uint64_t i = range.first, end = range.first + range.count;
    for (; i < end && program->pages[i].mapped; i++)
        program->pages[i].flags = (program->pages[i].flags & AREA_SHARED) | access;
    EXPECT_EQ(error, i < end ? ERROR_OUT_OF_FRAMES : OK);
}

/* Private pages are what they were when they were mapped. */
static void drop_own(struct page *page)
{
    if (page->flags & AREA_SHARED)
        return;
    page->is_own = false;
    page->byte = 0;
}

/* Goes on behind a hole. */
static void do_discard(struct program *program)
{
    struct range range = random_range();
    enum error error =
        address_space_discard(program->space, at(range.first), range.count * PAGE_SIZE);
    bool hole = false;
    for (uint64_t i = range.first; i < range.first + range.count; i++) {
        struct page *page = &program->pages[i];
        hole |= !page->mapped;
        drop_own(page);
    }
    EXPECT_EQ(error, hole ? ERROR_OUT_OF_FRAMES : OK);
}

/* Moves one page to another place. */
static void do_move(struct program *program)
{
    bool keep = random_below(&state, 2);
    uint64_t from = random_below(&state, PAGES), to = random_below(&state, PAGES);
    if (from == to)
        return;
    enum error error =
        address_space_move(program->space, at(from), PAGE_SIZE, at(to), PAGE_SIZE, keep);
    EXPECT_EQ(error, program->pages[from].mapped ? OK : ERROR_BAD_ADDRESS);
    if (error)
        return;
    program->pages[to] = program->pages[from];
    if (keep)
        drop_own(&program->pages[from]);
    else
        program->pages[from] = (struct page){0};
}

/* How an access to the page has to end. */
static enum error expected(const struct page *page, unsigned access)
{
    if (!page->mapped)
        return ERROR_NOT_MAPPED;
    if (!(page->flags & access))
        return ERROR_ACCESS;
    return page->is_object && !page->is_own && page->index >= OBJECT_PAGES ? ERROR_BEYOND_END : OK;
}

static void do_read(struct program *program)
{
    uint64_t i = random_below(&state, PAGES);
    uint8_t byte;
    struct page *page = &program->pages[i];
    enum error error = program_read(program->space, at(i), &byte);
    EXPECT_EQ(error, expected(page, AREA_ACCESS));
    if (!error)
        EXPECT_EQ(byte, *byte_of(page));
}

static void do_write(struct program *program)
{
    uint64_t i = random_below(&state, PAGES);
    uint8_t byte = (uint8_t)random_next(&state);
    struct page *page = &program->pages[i];
    enum error error = program_write(program->space, at(i), byte);
    EXPECT_EQ(error, expected(page, AREA_WRITE));
    if (error)
        return;
    if (!(page->flags & AREA_SHARED))
        page->is_own = true;
    *byte_of(page) = byte;
}

static void do_fork(struct program *parent)
{
    struct program *child = &programs[random_below(&state, PROGRAMS)];
    if (child == parent)
        return;
    address_space_release(child->space);
    EXPECT_EQ(address_space_copy(parent->space, &child->space), OK);
    memcpy(child->pages, parent->pages, sizeof(child->pages));
}

/* --- Checks --------------------------------------------------------------------------------- */

static bool goes_on(const struct page *page, const struct page *next)
{
    return next->mapped && next->flags == page->flags && next->is_object == page->is_object &&
           (!page->is_object || next->index == page->index + 1);
}

static void expect_areas(const struct program *program)
{
    const struct page *pages = program->pages;
    const struct vm_area *area = address_space_next_area(program->space, 0);
    uint64_t mapped = 0;
    size_t count = 0;
    for (uint64_t i = 0; i < PAGES; i++) {
        if (!pages[i].mapped)
            continue;
        count++;
        uint64_t end = i + 1;
        while (end < PAGES && goes_on(&pages[end - 1], &pages[end]))
            end++;
        EXPECT(area && area->start == at(i) && area->end == at(end));
        EXPECT_EQ(area->flags, pages[i].flags);
        EXPECT(!area->object == !pages[i].is_object);
        EXPECT(!area->object || area->offset == pages[i].index * PAGE_SIZE);
        mapped += end - i;
        i = end - 1;
        area = address_space_next_area(program->space, area->end);
    }
    EXPECT(!area);
    EXPECT_EQ(program->space->mapped_pages, mapped);
    EXPECT_EQ(program->space->area_count, count);
}

/* Each frame has a reference for each entry that maps it, and those of the object one more. */
static void expect_references(void)
{
    static struct {
        phys_addr_t frame;
        unsigned entries;
    } seen[PROGRAMS * PAGES];
    size_t count = 0;
    for (size_t p = 0; p < PROGRAMS; p++) {
        uint64_t resident = 0;
        for (uint64_t i = 0; i < PAGES; i++) {
            uint64_t entry = paging_entry(&programs[p].space->tables, at(i));
            phys_addr_t frame = entry & PAGE_ADDRESS_MASK;
            if (!entry || frame == user_pages_zeros())
                continue;
            resident++;
            size_t k = 0;
            while (k < count && seen[k].frame != frame)
                k++;
            count += k == count;
            seen[k].entries = seen[k].frame == frame ? seen[k].entries + 1 : 1;
            seen[k].frame = frame;
        }
        EXPECT_EQ(programs[p].space->resident_pages, resident);
    }
    for (size_t k = 0; k < count; k++) {
        unsigned references = seen[k].entries;
        for (uint64_t i = 0; i < OBJECT_PAGES; i++)
            references += object.frames[i] == seen[k].frame;
        unsigned found = 1;
        for (; frame_is_shared(seen[k].frame); found++)
            frame_free(seen[k].frame);
        EXPECT_EQ(found, references);
        while (found-- > 1)
            EXPECT_EQ(frame_reference(seen[k].frame), OK);
    }
    memset(seen, 0, sizeof(seen));
}

/* A gap is free, and the highest one. */
static void expect_gap(struct program *program)
{
    uint64_t length = 1 + random_below(&state, 8), floor = random_below(&state, PAGES / 2);
    uint64_t ceiling = floor + 1 + random_below(&state, PAGES / 2), best = UINT64_MAX;
    for (uint64_t i = floor; i + length <= ceiling; i++) {
        uint64_t k = i;
        while (k < i + length && !program->pages[k].mapped)
            k++;
        if (k == i + length)
            best = i;
    }
    virt_addr_t start;
    bool found = vm_areas_find_gap(&program->space->areas, at(floor), at(ceiling),
                                   length * PAGE_SIZE, &start);
    EXPECT(best == UINT64_MAX ? !found : found && start == at(best));
}

static void step(void)
{
    struct program *program = &programs[random_below(&state, PROGRAMS)];
    switch (random_below(&state, 32)) {
    case 0:
    case 1:
        do_map(program);
        break;
    case 2:
        do_unmap(program);
        break;
    case 3:
        do_protect(program);
        break;
    case 4:
        do_fork(program);
        break;
    case 5:
        expect_gap(program);
        break;
    case 6:
        do_discard(program);
        break;
    case 7:
        do_move(program);
        break;
    default:
        if (random_below(&state, 2))
            do_read(program);
        else
            do_write(program);
    }
    expect_areas(program);
}

TEST(address_space_random, five_programs_agree_with_a_model)
{
    user_memory_set_up(MIB(32));
    test_object_init(&object, OBJECT_PAGES);
    memset(programs, 0, sizeof(programs));
    state = 20;
    for (unsigned i = 0; i < OBJECT_PAGES; i++)
        object_bytes[i] = (uint8_t)(i + 1);
    for (size_t i = 0; i < PROGRAMS; i++)
        EXPECT_EQ(address_space_create(&programs[i].space), OK);
    for (unsigned i = 0; i < STEPS && !test_failed(); i++) {
        step();
        if (i % 256 == 0)
            expect_references();
    }
    for (size_t i = 0; i < PROGRAMS; i++)
        address_space_release(programs[i].space);
    EXPECT(!test_failed());
    test_object_end(&object);
    EXPECT(user_memory_tear_down());
}
