/*
 * Requests of 4 KiB to a disk, at random places and past the page cache. A request waits for the
 * device, and the clock must not count that: so another process spins meanwhile, and adds up the
 * time for which it runs undisturbed. What a request costs is the time that it takes without that;
 * the median leaves out those that the timer has interrupted.
 */
#include "bench/bench.h"
#include "lib/linux.h"

enum { BLOCK = 4096, BLOCKS = MIB(32) / BLOCK, REQUESTS = 999, UNDISTURBED = 100 /* ticks */ };

static char block[BLOCK] ALIGNED(4096);
static uint32_t reads[REQUESTS], writes[REQUESTS];

static void wait_a_moment(void)
{
    struct timespec pause = {.nanoseconds = 100000000};
    sys_nanosleep(&pause, NULL);
}

/* The disk is there a moment after the first program begins. Negative: there is none. */
static long open_disk(void)
{
    long disk = -1;
    for (int i = 0; disk < 0 && i < 20; i++) {
        disk = sys_open("/dev/vda", OPEN_READ_WRITE | OPEN_DIRECT, 0);
        if (disk < 0)
            wait_a_moment();
    }
    return disk;
}

NORETURN static void spin(volatile uint64_t *undisturbed)
{
    for (uint64_t last = bench_start();;) {
        uint64_t now = bench_start();
        if (now - last < UNDISTURBED)
            *undisturbed += now - last;
        last = now;
    }
}

static uint64_t next(void)
{
    static uint64_t state = 42;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 32;
}

/* One request, and what it has cost. */
static uint32_t measure(long (*request)(int, void *, size_t, long), int disk, long place,
                        const volatile uint64_t *undisturbed)
{
    uint64_t spun = *undisturbed, start = bench_start();
    bool good = request(disk, block, BLOCK, place) == BLOCK;
    uint64_t ticks = bench_stop(start);
    bench_need("the disk", good ? 0 : -1);
    return (uint32_t)(ticks - (*undisturbed - spun));
}

static uint32_t median(uint32_t *values)
{
    for (int i = 1; i < REQUESTS; i++) {
        uint32_t value = values[i];
        int at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    return values[REQUESTS / 2];
}

static long write(int file, void *from, size_t size, long place)
{
    return sys_pwrite64(file, from, size, place);
}

/* What is written was read at the same place: the file system there stays as it is. */
BENCH(direct, "direct.")
{
    long disk = open_disk();
    if (disk < 0)
        return;
    volatile uint64_t *undisturbed =
        sys_mmap(NULL, BLOCK, MAP_READ | MAP_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_need("mmap", (long)undisturbed);
    int child = (int)bench_need("fork", sys_fork());
    if (child == 0)
        spin(undisturbed);
    for (int i = 0; i < REQUESTS; i++) {
        long place = (long)(next() % BLOCKS) * BLOCK;
        reads[i] = measure(sys_pread64, (int)disk, place, undisturbed);
        writes[i] = measure(write, (int)disk, place, undisturbed);
    }
    sys_kill(child, SIGNAL_KILL);
    sys_wait4(child, NULL, 0, NULL);
    sys_close((int)disk);
    bench_report("direct.read.4k", median(reads), 1);
    bench_report("direct.write.4k", median(writes), 1);
}
