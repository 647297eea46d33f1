/*
 * The kernel's own page tables: the image with each part's own permissions, every stack between two
 * pages that are not mapped, and the direct map. No page is writable and executable, nor can it be
 * written through its other address: text and constants are read-only in the direct map, those that
 * set-up has yet to write included.
 *
 * The image goes page by page (4 KiB), so that permissions can be changed page by page; the direct
 * map takes the largest pages there are.
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
#include <lib/string.h>
#include <mm/direct_map.h>
#include <mm/kernel_space.h>
#include <mm/table_frames.h>

#define CODE      PAGE_GLOBAL
#define CONSTANTS (PAGE_GLOBAL | PAGE_NO_EXECUTE)
#define DATA      (PAGE_GLOBAL | PAGE_NO_EXECUTE | PAGE_WRITABLE)

struct address_space kernel_space RO_AFTER_INIT;

/* --- What the processor can do -------------------------------------------------------------- */

enum cpuid_register { EAX, EBX, ECX, EDX };

enum { FEATURE_NX, FEATURE_1G, FEATURE_PAT, FEATURE_PGE, FEATURE_SMEP, FEATURE_SMAP, FEATURE_UMIP };

/* Where CPUID tells of it (Intel SDM 2, CPUID) and which bit of CR4 turns it on (SDM 3A 2.5). */
static const struct feature {
    const char *name;
    uint32_t leaf;
    enum cpuid_register reg;
    unsigned bit;
    uint64_t cr4;
} features[] = {
    [FEATURE_NX] = {"NX", 0x80000001, EDX, 20, 0},
    [FEATURE_1G] = {"1 GiB pages", 0x80000001, EDX, 26, 0},
    [FEATURE_PAT] = {"page attribute table", 1, EDX, 16, 0},
    [FEATURE_PGE] = {"global pages", 1, EDX, 13, CR4_PGE},
    [FEATURE_SMEP] = {"SMEP", 7, EBX, 7, CR4_SMEP},
    [FEATURE_SMAP] = {"SMAP", 7, EBX, 20, CR4_SMAP},
    [FEATURE_UMIP] = {"UMIP", 7, ECX, 2, CR4_UMIP},
};

static unsigned found RO_AFTER_INIT; /* a bit for each of them that the processor has */

static bool has(unsigned feature)
{
    return found >> feature & 1;
}

static bool look_for(const struct feature *feature)
{
    /* Asked for a leaf that it does not have, a processor answers with another one's. */
    if (cpuid(feature->leaf & 0x80000000, 0).eax < feature->leaf)
        return false;
    struct cpuid_result result = cpuid(feature->leaf, 0);
    const uint32_t registers[] = {result.eax, result.ebx, result.ecx, result.edx};
    return registers[feature->reg] >> feature->bit & 1;
}

static void find_features(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        found |= (unsigned)look_for(&features[i]) << i;
}

static void log_missing_features(void)
{
    char names[LOG_TEXT];
    size_t length = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
        if (has(i))
            continue;
        length += string_copy(names + length, length ? ", " : "", sizeof(names) - length);
        length += string_copy(names + length, features[i].name, sizeof(names) - length);
    }
    if (length)
        log_info("mm: this processor has no %s", names);
}

enum { MSR_PAT = 0x277, PAT_WRITE_COMBINING = 1 };

/* Entry 1 of the PAT, which PAGE_WRITE_COMBINING selects, is write-through otherwise. No page uses
 * it yet, so that no cache has to be flushed (SDM 3A 12.12.4). */
static void set_up_write_combining(void)
{
    uint64_t pat = read_msr(MSR_PAT) & ~UINT64_C(0xff00);
    write_msr(MSR_PAT, pat | PAT_WRITE_COMBINING << 8);
}

static void turn_on_protections(void)
{
    uint64_t cr4 = read_cr4();
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        cr4 |= has(i) ? features[i].cr4 : 0;
    write_cr0(read_cr0() | CR0_WP);
    write_cr4(cr4);
    if (has(FEATURE_NX))
        write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_NXE);
    else
        paging_leave_out(PAGE_NO_EXECUTE);
    if (has(FEATURE_PAT))
        set_up_write_combining();
}

/* --- The tables ----------------------------------------------------------------------------- */

/* The root, and for the image and for its alias in the direct map a table of each level: no machine
 * does with fewer, and here the loader has cleared them. */
static uint64_t first_tables[7][PAGE_SIZE / sizeof(uint64_t)] ALIGNED(PAGE_SIZE);

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

static void map_image(void)
{
    map_part("text", text_start, text_end, CODE);
    map_part("rodata", rodata_start, rodata_end, CONSTANTS);
    map_part("ro_after_init", ro_after_init_start, ro_after_init_end, DATA);
    map_part("data", data_start, data_end, DATA);
}

/* The loader has put the image where its memory map says that there is memory: all of it, constants
 * or not, becomes part of the direct map. */
static void map_memory(const struct boot_info *info)
{
    struct phys_range constants = {image_to_phys(text_start), image_to_phys(ro_after_init_end)};
    enum page_size largest = has(FEATURE_1G) ? PAGE_1G : PAGE_2M;
    must(direct_map_init(&kernel_space, info, constants, largest), "memory");
}

/* Two stacks may have a guard page in common. */
static void unmap_guard(virt_addr_t page)
{
    enum error error = paging_unmap(&kernel_space, page, PAGE_4K, NULL);
    ASSERT(error == OK || error == ERROR_NOT_MAPPED);
}

void kernel_space_init(const struct boot_info *info)
{
    find_features();
    log_missing_features();
    turn_on_protections();
    table_frames_stock(image_to_phys(first_tables), ARRAY_SIZE(first_tables));
    must(paging_init(&kernel_space), "anything");
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
    return direct_map_device(&kernel_space, address, size, caching);
}
