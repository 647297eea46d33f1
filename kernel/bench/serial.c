/*
 * The cost of a line on COM1 to the task that writes it. The emulator's transmitter takes all bytes
 * at once, so the figure contains each byte's way to the port. A real line takes 7 ms to send them;
 * the task does not wait for that.
 */
#include <kernel/bench/bench.h>
#include <kernel/input.h>
#include <kernel/log/console.h>

enum { LINES = 100, COLUMNS = 80 };

BENCH(com1_line, "com1.line")
{
    char line[COLUMNS + 1];
    uint64_t total = 0;
    if (!com1.present) {
        bench_report_missing("com1.line", "needs a COM1");
        return;
    }
    for (unsigned i = 0; i < COLUMNS; i++)
        line[i] = (char)('!' + i);
    line[COLUMNS] = '\n';
    for (unsigned i = 0; i < LINES; i++) {
        uint64_t start = bench_start();
        com1.sink.write(&com1.sink, line, sizeof(line));
        total += bench_stop(start);
    }
    bench_report("com1.line", total / LINES);
}
