/* The shared object that the kernel maps into each program: found as C libraries find it, and what
 * its functions do. */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

#include "support.h"

static const char *header;

/* A dynamic entry's value; addresses are counted from the object's start. */
static uint64_t dynamic(int64_t tag)
{
    const Elf64_Ehdr *elf = (const void *)header;
    const Elf64_Phdr *part = (const void *)(header + elf->e_phoff);
    while (part->p_type != PT_DYNAMIC)
        part++;
    const Elf64_Dyn *entry = (const void *)(header + part->p_vaddr);
    while (entry->d_tag != tag && entry->d_tag != DT_NULL)
        entry++;
    return entry->d_tag == tag ? entry->d_un.d_val : 0;
}

/* The name of the version of the symbol with that number. */
static const char *version_of(uint32_t number)
{
    const uint16_t *versions = (const void *)(header + dynamic(DT_VERSYM));
    const Elf64_Verdef *definition = (const void *)(header + dynamic(DT_VERDEF));
    while (definition->vd_ndx != (versions[number] & 0x7fff))
        definition = (const void *)((const char *)definition + definition->vd_next);
    const Elf64_Verdaux *name = (const void *)((const char *)definition + definition->vd_aux);
    return header + dynamic(DT_STRTAB) + name->vda_name;
}

/* The address of a function of version LINUX_2.6, by the hash table; NULL: there is none. */
static void *find(const char *name)
{
    header = (const char *)getauxval(AT_SYSINFO_EHDR);
    if (!header || !dynamic(DT_HASH))
        return NULL;
    const uint32_t *hash = (const void *)(header + dynamic(DT_HASH)), count = hash[1];
    const Elf64_Sym *symbols = (const void *)(header + dynamic(DT_SYMTAB));
    for (uint32_t i = 1; i < count; i++) {
        if (symbols[i].st_shndx &&
            strcmp(header + dynamic(DT_STRTAB) + symbols[i].st_name, name) == 0 &&
            strcmp(version_of(i), "LINUX_2.6") == 0)
            return (void *)(header + symbols[i].st_value);
    }
    return NULL;
}

static int64_t to_nanoseconds(struct timespec time)
{
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t by_call(clockid_t clock)
{
    struct timespec time;
    CALL(clock_gettime, clock, &time);
    return to_nanoseconds(time);
}

TEST(vdso, is_a_shared_object)
{
    EXPECT(find("__vdso_clock_gettime"));
    EXPECT_EQ(memcmp(header, ELFMAG, SELFMAG), 0);
    EXPECT_EQ(((const Elf64_Ehdr *)(const void *)header)->e_type, ET_DYN);
    EXPECT_EQ((uintptr_t)header % PAGE, 0);
    EXPECT_EQ(strcmp(header + dynamic(DT_STRTAB) + dynamic(DT_SONAME), "linux-vdso.so.1"), 0);
    EXPECT(!find("__vdso_nothing"));
}

TEST(vdso, reads_the_clocks_as_the_call_does)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
                                       CLOCK_MONOTONIC_RAW};
    int (*gettime)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
    EXPECT(gettime);
    for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
        for (int round = 0; round < 10000; round++) {
            struct timespec time;
            int64_t before = by_call(clocks[i]);
            EXPECT_EQ(gettime(clocks[i], &time), 0);
            int64_t after = by_call(clocks[i]);
            EXPECT(before <= to_nanoseconds(time) && to_nanoseconds(time) <= after);
            EXPECT(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
        }
    }
}

TEST(vdso, reads_other_clocks)
{
    struct timespec time;
    int (*gettime)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
    EXPECT(gettime);
    EXPECT_EQ(gettime(CLOCK_REALTIME_COARSE, &time), 0);
    EXPECT_EQ(gettime(CLOCK_MONOTONIC_COARSE, &time), 0);
    EXPECT_EQ(gettime(CLOCK_TAI, &time), 0);
    EXPECT_EQ(gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0); /* which only the kernel knows */
    EXPECT(to_nanoseconds(time) >= 0);
    EXPECT_EQ(gettime(12345, &time), -EINVAL);
    EXPECT_EQ(gettime(-1000, &time), -EINVAL);
}

