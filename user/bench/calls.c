/* The cheapest system call, and a signal to itself. */
#include "bench/bench.h"
#include "lib/linux.h"

static inline void get_pid(void)
{
    long result = 39;
    __asm__ volatile("syscall" : "+a"(result)::"rcx", "r11", "memory");
}

BENCH(syscall, "syscall.")
{
    for (int i = 0; i < WARM_UP; i++)
        get_pid();
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        get_pid();
    bench_report("syscall.getpid", bench_stop(start), ROUNDS);
}

static volatile unsigned handled;

static void count_signal(int signal)
{
    (void)signal;
    handled++;
}

BENCH(signal, "signal.")
{
    int self = (int)sys_getpid();
    signal_handle(SIGNAL_USER_1, count_signal);
    for (int i = 0; i < WARM_UP; i++)
        sys_kill(self, SIGNAL_USER_1);
    handled = 0;
    uint64_t start = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        sys_kill(self, SIGNAL_USER_1);
    uint64_t ticks = bench_stop(start);
    bench_need("the number of signals", handled == ROUNDS ? 0 : -1);
    bench_report("signal.self", ticks, ROUNDS);
}
