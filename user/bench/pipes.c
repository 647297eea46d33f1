/* One byte through a pipe: to itself, and to another process and back. */
#include "bench/bench.h"
#include "lib/linux.h"

static void pass(int from, int to)
{
    char byte = 0;
    if (sys_write(to, &byte, 1) != 1 || sys_read(from, &byte, 1) != 1)
        bench_need("the pipe", -1);
}

static uint64_t measure(int from, int to)
{
    for (int i = 0; i < WARM_UP; i++)
        pass(from, to);
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        pass(from, to);
    return bench_stop(start);
}

static void close_both(const int ends[2])
{
    sys_close(ends[0]);
    sys_close(ends[1]);
}

static void ping_pong(void)
{
    int there[2], back[2];
    bench_need("pipe2", sys_pipe2(there, 0));
    bench_need("pipe2", sys_pipe2(back, 0));
    int child = (int)bench_need("fork", sys_fork());
    if (child == 0) {
        char byte;
        sys_close(there[1]);
        while (sys_read(there[0], &byte, 1) == 1)
            sys_write(back[1], &byte, 1);
        sys_exit_group(0);
    }
    bench_report("pipe.ping_pong", measure(back[0], there[1]), ROUNDS);
    close_both(there);
    close_both(back);
    sys_wait4(child, NULL, 0, NULL);
}

BENCH(pipe, "pipe.")
{
    int ends[2];
    bench_need("pipe2", sys_pipe2(ends, 0));
    bench_report("pipe.self", measure(ends[0], ends[1]), ROUNDS);
    close_both(ends);
    ping_pong();
}