TEST(vdso, tells_the_time_of_day)
{
    int (*get)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    time_t (*tell)(time_t *) = find("__vdso_time");
    struct timeval value;
    struct timezone zone = {1, 2};
    time_t stored = 0;
    EXPECT(get && tell);
    int64_t before = by_call(CLOCK_REALTIME) / 1000;
    EXPECT_EQ(get(&value, &zone), 0);
    time_t told = tell(&stored);
    int64_t after = by_call(CLOCK_REALTIME) / 1000;
    int64_t between = value.tv_sec * 1000000 + value.tv_usec;
    EXPECT(before <= between && between <= after);
    EXPECT(value.tv_usec >= 0 && value.tv_usec < 1000000);
    EXPECT_EQ(zone.tz_minuteswest, 0);
    EXPECT(told >= before / 1000000 - 1 && told <= after / 1000000);
    EXPECT_EQ(told, stored);
    EXPECT_EQ(get(NULL, NULL), 0);
    EXPECT(tell(NULL) >= told);
}

/* The clock is corrected every few seconds at most: time does not jump then. */
TEST(vdso, time_goes_on_evenly)
{
    int (*gettime)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
    EXPECT(gettime);
    int64_t start = by_call(CLOCK_MONOTONIC), last = start;
    while (last - start < 300 * 1000 * 1000) {
        struct timespec time;
        EXPECT_EQ(gettime(CLOCK_MONOTONIC, &time), 0);
        EXPECT(to_nanoseconds(time) >= last);
        last = to_nanoseconds(time);
    }
}

TEST(vdso, tells_the_processor)
{
    long (*getcpu)(unsigned *, unsigned *, void *) = find("__vdso_getcpu");
    unsigned processor = 12345, node = 12345;
    EXPECT(getcpu);
    EXPECT_EQ(getcpu(&processor, &node, NULL), 0);
    EXPECT(processor < 1024 && node < 64);
    EXPECT_EQ(getcpu(NULL, NULL, NULL), 0);
    processor = node = 12345;
    EXPECT_OK(CALL(getcpu, &processor, &node, NULL));
    EXPECT(processor < 1024 && node < 64);
    EXPECT_OK(CALL(getcpu, NULL, NULL, NULL));
    for (unsigned kind = 1; kind < BAD_POINTERS; kind++) {
        EXPECT_ERROR(CALL(getcpu, bad_pointer(kind, sizeof(unsigned)), NULL, NULL), EFAULT);
        EXPECT_ERROR(CALL(getcpu, NULL, bad_pointer(kind, sizeof(unsigned)), NULL), EFAULT);
    }
}

TEST(vdso, the_clocks_page_is_read_only)
{
    volatile int *page = (volatile int *)(uintptr_t)(getauxval(AT_SYSINFO_EHDR) - PAGE);
    FAULT(*page = 1);
    EXPECT_EQ(fault_info.si_signo, SIGSEGV);
}

TEST(vdso, maps_tell_of_it)
{
    char line[256];
    unsigned found = 0, before = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    EXPECT(maps);
    while (fgets(line, sizeof(line), maps)) {
        unsigned long start = strtoul(line, NULL, 16);
        found +=
            strstr(line, " r-xp ") && strstr(line, "[vdso]") && start == getauxval(AT_SYSINFO_EHDR);
        before +=
            strstr(line, " r--p ") && strstr(line, "[vvar]") && start < getauxval(AT_SYSINFO_EHDR);
    }
    EXPECT_EQ(found, 1);
    EXPECT(before >= 1);
}

TEST(vdso, a_child_has_it)
{
    pid_t child = fork();
    if (child == 0) {
        struct timespec time;
        int (*gettime)(clockid_t, struct timespec *) = find("__vdso_clock_gettime");
        _exit(!gettime || gettime(CLOCK_MONOTONIC, &time));
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}
