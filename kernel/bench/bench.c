/*
 * A family of benches always runs as a whole. The reporting functions decide which of its figures
 * are shown, so a bench knows nothing of prefixes and only names its figures.
 */
#include <assert.h>
#include <kernel/bench/bench.h>
#include <kernel/log/console.h>
#include <kernel/main.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/monitor.h>
#include <lib/format.h>
#include <lib/string.h>
#include <section.h>

SECTION_ARRAY(struct bench, benches);

uint64_t bench_clock_cost;
const char *bench_unit;

static const char *wanted; /* the prefix of the names to show */
static bool found;         /* a figure has such a name */

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_wanted(const char *name)
{
    bool is = begins_with(name, wanted);
    found |= is;
    return is;
}

void bench_report(const char *name, uint64_t value)
{
    bench_report_unit(name, value, bench_unit);
}

enum { NAME = 64 };

static void name_at(char numbered[NAME], const char *name, uint64_t at)
{
    size_t length = (size_t)snprintf(numbered, NAME, "%s.%lu", name, at);
    ASSERT(length < NAME);
}

void bench_report_at(const char *name, uint64_t at, uint64_t value)
{
    char numbered[NAME];
    name_at(numbered, name, at);
    bench_report(numbered, value);
}

void bench_report_unit(const char *name, uint64_t value, const char *unit)
{
    if (is_wanted(name))
        console_printf("bench: %s %lu %s\n", name, value, unit);
}

void bench_report_tenths(const char *name, uint64_t tenths, const char *unit)
{
    if (is_wanted(name))
        console_printf("bench: %s %lu.%lu %s\n", name, tenths / 10, tenths % 10, unit);
}

void bench_report_missing(const char *name, const char *reason)
{
    if (is_wanted(name))
        console_printf("bench: %s %s\n", name, reason);
}

void bench_report_no_memory(const char *name)
{
    bench_report_missing(name, "needs more memory than there is");
}

void bench_report_no_memory_at(const char *name, uint64_t at)
{
    char numbered[NAME];
    name_at(numbered, name, at);
    bench_report_no_memory(numbered);
}

/* Does the clock count instructions? If so, INSTRUCTIONS of them take as many ticks each time. A
 * real processor runs several in a tick, and an emulator without -icount takes a different time
 * each time. Not inlined: that would change what measure_clock() measures. */
static __attribute__((noinline)) bool counts_instructions(void)
{
    enum { INSTRUCTIONS = 1000, TOLERANCE = 5, TRIES = 4 };
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t start = bench_start();
        __asm__ volatile(".rept %c0; nop; .endr" : : "i"(INSTRUCTIONS));
        uint64_t ticks = bench_stop(start);
        if (ticks < INSTRUCTIONS - TOLERANCE || ticks > INSTRUCTIONS + TOLERANCE)
            return false;
    }
    return true;
}

static void measure_clock(void)
{
    uint64_t start = bench_start();
    bench_clock_cost = read_tsc() - start;
}

/* Runs the families that can have names that begin with `prefix`. If there is none, or Ctrl-C was
 * typed, prints a line and returns false. */
static bool run(const char *prefix)
{
    found = false;
    wanted = prefix;
    measure_clock();
    bench_unit = counts_instructions() ? "instructions" : "ticks";
    section_for_each(struct bench, bench, benches) {
        if (!begins_with(bench->family, prefix) && !begins_with(prefix, bench->family))
            continue;
        if (monitor_interrupted()) {
            console_printf("bench: stopped\n");
            return false;
        }
        uint64_t flags = interrupts_save(); /* an interrupt's instructions are not the bench's */
        bench->run();
        interrupts_restore(flags);
    }
    if (!found)
        console_printf("bench: no bench has a name that begins with '%s'\n", prefix);
    return found;
}

BOOT_MODE(bench, run);

static const char *bench_family(size_t index)
{
    return index < SECTION_COUNT(benches) ? __start_benches[index].family : NULL;
}

COMMAND(bench, "PREFIX", "run the benches whose names begin with PREFIX", .words = bench_family,
        .details = "Instructions under QEMU's -icount shift=0, elsewhere ticks of the TSC. All of\n"
                   "them without a PREFIX; Ctrl-C is seen behind each family of benches.\n")
{
    static char prefix[COMMAND_WORD]; /* the reporting functions read it */
    command_word(&arguments, prefix);
    if (!command_refuse_rest("bench", arguments))
        run(prefix);
}
