/*
 * bench [PREFIX]: runs the benches whose names may begin with PREFIX, or all. It can be the first
 * program: what it needs is this file, as any path, and user/tools/true.c as /bin/true.
 */
#include <lib/string.h>

#include "bench/bench.h"
#include "lib/linux.h"
#include "lib/print.h"

extern const struct bench __start_benches[], __stop_benches[];

static uint64_t clock_cost; /* ticks from one reading of the clock to the next right after it */

static void measure_clock(void)
{
    clock_cost = UINT64_MAX;
    for (int i = 0; i < WARM_UP; i++) {
        uint64_t start = bench_start();
        clock_cost = MIN(clock_cost, bench_start() - start);
    }
}

uint64_t bench_stop(uint64_t start)
{
    return bench_start() - start - clock_cost;
}

void bench_report(const char *name, uint64_t ticks, uint64_t operations)
{
    print(OUTPUT, "bench: %s %lu instructions\n", name, (ticks + operations / 2) / operations);
}

void bench_report_ratio(const char *name, uint64_t part, uint64_t whole)
{
    print(OUTPUT, "bench: %s %lu percent\n", name, (100 * part + whole / 2) / whole);
}

long bench_need(const char *what, long result)
{
    if (result < 0)
        sys_exit_group(print_error("bench", what, result));
    return result;
}

void *bench_map(size_t pages)
{
    void *memory =
        sys_mmap(NULL, pages * 4096, MAP_READ | MAP_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bench_need("mmap", (long)memory);
    return memory;
}

/* The first program of a system has to see by itself where its figures go: to the serial port. */
static void open_output(void)
{
    sys_mount("dev", "/dev", "devtmpfs", 0, NULL);
    long port = sys_open("/dev/ttyS0", OPEN_READ_WRITE, 0);
    if (port >= 0)
        sys_dup2((int)port, OUTPUT);
}

/* Linux has a disk's drivers in files of their own, which `make compare` puts there, in order. */
static void load_drivers(void)
{
    char path[] = "/modules/0";
    for (long file; (file = sys_open(path, OPEN_READ, 0)) >= 0; path[sizeof(path) - 2]++) {
        bench_need(path, sys_finit_module((int)file, "", 0));
        sys_close((int)file);
    }
}

int main(int count, const char *const arguments[])
{
    const char *prefix = count > 1 ? arguments[1] : "";
    if (sys_getpid() == 1) {
        open_output();
        load_drivers();
    }
    measure_clock();
    for (const struct bench *bench = __start_benches; bench < __stop_benches; bench++) {
        size_t shared = MIN(strlen(prefix), strlen(bench->family));
        if (strncmp(prefix, bench->family, shared) == 0 && (shared > 0 || !bench->alone))
            bench->run();
    }
    return 0;
}
