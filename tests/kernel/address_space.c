/*
 * Address spaces on the machine's own memory and page tables: what is mapped is what the processor
 * sees, and nothing is lost.
 */
#include <kernel/cpu/control.h>
#include <kernel/cpu/cpu.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/address_space.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_space.h>
#include <mm/kernel_stacks.h>

#include "../test.h"
#include "frame_chain.h"
#include "free_frames.h"
#include "workers.h"

#define START UINT64_C(0x40000000)

enum { DATA = AREA_READ | AREA_WRITE };

static virt_addr_t at(uint64_t page)
{
    return START + page * PAGE_SIZE;
}

/* The page's first word, through the direct map; 0 when it is not there. */
static uint64_t *word_of(struct address_space *space, uint64_t page)
{
    static uint64_t none;
    uint64_t entry = paging_entry(&space->tables, at(page));
    none = 0;
    return entry ? phys_to_virt(entry & PAGE_ADDRESS_MASK) : &none;
}

static void write_word(struct address_space *space, uint64_t page, uint64_t word)
{
    EXPECT_EQ(address_space_fault(space, at(page), AREA_WRITE), OK);
    *word_of(space, page) = word;
}

TEST(address_space, the_kernels_half_is_the_same_and_out_of_reach)
{
    struct address_space *space;
    uint64_t before = free_frames();
    EXPECT_EQ(address_space_create(&space), OK);
    const uint64_t *root = phys_to_virt(space->tables.root);
    const uint64_t *kernel = phys_to_virt(kernel_space.root);
    for (size_t i = 0; i < 256; i++)
        EXPECT_EQ(root[i], 0);
    for (size_t i = 256; i < 512; i++) {
        EXPECT_EQ(root[i], kernel[i]);
        EXPECT(!(root[i] & PAGE_USER));
    }
    address_space_use(space); /* and the kernel goes on */
    EXPECT_EQ(read_cr3(), space->tables.root);
    EXPECT(this_cpu()->space == space);
    void *block = kmalloc(100000); /* maps pages in the shared tables */
    memset(block, 1, 100000);
    address_space_use(NULL);
    EXPECT(((char *)block)[99999] == 1);
    kfree(block);
    EXPECT_EQ(read_cr3(), kernel_space.root);
    address_space_release(space);
    EXPECT_EQ(free_frames(), before);
}

/* May the kernel look at a page as the processor sees it? No code of the kernel does. */
static bool can_look(void)
{
    return !(read_cr4() & CR4_SMAP);
}

TEST(address_space, the_processor_sees_what_is_mapped)
{
    struct address_space *space, *copy;
    volatile uint64_t *first = (volatile uint64_t *)at(0), *second = (volatile uint64_t *)at(1);
    uint64_t before = free_frames();
    EXPECT_EQ(address_space_create(&space), OK);
    EXPECT_EQ(address_space_map(space, at(0), MIB(1), DATA, NULL, 0), OK);
    EXPECT_EQ(address_space_fault(space, at(0), AREA_READ), OK);
    write_word(space, 1, 11);
    address_space_use(space);
    if (can_look()) {
        EXPECT(*first == 0 && *second == 11);
        EXPECT_EQ(address_space_fault(space, at(0), AREA_WRITE), OK);
        *word_of(space, 0) = 10;
        EXPECT_EQ(*first, 10); /* the TLB has forgotten the page of zeros */
    }
    EXPECT_EQ(address_space_copy(space, &copy), OK);
    write_word(space, 1, 12);
    if (can_look()) {
        EXPECT_EQ(*second, 12);
        address_space_use(copy);
        EXPECT(*first == 10 && *second == 11);
    }
    address_space_release(space);
    address_space_release(copy);
    EXPECT_EQ(read_cr3(), kernel_space.root);
    EXPECT_EQ(free_frames(), before);
}

TEST(address_space, generations_leave_nothing)
{
    enum { GENERATIONS = 20, PAGES = 50 };
    struct address_space *spaces[GENERATIONS];
    uint64_t before = free_frames(), wrong = 0;
    EXPECT_EQ(address_space_create(&spaces[0]), OK);
    EXPECT_EQ(address_space_map(spaces[0], at(0), PAGES * PAGE_SIZE, DATA, NULL, 0), OK);
    for (uint64_t page = 0; page < PAGES; page++)
        write_word(spaces[0], page, page);
    for (uint64_t i = 1; i < GENERATIONS; i++) {
        EXPECT_EQ(address_space_copy(spaces[i - 1], &spaces[i]), OK);
        write_word(spaces[i], i, 1000 + i);
    }
    for (uint64_t i = 0; i < GENERATIONS; i++) {
        for (uint64_t page = 0; page < PAGES; page++)
            wrong += *word_of(spaces[i], page) != (page && page <= i ? 1000 + page : page);
    }
    address_space_reference(spaces[3]); /* as a second process with the same memory */
    for (uint64_t i = 0; i < GENERATIONS; i++)
        address_space_release(spaces[i * 7 % GENERATIONS]);
    wrong += *word_of(spaces[3], 2) != 1002;
    address_space_release(spaces[3]);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(free_frames(), before);
}

