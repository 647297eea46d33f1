/*
 * `cpu`: shows what CPUID reports, in words (Intel SDM 2, CPUID; AMD APM 3, appendix E).
 */
#include <kernel/cpu/identity.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <lib/string.h>

enum reg { EAX, EBX, ECX, EDX };

struct feature {
    uint32_t leaf;
    enum reg reg;
    unsigned bit;
    const char *name;
};

static const struct feature features[] = {
    {1, EDX, 0, "fpu"},
    {1, EDX, 4, "tsc"},
    {1, EDX, 5, "msr"},
    {1, EDX, 7, "machine checks"},
    {1, EDX, 9, "apic"},
    {1, EDX, 12, "mtrr"},
    {1, EDX, 13, "global pages"},
    {1, EDX, 16, "pat"},
    {1, EDX, 25, "sse"},
    {1, EDX, 26, "sse2"},
    {1, ECX, 0, "sse3"},
    {1, ECX, 9, "ssse3"},
    {1, ECX, 19, "sse4.1"},
    {1, ECX, 20, "sse4.2"},
    {1, ECX, 23, "popcnt"},
    {1, ECX, 25, "aes"},
    {1, ECX, 26, "xsave"},
    {1, ECX, 28, "avx"},
    {7, EBX, 5, "avx2"},
    {7, EBX, 16, "avx512"},
    {1, ECX, 30, "rdrand"},
    {7, EBX, 18, "rdseed"},
    {1, ECX, 17, "pcid"},
    {1, ECX, 21, "x2apic"},
    {1, ECX, 24, "tsc deadline"},
    {7, EBX, 0, "fsgsbase"},
    {7, EBX, 9, "fast strings"},
    {7, EBX, 7, "smep"},
    {7, EBX, 20, "smap"},
    {7, ECX, 2, "umip"},
    {7, ECX, 16, "57-bit addresses"},
    {0x80000001, EDX, 11, "syscall"},
    {0x80000001, EDX, 20, "no-execute"},
    {0x80000001, EDX, 26, "1 GiB pages"},
    {0x80000001, EDX, 27, "rdtscp"},
    {0x80000001, ECX, 2, "svm"},
    {1, ECX, 5, "vmx"},
    {0x80000007, EDX, 8, "constant tsc"},
    {1, ECX, 31, "hypervisor"},
};

static bool has(const struct feature *feature)
{
    struct cpuid_result result = cpu_leaf(feature->leaf, 0);
    const uint32_t registers[] = {result.eax, result.ebx, result.ecx, result.edx};
    return registers[feature->reg] >> feature->bit & 1;
}

static void show_name(void)
{
    struct cpu_identity identity;
    cpu_identify(&identity);
    console_printf("  %s: %s\n", identity.vendor, *identity.name ? identity.name : "(no name)");
    console_printf("  family %u, model %u, stepping %u\n", identity.family, identity.model,
                   identity.stepping);
}

static void show_addresses(void)
{
    uint32_t sizes = cpu_leaf(0x80000008, 0).eax;
    if (sizes)
        console_printf("  addresses of %u bits, %u of them physical\n", sizes >> 8 & 0xff,
                       sizes & 0xff);
}

/* Intel and AMD use the same format, in different leaves. */
static void show_cache(const struct cpuid_result *cache)
{
    static const char *const kinds[] = {"", "data", "instructions", "all"};
    uint32_t kind = cache->eax & 0x1f, ways = (cache->ebx >> 22) + 1;
    uint32_t partitions = (cache->ebx >> 12 & 0x3ff) + 1, line = (cache->ebx & 0xfff) + 1;
    uint64_t size = (uint64_t)ways * partitions * line * ((uint64_t)cache->ecx + 1);
    console_printf("  L%u cache for %s: %lu KiB, %u ways, lines of %u bytes\n", cache->eax >> 5 & 7,
                   kind < ARRAY_SIZE(kinds) ? kinds[kind] : "?", size / 1024, ways, line);
}

static void show_caches(void)
{
    enum { MOST = 8 };
    uint32_t number = cpu_leaf(4, 0).eax & 0x1f ? 4 : 0x8000001d;
    for (uint32_t i = 0; i < MOST; i++) {
        struct cpuid_result cache = cpu_leaf(number, i);
        if (!(cache.eax & 0x1f))
            break;
        show_cache(&cache);
    }
}

/* Shows the features that the processor has, in rows of at most WIDTH columns. */
static void show_features(void)
{
    enum { WIDTH = 76 };
    size_t column = 0;
    for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
        if (!has(&features[i]))
            continue;
        size_t length = strlen(features[i].name) + 2;
        if (column + length > WIDTH)
            column = 0;
        console_printf("%s%s", column ? ", " : i ? ",\n  " : "  ", features[i].name);
        column += length;
    }
    console_fresh_line();
}

COMMAND(cpu, "", "the processor: its name, sizes and features",
        .details = "Maker and name, family and model, the sizes of addresses, the caches, and\n"
                   "those of its features that matter to a kernel.\n")
{
    if (command_refuse_arguments("cpu", arguments))
        return;
    show_name();
    show_addresses();
    show_caches();
    show_features();
}
