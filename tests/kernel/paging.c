/*
 * The live page tables: what they allow, and mapping in them.
 */
#include <image.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/stacks.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/kernel_space.h>
#include <mm/paging_walk.h>
#include <mm/processor.h>

#include "../test.h"
#include "frame_chain.h"
#include "free_frames.h"

#define DATA   (PAGE_WRITABLE | PAGE_NO_EXECUTE)
#define UNUSED (STACKS_BASE + STACKS_WINDOW / 2)

enum { VGA_TEXT = 0xb8000 };

static phys_addr_t translate(virt_addr_t address)
{
    phys_addr_t physical;
    return paging_translate(&kernel_space, address, &physical) == OK ? physical : UINT64_MAX;
}

/* The entry that maps `address`, or 0. */
static uint64_t entry_of(virt_addr_t address)
{
    struct paging_step steps[PAGING_LEVELS];
    size_t count = paging_walk(&kernel_space, address, steps);
    return count && steps[count - 1].entry & PAGE_PRESENT ? steps[count - 1].entry : 0;
}

/* PAGE_NO_EXECUTE where the processor knows it (CPUID 80000001, EDX bit 20); else no page has it.
 */
static uint64_t no_execute(void)
{
    return cpuid(0x80000001, 0).edx >> 20 & 1 ? PAGE_NO_EXECUTE : 0;
}

/* --- What the tables allow ------------------------------------------------------------------ */

struct seen {
    uint64_t pages;
    uint64_t writable_and_executable; /* as far as the processor can tell the two apart */
    uint64_t user;
    uint64_t empty_tables;
};

/* Goes through every entry of a table and all below it. */
static void look_through(phys_addr_t table, unsigned level, struct seen *seen)
{
    const uint64_t *entries = phys_to_virt(table);
    unsigned present = 0;
    for (unsigned i = 0; i < 512; i++) {
        uint64_t entry = entries[i];
        if (!(entry & PAGE_PRESENT))
            continue;
        present++;
        if (level > 1 && !(entry & PAGE_LARGE)) {
            look_through(entry & PAGE_ADDRESS_MASK, level - 1, seen);
            continue;
        }
        seen->pages++;
        seen->writable_and_executable += (entry & DATA) == PAGE_WRITABLE && no_execute();
        seen->user += (entry & PAGE_USER) != 0;
    }
    seen->empty_tables += present == 0 && level < PAGING_LEVELS - 1; /* a window's may be */
}

TEST(paging, no_page_is_writable_and_executable)
{
    struct seen seen = {0};
    EXPECT_EQ(read_cr3() & PAGE_ADDRESS_MASK, kernel_space.root);
    look_through(kernel_space.root, PAGING_LEVELS, &seen);
    EXPECT(seen.pages > 100);
    EXPECT_EQ(seen.writable_and_executable, 0);
    EXPECT_EQ(seen.user, 0);
    EXPECT_EQ(seen.empty_tables, 0);
}

TEST(paging, lower_half_is_empty)
{
    const uint64_t *root = phys_to_virt(kernel_space.root);
    for (unsigned i = 0; i < 256; i++)
        EXPECT_EQ(root[i], 0);
    EXPECT_EQ(translate(0), UINT64_MAX);
    EXPECT_EQ(translate(MIB(1)), UINT64_MAX);
}

TEST(paging, stacks_lie_between_guard_pages)
{
    for (size_t i = 0; i < STACK_COUNT; i++) {
        const struct stack *stack = &stacks[i];
        EXPECT(stack->bottom < stack->top);
        EXPECT_EQ(translate(stack->bottom - 1), UINT64_MAX);
        EXPECT_EQ(translate(stack->bottom - PAGE_SIZE), UINT64_MAX);
        EXPECT_EQ(translate(stack->top), UINT64_MAX);
        EXPECT_EQ(translate(stack->top + PAGE_SIZE - 1), UINT64_MAX);
        for (virt_addr_t page = stack->bottom; page < stack->top; page += PAGE_SIZE)
            EXPECT_EQ(entry_of(page) & DATA, PAGE_WRITABLE | no_execute());
    }
    virt_addr_t here = (virt_addr_t)__builtin_frame_address(0);
    EXPECT(here > stacks[STACK_BOOT].bottom && here < stacks[STACK_BOOT].top);
}

/* Are all pages from `start` to `end` mapped with these rights, in the image and in the direct map?
 */
static void expect_rights(const char *start, const char *end, uint64_t image, uint64_t alias)
{
    EXPECT(start < end);
    for (virt_addr_t page = (virt_addr_t)start; page < (virt_addr_t)end; page += PAGE_SIZE) {
        phys_addr_t memory = page - KERNEL_BASE;
        EXPECT_EQ(translate(page), memory);
        EXPECT_EQ(entry_of(page) & DATA, image);
        EXPECT_EQ(translate((virt_addr_t)phys_to_virt(memory)), memory);
        EXPECT_EQ(entry_of((virt_addr_t)phys_to_virt(memory)) & DATA, alias);
    }
}

