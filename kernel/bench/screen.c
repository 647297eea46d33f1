/*
 * Writes lines of 80 characters to the VGA screen, which scrolls each time. Only the screen is
 * measured: the time on COM1 is the device's.
 */
#include <kernel/bench/bench.h>
#include <kernel/log/console.h>

enum { LINES = 1000, COLUMNS = 80 };

BENCH(vga_line, "vga.line")
{
    struct console_sink *screen = console_sinks();
    char line[COLUMNS + 1];
    while (screen && !screen->rows)
        screen = screen->next;
    if (!screen) {
        bench_report_missing("vga.line", "needs a screen");
        return;
    }
    for (unsigned i = 0; i < COLUMNS; i++)
        line[i] = (char)('!' + i);
    line[COLUMNS] = '\n';
    uint64_t start = bench_start();
    for (unsigned i = 0; i < LINES; i++)
        screen->write(screen, line, sizeof(line));
    bench_report("vga.line", bench_stop(start) / LINES);
}