TEST(address_space, a_fault_and_a_copy_without_frames_fail)
{
    struct address_space *space, *copy;
    phys_addr_t all = NO_FRAME;
    uint64_t before = free_frames();
    EXPECT_EQ(address_space_create(&space), OK);
    EXPECT_EQ(address_space_map(space, at(0), MIB(1), DATA, NULL, 0), OK);
    write_word(space, 0, 5);
    heap_trim();
    frame_chain_take_all(&all);
    enum error fault = address_space_fault(space, at(1), AREA_WRITE);
    enum error copied = address_space_copy(space, &copy);
    frame_chain_give_back(&all);
    EXPECT_EQ(fault, ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(copied, ERROR_OUT_OF_FRAMES);
    write_word(space, 1, 6);
    EXPECT_EQ(*word_of(space, 0), 5);
    address_space_release(space);
    EXPECT_EQ(free_frames(), before);
}

/* Costs grow by the logarithm: the areas differ, so that none is merged. */
TEST(address_space, many_areas_are_found_merged_and_split)
{
    enum { AREAS = 4000 };
    struct address_space *space;
    uint64_t before = free_frames();
    virt_addr_t start = 0;
    EXPECT_EQ(address_space_create(&space), OK);
    for (unsigned i = 0; i < AREAS; i++) {
        EXPECT_EQ(address_space_find_gap(space, 0, PAGE_SIZE, &start), OK);
        EXPECT_EQ(start, USER_GAPS_END - (i + 1) * PAGE_SIZE);
        EXPECT_EQ(address_space_map(space, start, PAGE_SIZE, i % 2 ? DATA : AREA_READ, NULL, 0),
                  OK);
    }
    EXPECT_EQ(space->mapped_pages, AREAS);
    EXPECT(address_space_next_area(space, 0)->start == start);
    EXPECT_EQ(address_space_protect(space, start, AREAS * PAGE_SIZE, DATA), OK);
    EXPECT(address_space_next_area(space, 0)->end == USER_GAPS_END);
    EXPECT_EQ(address_space_unmap(space, start + PAGE_SIZE, PAGE_SIZE), OK);
    EXPECT(address_space_is_free(space, start + PAGE_SIZE, PAGE_SIZE));
    EXPECT(!address_space_is_free(space, start, 2 * PAGE_SIZE));
    address_space_release(space);
    EXPECT_EQ(free_frames(), before);
}

/* --- An object whose pages have to be waited for ---------------------------------------------- */

static struct address_space *common;
static phys_addr_t object_frame;
static unsigned objects_released;
static enum error faulted;

/* The other thread runs meanwhile. */
static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    (void)object, (void)write;
    thread_yield();
    *frame = object_frame;
    return index ? ERROR_BEYOND_END : frame_reference(object_frame);
}

static void release_object(struct vm_object *object)
{
    (void)object;
    objects_released++;
}

static void run_fault(struct worker *worker)
{
    (void)worker;
    faulted = address_space_fault(common, at(0), AREA_READ);
}

static void run_unmap(struct worker *worker)
{
    (void)worker;
    address_space_unmap(common, at(0), PAGE_SIZE);
}

TEST(address_space, the_area_may_go_while_a_thread_waits_for_its_page)
{
    static const struct vm_object_operations operations = {.get_page = get_page,
                                                           .release = release_object};
    static struct vm_object object;
    struct stack stack;
    EXPECT_EQ(kernel_stack_alloc(&stack), OK); /* the heap keeps a list of the stacks */
    kernel_stack_free(&stack);
    uint64_t before = free_frames();
    vm_object_init(&object, &operations);
    object_frame = frame_alloc();
    EXPECT_EQ(address_space_create(&common), OK);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(address_space_map(common, at(0), PAGE_SIZE, DATA, &object, 0), OK);
        EXPECT(worker_run_both(run_fault, i == 0 ? run_fault : run_unmap));
        EXPECT_EQ(faulted, OK); /* in the second round: try again, and find nothing */
        EXPECT_EQ(common->resident_pages, 1 - i);
        EXPECT_EQ(address_space_unmap(common, at(0), PAGE_SIZE), OK);
    }
    EXPECT(!frame_is_shared(object_frame));
    vm_object_release(&object);
    EXPECT_EQ(objects_released, 1);
    address_space_release(common);
    frame_free(object_frame);
    EXPECT_EQ(free_frames(), before);
}
