/* How long a sleep of a millisecond takes: a tick of the counter is a nanosecond under -icount. */
#include "bench/bench.h"
#include "lib/linux.h"

enum { SLEEPS = 100, FIRST_SLEEPS = 50 };

BENCH(sleep, "sleep.")
{
    const struct timespec millisecond = {0, 1000000};
    uint64_t start = 0;
    for (int i = 0; i < FIRST_SLEEPS + SLEEPS; i++) {
        if (i == FIRST_SLEEPS)
            start = bench_start();
        bench_need("nanosleep", sys_nanosleep(&millisecond, NULL));
    }
    bench_report("sleep.millisecond", bench_stop(start), SLEEPS);
}
