/*
 * `heap`: shows how much of the heap is used, by size of block, and a map of it.
 */
#include <assert.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <mm/heap.h>

enum { MAP_COLUMNS = 64, MAP_ROWS = 4 };

static void show_cell(void *context, char cell)
{
    unsigned *column = context;
    if (*column == 0)
        console_write("  [", 3);
    console_write(&cell, 1);
    if (++*column == MAP_COLUMNS) {
        console_write("]\n", 2);
        *column = 0;
    }
}

/* Size classes that have blocks, three to a row. */
static void show_classes(void)
{
    struct size_class_count counts[64];
    size_t count = heap_classes(counts, ARRAY_SIZE(counts));
    unsigned shown = 0;
    ASSERT(count <= ARRAY_SIZE(counts));
    for (size_t i = 0; i < count; i++) {
        if (counts[i].live + counts[i].free == 0)
            continue;
        console_printf("  %5zu B: %5zu live %5zu free%s", counts[i].block_size, counts[i].live,
                       counts[i].free, ++shown % 3 ? "" : "\n");
    }
    if (shown % 3)
        console_write("\n", 1);
}

COMMAND(heap, "", "how full the heap is, and a map of it")
{
    if (command_refuse_arguments("heap", arguments))
        return;
    struct allocator_stats stats;
    heap_stats(&stats);
    console_printf("  %s%s: live blocks: %zu, with %zu bytes; %zu bytes free\n",
                   heap_allocator_name(), heap_is_debugging() ? " (debugging)" : "",
                   stats.live_blocks, stats.live_bytes, stats.free_bytes);
    console_printf("  %zu KiB of memory in use, %zu KiB at most so far\n",
                   stats.committed_bytes / 1024, stats.peak_bytes / 1024);
    show_classes();
    unsigned column = 0;
    heap_picture((size_t)MAP_COLUMNS * MAP_ROWS, show_cell, &column);
    console_printf("  '#' live, '+' more than half, '-' up to half, '.' free, ' ' no memory\n");
}
