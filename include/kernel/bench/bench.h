/*
 * Measuring in guest instructions. Under QEMU's -icount shift=0 one tick of the TSC is one
 * instruction, so a figure is the same on every run and every machine; elsewhere a figure is in
 * ticks of the TSC, and its unit says so.
 *
 * To add a family of benches, write
 *
 *     BENCH(paging_map, "paging.map")
 *     {
 *         uint64_t start = bench_start();
 *         ...
 *         bench_report("paging.map", bench_stop(start) / PAGES);
 *     }
 *
 * in a file below kernel/bench/. `bench=PREFIX` on the command line and `bench PREFIX` in the
 * monitor run each family that may have such names, and show the figures whose names begin with
 * PREFIX. A bench that needs more memory than there is, or a missing device, prints the reason
 * instead of a value.
 */
#ifndef KERNEL_BENCH_BENCH_H
#define KERNEL_BENCH_BENCH_H

#include <kernel/cpu/control.h>
#include <types.h>

struct bench {
    const char *family; /* the beginning of all its names */
    void (*run)(void);  /* with interrupts masked, in a task or before the executor runs */
};

#define BENCH(identifier, family_name)                                         \
    static void bench_##identifier(void);                                      \
    static const struct bench bench__##identifier                              \
        __attribute__((used, section("benches"), aligned(sizeof(void *)))) = { \
            .family = (family_name),                                           \
            .run = bench_##identifier,                                         \
    };                                                                         \
    static void bench_##identifier(void)

/* The ticks from one reading of the clock to the next right after it. */
extern uint64_t bench_clock_cost;

/* The unit of the clock: "instructions", or "ticks" if it counts something else. */
extern const char *bench_unit;

/* Begins a measurement, and ends it: returns the ticks in between, without the cost of reading the
 * clock. */
static inline uint64_t bench_start(void)
{
    return read_tsc();
}
static inline uint64_t bench_stop(uint64_t start)
{
    return read_tsc() - start - bench_clock_cost;
}

/* Prints `bench: NAME VALUE UNIT`, where UNIT is bench_unit. */
void bench_report(const char *name, uint64_t value);

/* The same for a name that ends in a number: "frame.alloc" and 1000. */
void bench_report_at(const char *name, uint64_t at, uint64_t value);

/* The same for another unit; and for a value in tenths, printed as 12.3. */
void bench_report_unit(const char *name, uint64_t value, const char *unit);
void bench_report_tenths(const char *name, uint64_t tenths, const char *unit);

/* Prints `bench: NAME REASON` instead of a value; the last two name memory as the reason. */
void bench_report_missing(const char *name, const char *reason);
void bench_report_no_memory(const char *name);
void bench_report_no_memory_at(const char *name, uint64_t at);

#endif
