/*
 * Measuring in a program: what the kernel and the program run together for one operation. The clock
 * is the time stamp counter, of which one tick is one instruction under QEMU's `-icount shift=0`.
 *
 * To add a family of benches, write
 *
 *     BENCH(pipe, "pipe.")
 *     {
 *         uint64_t start = bench_start();
 *         ...
 *         bench_report("pipe.self", bench_stop(start), ROUNDS);
 *     }
 *
 * in a file of user/bench/.
 */
#ifndef USER_BENCH_BENCH_H
#define USER_BENCH_BENCH_H

#include <types.h>

struct bench {
    const char *family; /* the beginning of all its names */
    void (*run)(void);
    bool alone; /* runs only when a prefix is given: it needs much memory, or takes long */
};

#define BENCH(identifier, family_name)       DEFINE_BENCH(identifier, family_name, false)
#define BENCH_ALONE(identifier, family_name) DEFINE_BENCH(identifier, family_name, true)

#define DEFINE_BENCH(identifier, family_name, is_alone)                        \
    static void bench_##identifier(void);                                      \
    static const struct bench bench__##identifier                              \
        __attribute__((used, section("benches"), aligned(sizeof(void *)))) = { \
            .family = (family_name),                                           \
            .run = bench_##identifier,                                         \
            .alone = (is_alone),                                               \
    };                                                                         \
    static void bench_##identifier(void)

enum { WARM_UP = 10, ROUNDS = 1000, PROCESSES = 100 };

/* Reads the clock. */
static inline uint64_t bench_start(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

/* The ticks since `start`, without the cost of reading the clock. */
uint64_t bench_stop(uint64_t start);

/* Prints `bench: NAME VALUE instructions`; VALUE is the mean of `operations`. */
void bench_report(const char *name, uint64_t ticks, uint64_t operations);

/* Prints `bench: NAME VALUE percent`: what `part` is of `whole`. */
void bench_report_ratio(const char *name, uint64_t part, uint64_t whole);

/* Ends the program when a system call that a bench needs has failed. Returns its result. */
long bench_need(const char *what, long result);

/* Pages of anonymous memory that nobody has touched. Ends the program when there are none. */
void *bench_map(size_t pages);

#endif
