/*
 * The processor's features for pages. Each is detected. Missing ones are logged, and those that
 * have to be turned on are turned on.
 */
#include <assert.h>
#include <kernel/cpu/control.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/processor.h>

enum cpuid_register { EAX, EBX, ECX, EDX };

enum { FEATURE_NX, FEATURE_1G, FEATURE_PAT, FEATURE_PGE, FEATURE_SMEP, FEATURE_SMAP, FEATURE_UMIP };

/* Where CPUID reports the feature (Intel SDM 2, CPUID), and which bit of CR4 turns it on (SDM 3A
 * 2.5), if one does. */
static const struct feature {
    const char *name; /* with the comma before it */
    uint32_t leaf;
    enum cpuid_register reg;
    unsigned bit;
    uint64_t cr4;
} features[] = {
    [FEATURE_NX] = {", NX", 0x80000001, EDX, 20, 0},
    [FEATURE_1G] = {", 1 GiB pages", 0x80000001, EDX, 26, 0},
    [FEATURE_PAT] = {", page attribute table", 1, EDX, 16, 0},
    [FEATURE_PGE] = {", global pages", 1, EDX, 13, CR4_PGE},
    [FEATURE_SMEP] = {", SMEP", 7, EBX, 7, CR4_SMEP},
    [FEATURE_SMAP] = {", SMAP", 7, EBX, 20, CR4_SMAP},
    [FEATURE_UMIP] = {", UMIP", 7, ECX, 2, CR4_UMIP},
};

static unsigned found RO_AFTER_INIT; /* a bit for each of them that the processor has */
static phys_addr_t memory_end RO_AFTER_INIT;

static bool has(unsigned feature)
{
    return found >> feature & 1;
}

/* For a leaf that the processor does not have, CPUID returns another leaf's values. */
static bool has_leaf(uint32_t leaf)
{
    return cpuid(leaf & 0x80000000, 0).eax >= leaf;
}

/* Features of one leaf follow each other, for CPUID is slow in a virtual machine. */
static void find_features(void)
{
    uint32_t registers[4] = {0}, leaf = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
        const struct feature *feature = &features[i];
        if (feature->leaf != leaf) {
            leaf = feature->leaf;
            struct cpuid_result result = has_leaf(leaf) ? cpuid(leaf, 0) : (struct cpuid_result){0};
            registers[EAX] = result.eax;
            registers[EBX] = result.ebx;
            registers[ECX] = result.ecx;
            registers[EDX] = result.edx;
        }
        found |= (registers[feature->reg] >> feature->bit & 1) << i;
    }
}

/* Intel SDM 3A 4.1.4. */
static void find_memory_end(void)
{
    enum { ADDRESS_SIZES = 0x80000008, USUAL_BITS = 36 };
    unsigned bits = USUAL_BITS;
    if (has_leaf(ADDRESS_SIZES))
        bits = MIN(cpuid(ADDRESS_SIZES, 0).eax & 0xff, 52u);
    memory_end = MIN(UINT64_C(1) << bits, (uint64_t)DIRECT_MAP_SIZE);
}

static void log_missing_features(void)
{
    char names[LOG_TEXT];
    size_t length = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
        if (!has(i))
            length += string_copy(names + length, features[i].name, sizeof(names) - length);
    }
    if (length)
        log_info("mm: this processor has no %s", names + strlen(", "));
}

enum { MSR_PAT = 0x277, PAT_WRITE_COMBINING = 1 };

/* Entry 1 of the PAT, which PAGE_WRITE_COMBINING selects, is write-through otherwise. No page uses
 * it yet, so that no cache has to be flushed (SDM 3A 12.12.4). */
static void set_up_write_combining(void)
{
    uint64_t pat = read_msr(MSR_PAT) & ~UINT64_C(0xff00);
    write_msr(MSR_PAT, pat | PAT_WRITE_COMBINING << 8);
}

void processor_protect(void)
{
    find_features();
    find_memory_end();
    log_missing_features();
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

enum page_size processor_largest_page(void)
{
    return has(FEATURE_1G) ? PAGE_1G : PAGE_2M;
}

phys_addr_t processor_memory_end(void)
{
    ASSERT(memory_end);
    return memory_end;
}
