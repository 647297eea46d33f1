/*
 * The shared object that the kernel maps into each program (vdso(7)): Linux's functions that read
 * the clock, without a system call where the time stamp counter's rate is constant. C libraries
 * find it by AT_SYSINFO_EHDR, and the functions by their names and version (vdso.lds).
 *
 * It is one page, and the page right before it is the kernel's struct clock_page.
 */
#include <kernel/task/clock_page.h>

enum { PAGE = 4096, NANOSECONDS = 1000000000 };
enum { CALL_GETTIMEOFDAY = 96, CALL_TIME = 201, CALL_CLOCK_GETTIME = 228 };
enum {
    CLOCK_REALTIME = 0,
    CLOCK_MONOTONIC = 1,
    CLOCK_MONOTONIC_RAW = 4,
    CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6,
    CLOCK_BOOTTIME = 7,
    CLOCK_TAI = 11,
};

#define CLOCKS_OF_DAY (1u << CLOCK_REALTIME | 1u << CLOCK_REALTIME_COARSE | 1u << CLOCK_TAI)
#define CLOCKS_SINCE_START                                                              \
    (1u << CLOCK_MONOTONIC | 1u << CLOCK_MONOTONIC_RAW | 1u << CLOCK_MONOTONIC_COARSE | \
     1u << CLOCK_BOOTTIME)

struct time_parts {
    int64_t seconds, rest; /* nanoseconds or microseconds */
};

extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* the object's header */

int __vdso_clock_gettime(int clock, struct time_parts *time);
int __vdso_gettimeofday(struct time_parts *time, int32_t zone[2]);
int64_t __vdso_time(int64_t *time);
int __vdso_getcpu(uint32_t *processor, uint32_t *node, void *unused);

static long call(long number, const void *first, const void *second)
{
    __asm__ volatile("syscall" : "+a"(number) : "D"(first), "S"(second) : "rcx", "r11", "memory");
    return number;
}

/* Not before the loads that come before it (Intel SDM 2, RDTSC). */
static uint64_t read_tsc_in_order(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* Reads both clocks: since the start, and the time of day. False: only the kernel can. */
static bool read_clocks(uint64_t *since_start, int64_t *of_day)
{
    const struct clock_page *page = (const void *)((uintptr_t)__ehdr_start - PAGE);
    for (;;) {
        uint32_t sequence = __atomic_load_n(&page->sequence, __ATOMIC_ACQUIRE);
        struct clock_page copy = *(const volatile struct clock_page *)page;
        uint64_t tsc = read_tsc_in_order();
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (sequence % 2 || sequence != __atomic_load_n(&page->sequence, __ATOMIC_RELAXED))
            continue;
        uint64_t ticks = tsc > copy.tsc ? tsc - copy.tsc : 0;
        *since_start = copy.time + (uint64_t)((unsigned __int128)ticks * copy.rate >> 32);
        *of_day = copy.real_start + (int64_t)*since_start;
        return copy.rate != 0;
    }
}

int __vdso_clock_gettime(int clock, struct time_parts *time)
{
    uint64_t since_start;
    int64_t of_day;
    unsigned bit = clock >= 0 && clock < 32 ? 1u << clock : 0;
    if (!(bit & (CLOCKS_OF_DAY | CLOCKS_SINCE_START)) || !read_clocks(&since_start, &of_day))
        return (int)call(CALL_CLOCK_GETTIME, (const void *)(intptr_t)clock, time);
    int64_t now = bit & CLOCKS_OF_DAY ? of_day : (int64_t)since_start;
    time->seconds = now / NANOSECONDS;
    time->rest = now % NANOSECONDS;
    return 0;
}

int __vdso_gettimeofday(struct time_parts *time, int32_t zone[2])
{
    uint64_t since_start;
    int64_t of_day;
    if (!read_clocks(&since_start, &of_day))
        return (int)call(CALL_GETTIMEOFDAY, time, zone);
    if (time) {
        time->seconds = of_day / NANOSECONDS;
        time->rest = of_day % NANOSECONDS / 1000;
    }
    if (zone) /* UTC */
        zone[0] = zone[1] = 0;
    return 0;
}

int64_t __vdso_time(int64_t *time)
{
    uint64_t since_start;
    int64_t of_day;
    if (!read_clocks(&since_start, &of_day))
        return call(CALL_TIME, time, NULL);
    int64_t seconds = of_day / NANOSECONDS;
    if (time)
        *time = seconds;
    return seconds;
}

/* There is one processor. */
int __vdso_getcpu(uint32_t *processor, uint32_t *node, void *unused)
{
    (void)unused;
    if (processor)
        *processor = 0;
    if (node)
        *node = 0;
    return 0;
}
