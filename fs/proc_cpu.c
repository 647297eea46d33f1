/*
 * /proc/cpuinfo, in the format of Linux's (arch/x86/kernel/cpu/proc.c there): lscpu and htop read
 * it. The names of the features are Linux's, too, and in its order (arch/x86/include/asm/
 * cpufeatures.h). Left out are those that a program can use only where the kernel has turned them
 * on, and Cairn does not: protection keys, shadow stacks, AMX and five levels of page tables.
 */
#include <fs/proc_system.h>
#include <kernel/cpu/identity.h>
#include <kernel/task/clock.h>

enum reg { EAX, EBX, ECX, EDX };

enum leaves {
    VERSION = 1,
    FEATURES = 7,
    STATES = 0xd,
    EXTENDED_VERSION = (int)0x80000001,
    POWER = (int)0x80000007,
    SIZES = (int)0x80000008,
};

/* What some bits of a register of CPUID's are called, from the first one on: a word for each, and a
 * minus for one that is not listed. */
static const struct feature_names {
    uint32_t leaf, subleaf;
    enum reg reg;
    unsigned first;
    const char *names;
} feature_names[] = {
    {VERSION, 0, EDX, 0, "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov"},
    {VERSION, 0, EDX, 16, "pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"},
    {(uint32_t)EXTENDED_VERSION, 0, EDX, 11, "syscall"},
    {(uint32_t)EXTENDED_VERSION, 0, EDX, 19, "mp nx - mmxext"},
    {(uint32_t)EXTENDED_VERSION, 0, EDX, 25, "fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"},
    {(uint32_t)POWER, 0, EDX, 8, "constant_tsc"},
    {(uint32_t)POWER, 0, EDX, 8, "nonstop_tsc"},
    {VERSION, 0, ECX, 0, "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma"},
    {VERSION, 0, ECX, 13, "cx16 xtpr pdcm - pcid dca sse4_1 sse4_2 x2apic movbe popcnt"},
    {VERSION, 0, ECX, 24, "tsc_deadline_timer aes xsave - avx f16c rdrand hypervisor"},
    {(uint32_t)EXTENDED_VERSION, 0, ECX, 0, "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a"},
    {(uint32_t)EXTENDED_VERSION, 0, ECX, 7, "misalignsse 3dnowprefetch osvw ibs xop skinit wdt"},
    {(uint32_t)EXTENDED_VERSION, 0, ECX, 15, "lwp fma4 tce - nodeid_msr - tbm topoext"},
    {(uint32_t)EXTENDED_VERSION, 0, ECX, 23, "perfctr_core perfctr_nb - bpext ptsc perfctr_llc"},
    {(uint32_t)EXTENDED_VERSION, 0, ECX, 29, "mwaitx"},
    {FEATURES, 0, EBX, 0, "fsgsbase tsc_adjust - bmi1 hle avx2 - smep bmi2 erms invpcid rtm"},
    {FEATURES, 0, EBX, 16,
     "avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt"},
    {FEATURES, 0, EBX, 26, "avx512pf avx512er avx512cd sha_ni avx512bw avx512vl"},
    {STATES, 1, EAX, 0, "xsaveopt xsavec xgetbv1"},
    {FEATURES, 1, EAX, 4, "avx_vnni avx512_bf16"},
    {(uint32_t)SIZES, 0, EBX, 0, "clzero irperf xsaveerptr - rdpru - - - - wbnoinvd"},
    {FEATURES, 0, ECX, 1, "avx512vbmi umip - - - avx512_vbmi2 - gfni vaes vpclmulqdq"},
    {FEATURES, 0, ECX, 11, "avx512_vnni avx512_bitalg tme avx512_vpopcntdq"},
    {FEATURES, 0, ECX, 22, "rdpid - - cldemote - movdiri movdir64b"},
    {FEATURES, 0, EDX, 2, "avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear"},
    {FEATURES, 0, EDX, 14, "serialize"},
    {FEATURES, 0, EDX, 23, "avx512_fp16 - - - - flush_l1d arch_capabilities"},
};

/* Appends the names of those of the bits that are set, each behind a blank. */
static void append_names(struct text *text, uint32_t bits, const char *names)
{
    for (; *names; bits >>= 1) {
        size_t length = 0;
        while (names[length] && names[length] != ' ')
            length++;
        if (bits & 1 && *names != '-')
            text_printf(text, " %.*s", (int)length, names);
        names += length;
        while (*names == ' ')
            names++;
    }
}

static void write_flags(struct text *text)
{
    text_printf(text, "flags\t\t:");
    for (size_t i = 0; i < ARRAY_SIZE(feature_names); i++) {
        const struct feature_names *some = &feature_names[i];
        struct cpuid_result result = cpu_leaf(some->leaf, some->subleaf);
        const uint32_t registers[] = {result.eax, result.ebx, result.ecx, result.edx};
        append_names(text, registers[some->reg] >> some->first, some->names);
    }
    text_printf(text, "\n");
}

/* The rate of the time stamp counter in kHz; 0 until it has been measured. */
static uint64_t measured_rate(void)
{
    const uint64_t ticks = UINT64_C(1000000000);
    uint64_t time = clock_from_tsc(ticks);
    return time ? ticks * NANOSECONDS_PER_MILLISECOND / time : 0;
}

static void write_sizes(struct text *text)
{
    enum { CLFLUSH_UNIT = 8 };
    uint32_t flushed = (cpu_leaf(VERSION, 0).ebx >> 8 & 0xff) * CLFLUSH_UNIT;
    uint32_t addresses = cpu_leaf((uint32_t)SIZES, 0).eax;
    text_printf(text, "clflush size\t: %u\ncache_alignment\t: %u\n", flushed, flushed);
    text_printf(text, "address sizes\t: %u bits physical, %u bits virtual\n", addresses & 0xff,
                addresses >> 8 & 0xff);
}

enum error proc_write_cpuinfo(struct text *text, int process)
{
    struct cpu_identity identity;
    (void)process;
    cpu_identify(&identity);
    uint64_t rate = measured_rate();
    text_printf(text, "processor\t: 0\nvendor_id\t: %s\n", identity.vendor);
    text_printf(text, "cpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n",
                identity.family, identity.model, *identity.name ? identity.name : "unknown",
                identity.stepping);
    if (rate)
        text_printf(text, "cpu MHz\t\t: %lu.%03lu\n", rate / 1000, rate % 1000);
    text_printf(text, "cpu cores\t: 1\nfpu\t\t: yes\nfpu_exception\t: yes\n");
    text_printf(text, "cpuid level\t: %u\nwp\t\t: yes\n", cpu_leaf(0, 0).eax);
    write_flags(text);
    if (rate) /* twice the rate, as where the loop is not measured (Linux, lpj_fine) */
        text_printf(text, "bogomips\t: %lu.%02lu\n", rate / 500, rate / 5 % 100);
    write_sizes(text);
    text_printf(text, "power management:\n\n");
    return OK;
}