TEST(paging, text_cannot_be_written_nor_its_alias)
{
    expect_rights(text_start, text_end, 0, no_execute());
}

TEST(paging, constants_cannot_be_written_nor_their_alias)
{
    expect_rights(rodata_start, rodata_end, no_execute(), no_execute());
    if (!test_failed())
        expect_rights(ro_after_init_start, ro_after_init_end, no_execute(), no_execute());
}

TEST(paging, protections_are_on)
{
    struct cpuid_result basic = cpuid(1, 0), extended = cpuid(7, 0);
    bool has_7 = cpuid(0, 0).eax >= 7;
    uint64_t cr4 = read_cr4();
    EXPECT(read_cr0() & CR0_WP);
    EXPECT_EQ(!!(read_msr(MSR_EFER) & EFER_NXE), !!no_execute());
    EXPECT_EQ(!!(cr4 & CR4_PGE), basic.edx >> 13 & 1);
    EXPECT_EQ(!!(cr4 & CR4_SMEP), has_7 && extended.ebx >> 7 & 1);
    EXPECT_EQ(!!(cr4 & CR4_SMAP), has_7 && extended.ebx >> 20 & 1);
    EXPECT_EQ(!!(cr4 & CR4_UMIP), has_7 && extended.ecx >> 2 & 1);
}

/* --- The blog's examples -------------------------------------------------------------------- */

/* Post 9: the VGA text page, a page of code, one of the stack, and a huge page. */
TEST(paging, the_blogs_addresses_are_translated)
{
    virt_addr_t code = (virt_addr_t)&paging_translate;
    virt_addr_t stack = (virt_addr_t)__builtin_frame_address(0);
    EXPECT_EQ(translate((virt_addr_t)phys_to_virt(VGA_TEXT)), VGA_TEXT);
    EXPECT_EQ(translate(code), code - KERNEL_BASE);
    EXPECT_EQ(translate(stack), stack - KERNEL_BASE);
    virt_addr_t huge = (virt_addr_t)phys_to_virt(MIB(8) + 12345);
    EXPECT(entry_of(huge) & PAGE_LARGE);
    EXPECT_EQ(translate(huge), MIB(8) + 12345);
}

TEST(paging, code_can_be_read_and_constants_too)
{
    EXPECT(*(volatile unsigned char *)text_start == 0xd6); /* the Multiboot2 header's first byte */
    EXPECT(*(volatile unsigned char *)phys_to_virt(MIB(1)) == 0xd6);
}

/* Post 9: an unused page is mapped to the VGA frame, and a store to it shows "New!". Without text
 * mode (UEFI) there may be nothing that keeps what is stored; then there is nothing to see. */
TEST(paging, a_store_to_a_page_of_the_screen_is_seen)
{
    enum { WORD = 400 };
    volatile uint64_t *screen = phys_to_virt(VGA_TEXT);
    volatile uint64_t *page = (volatile uint64_t *)UNUSED;
    uint64_t before = free_frames(), kept = screen[WORD];
    screen[WORD] = ~kept;
    bool is_memory = screen[WORD] == ~kept;
    screen[WORD] = kept;
    if (!is_memory)
        return;
    EXPECT_EQ(translate(UNUSED), UINT64_MAX);
    EXPECT_EQ(paging_map(&kernel_space, UNUSED, VGA_TEXT, PAGE_4K, DATA), OK);
    page[WORD] = 0xf021f077f065f04e;
    uint64_t shown = screen[WORD];
    screen[WORD] = kept;
    EXPECT_EQ(paging_unmap(&kernel_space, UNUSED, PAGE_4K, NULL), OK);
    EXPECT_EQ(free_frames(), before);
    EXPECT_EQ(shown, 0xf021f077f065f04e); /* "New!", black on white */
}

/* --- The tables that every address space shares
 * --------------------------------------------------- */

/* The windows of layout.h, as far as the processor can address memory. */
static bool is_in_a_window(virt_addr_t address)
{
    return address - DIRECT_MAP_BASE < processor_memory_end() ||
           address - HEAP_BASE < HEAP_WINDOW || address - STACKS_BASE < STACKS_WINDOW ||
           (address | (GIB(512) - 1)) - KERNEL_BASE < KERNEL_WINDOW;
}

TEST(paging, the_roots_upper_half_is_that_of_the_windows)
{
    const uint64_t *root = phys_to_virt(kernel_space.root);
    for (uint64_t i = 256; i < 512; i++)
        EXPECT_EQ(root[i] & PAGE_PRESENT, is_in_a_window(0xffff000000000000 | i << 39));
}

