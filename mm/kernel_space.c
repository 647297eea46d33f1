/*
 * The kernel's own page tables: the image with each part's own permissions, every stack between two
 * pages that are not mapped, and the direct map. No page is writable and executable. Code and
 * constants are read-only in the direct map, too, even the constants that set-up still writes at
 * their address in the image.
 *
 * The image is mapped with 4 KiB pages, so that permissions can be changed page by page; the direct
 * map uses the largest pages there are.
 *
 * All mappings are global: they will be the same in every address space, so that a switch between
 * two need not flush them from the TLB.
 */
#include <assert.h>
#include <image.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/stacks.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <layout.h>
#include <mm/direct_map.h>
#include <mm/kernel_space.h>
#include <mm/processor.h>
#include <mm/table_frames.h>

#define CODE      PAGE_GLOBAL
#define CONSTANTS (PAGE_GLOBAL | PAGE_NO_EXECUTE)
#define DATA      (PAGE_GLOBAL | PAGE_NO_EXECUTE | PAGE_WRITABLE)

struct page_tables kernel_space RO_AFTER_INIT;

/* The tables that a PC needs at boot: the root, two of level 3 for each window but the image's,
 * which has one; below them two each for the image, its alias in the direct map, and the heap's
 * first pages; one for the end of memory; and five for the registers of APICs, timers and PCI,
 * below 4 GiB. The loader has cleared them. */
static uint64_t first_tables[20][PAGE_SIZE / sizeof(uint64_t)] ALIGNED(PAGE_SIZE);
_Static_assert(ARRAY_SIZE(first_tables) <= TABLE_POOL_MAX, "the pool's limit");

static void must(enum error error, const char *what)
{
    if (error)
        PANIC("mm: cannot map %s: %s", what, error_name(error));
}

/* Maps a part of the image. */
static void map_part(const char *name, const char *start, const char *end, uint64_t flags)
{
    uint64_t size = (uint64_t)(end - start);
    must(paging_map_range(&kernel_space, (virt_addr_t)start, image_to_phys(start), size, PAGE_4K,
                          flags),
         name);
}

/* The largest part comes first: it fills a new table, the others search theirs for used entries. It
 * begins with what will be constant only after kernel_space_seal(). */
static void map_image(void)
{
    map_part("data", ro_after_init_start, data_end, DATA);
    map_part("text", text_start, text_end, CODE);
    map_part("rodata", rodata_start, rodata_end, CONSTANTS);
}

/* The image lies in memory that the loader's map lists, so the direct map covers all of it. */
static void map_memory(const struct boot_info *info)
{
    struct phys_range constants = {image_to_phys(text_start), image_to_phys(ro_after_init_end)};
    must(direct_map_init(&kernel_space, info, constants, processor_largest_page()), "memory");
}

/* Two stacks may share a guard page. */
static void unmap_guard(virt_addr_t page)
{
    enum error error = paging_unmap(&kernel_space, page, PAGE_4K, NULL);
    ASSERT(error == OK || error == ERROR_NOT_MAPPED);
}

/* Completes the upper half of the root, which every other root will share. */
static void make_windows(void)
{
    const struct {
        virt_addr_t start;
        uint64_t size;
    } windows[] = {
        {DIRECT_MAP_BASE, processor_memory_end()},
        {HEAP_BASE, HEAP_WINDOW},
        {STACKS_BASE, STACKS_WINDOW},
        {KERNEL_BASE, KERNEL_WINDOW},
    };
    for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
        must(paging_make_top_tables(&kernel_space, windows[i].start, windows[i].size), "windows");
}

void kernel_space_init(const struct boot_info *info)
{
    processor_protect();
    table_frames_set_pool(image_to_phys(first_tables), ARRAY_SIZE(first_tables));
    must(paging_init(&kernel_space), "anything");
    make_windows();
    map_image();
    for (size_t i = 0; i < STACK_COUNT; i++) {
        unmap_guard(stacks[i].bottom - PAGE_SIZE);
        unmap_guard(stacks[i].top);
    }
    map_memory(info);
    /* The console may be writing there already. */
    const struct boot_framebuffer *framebuffer = &info->framebuffer;
    if (framebuffer->kind == FRAMEBUFFER_RGB &&
        mmio_map(framebuffer->address, (uint64_t)framebuffer->pitch * framebuffer->height,
                 PAGE_WRITE_COMBINING) != OK)
        log_warn("mm: the framebuffer at 0x%lx cannot be mapped", framebuffer->address);
    write_cr3(kernel_space.root);
}

void kernel_space_seal(void)
{
    const virt_addr_t end = (virt_addr_t)ro_after_init_end;
    for (virt_addr_t page = (virt_addr_t)ro_after_init_start; page < end; page += PAGE_SIZE)
        must(paging_protect(&kernel_space, page, PAGE_4K, CONSTANTS), "constants");
}

enum error mmio_map(phys_addr_t address, uint64_t size, uint64_t caching)
{
    phys_addr_t end = processor_memory_end();
    if (address >= end || size > end - address)
        return ERROR_INVALID;
    return direct_map_device(&kernel_space, address, size, caching);
}
