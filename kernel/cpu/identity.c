#include <kernel/cpu/identity.h>
#include <lib/string.h>

enum { EXTENDED = (int)0x80000000u, VERSION = 1, FIRST_NAME = (int)0x80000002u, NAME_PARTS = 3 };

struct cpuid_result cpu_leaf(uint32_t number, uint32_t subleaf)
{
    if (cpuid(number & (uint32_t)EXTENDED, 0).eax < number)
        return (struct cpuid_result){0};
    return cpuid(number, subleaf);
}

static void set_names(struct cpu_identity *identity)
{
    char name[NAME_PARTS * sizeof(struct cpuid_result) + 1] = "";
    struct cpuid_result first = cpuid(0, 0);
    const uint32_t vendor[] = {first.ebx, first.edx, first.ecx};
    memcpy(identity->vendor, vendor, sizeof(vendor));
    for (uint32_t i = 0; i < NAME_PARTS; i++) {
        struct cpuid_result part = cpu_leaf((uint32_t)FIRST_NAME + i, 0);
        memcpy(name + i * sizeof(part), &part, sizeof(part));
    }
    const char *start = name;
    while (*start == ' ') /* some are right-aligned */
        start++;
    string_copy(identity->name, start, sizeof(identity->name));
}

/* Intel SDM 2, CPUID, figure 3-6. */
static void set_version(struct cpu_identity *identity)
{
    uint32_t signature = cpu_leaf(VERSION, 0).eax;
    identity->family = signature >> 8 & 0xf;
    identity->model = signature >> 4 & 0xf;
    identity->stepping = signature & 0xf;
    if (identity->family == 0x6 || identity->family == 0xf)
        identity->model |= signature >> 12 & 0xf0;
    if (identity->family == 0xf)
        identity->family += signature >> 20 & 0xff;
}

void cpu_identify(struct cpu_identity *identity)
{
    *identity = (struct cpu_identity){0};
    set_names(identity);
    set_version(identity);
}