/* Mapping and unmapping what was empty leaves it as it is. */
TEST(paging, the_roots_upper_half_is_final)
{
    static const virt_addr_t pages[] = {HEAP_BASE + HEAP_WINDOW - PAGE_SIZE,
                                        STACKS_BASE + STACKS_WINDOW - PAGE_SIZE};
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        const uint64_t *entry =
            (uint64_t *)phys_to_virt(kernel_space.root) + (pages[i] >> 39 & 511);
        uint64_t before = *entry & PAGE_ADDRESS_MASK, frames = free_frames();
        EXPECT(before != 0 && translate(pages[i]) == UINT64_MAX);
        EXPECT_EQ(paging_map(&kernel_space, pages[i], VGA_TEXT, PAGE_4K, DATA), OK);
        EXPECT_EQ(*entry & PAGE_ADDRESS_MASK, before);
        EXPECT_EQ(paging_unmap(&kernel_space, pages[i], PAGE_4K, NULL), OK);
        EXPECT_EQ(*entry & PAGE_ADDRESS_MASK, before);
        EXPECT_EQ(free_frames(), frames);
    }
}

/* --- Mapping -------------------------------------------------------------------------------- */

/* With a neighbour, the page's table stays when the page is unmapped. */
static void write_and_read(bool neighbour)
{
    uint64_t before = free_frames();
    phys_addr_t frame = frame_alloc(), other = frame_alloc(), unmapped = 0;
    volatile uint64_t *page = (volatile uint64_t *)UNUSED;
    volatile uint64_t *direct = phys_to_virt(frame), *other_direct = phys_to_virt(other);
    *other_direct = 7;
    if (neighbour)
        EXPECT_EQ(paging_map(&kernel_space, UNUSED + PAGE_SIZE, frame, PAGE_4K, DATA), OK);
    EXPECT_EQ(paging_map(&kernel_space, UNUSED, frame, PAGE_4K, DATA), OK);
    *page = 42;
    EXPECT_EQ(*direct, 42);
    EXPECT_EQ(paging_unmap(&kernel_space, UNUSED, PAGE_4K, &unmapped), OK);
    EXPECT_EQ(unmapped, frame);
    /* The TLB must not remember the first frame. */
    EXPECT_EQ(paging_map(&kernel_space, UNUSED, other, PAGE_4K, DATA), OK);
    EXPECT_EQ(*page, 7);
    EXPECT_EQ(paging_unmap(&kernel_space, UNUSED, PAGE_4K, NULL), OK);
    if (neighbour)
        EXPECT_EQ(paging_unmap(&kernel_space, UNUSED + PAGE_SIZE, PAGE_4K, NULL), OK);
    frame_free(frame);
    frame_free(other);
    EXPECT_EQ(free_frames(), before);
}

TEST(paging, what_is_written_through_one_page_is_read_through_another)
{
    write_and_read(false);
    write_and_read(true);
}

TEST(paging, every_page_size_works)
{
    uint64_t before = free_frames();
    bool has_1g = cpuid(0x80000001, 0).edx >> 26 & 1;
    for (enum page_size size = PAGE_4K; size <= (has_1g ? PAGE_1G : PAGE_2M); size++) {
        EXPECT_EQ(paging_map(&kernel_space, UNUSED, 0, size, PAGE_NO_EXECUTE), OK);
        EXPECT_EQ(*(volatile uint64_t *)(UNUSED + 0x400), *(uint64_t *)phys_to_virt(0x400));
        EXPECT_EQ(paging_unmap(&kernel_space, UNUSED, size, NULL), OK);
    }
    EXPECT_EQ(free_frames(), before);
}

TEST(paging, tables_are_given_back)
{
    uint64_t before = free_frames(), length = MIB(4);
    EXPECT_EQ(paging_map_range(&kernel_space, UNUSED, MIB(4), length, PAGE_4K, DATA), OK);
    EXPECT_EQ(before - free_frames(), 1 + 2);
    for (uint64_t at = 0; at < length; at += PAGE_SIZE)
        EXPECT_EQ(paging_unmap(&kernel_space, UNUSED + at, PAGE_4K, NULL), OK);
    EXPECT_EQ(free_frames(), before);
}

TEST(paging, mapping_without_frames_fails_and_leaves_nothing)
{
    uint64_t before = free_frames();
    phys_addr_t all = NO_FRAME;
    frame_chain_take_all(&all);
    enum error page = paging_map(&kernel_space, UNUSED, MIB(4), PAGE_4K, DATA);
    enum error range = paging_map_range(&kernel_space, UNUSED, 0, MIB(64), PAGE_2M, DATA);
    uint64_t left = free_frames();
    frame_chain_give_back(&all);
    EXPECT_EQ(page, ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(range, ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(left, 0);
    EXPECT_EQ(translate(UNUSED), UINT64_MAX);
    EXPECT_EQ(free_frames(), before);
}

TEST(paging, device_memory_is_mapped_once)
{
    phys_addr_t apic = 0xfee00000; /* the local APIC's; its timer may tick, so they stay mapped */
    EXPECT_EQ(mmio_map(apic, PAGE_SIZE, PAGE_UNCACHED), OK);
    EXPECT_EQ(mmio_map(apic + 0x20, 4, PAGE_UNCACHED), OK);
    EXPECT_EQ(translate((virt_addr_t)phys_to_virt(apic)), apic);
    EXPECT(entry_of((virt_addr_t)phys_to_virt(apic)) & PAGE_UNCACHED);
}
