/*
 * Commands that show memory: frames and page tables. The heap has a file of its own.
 */
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/kernel_space.h>
#include <mm/paging_walk.h>

enum { BAR = 28 };

/* Shows the share that `part` is of `whole`, as a bar and in percent. A share above 0 fills one
 * cell at least. */
static void show_share(uint64_t part, uint64_t whole)
{
    char bar[BAR + 1];
    size_t filled = whole ? (size_t)((part * BAR + whole - 1) / whole) : 0;
    memset(bar, '#', filled);
    memset(bar + filled, '.', BAR - filled);
    bar[BAR] = '\0';
    uint64_t per_mille = whole ? part * 1000 / whole : 0;
    console_printf(" [%s] %3lu.%lu %%\n", bar, per_mille / 10, per_mille % 10);
}

static uint64_t kib(uint64_t frames)
{
    return frames * PAGE_SIZE / KIB(1);
}

COMMAND(mem, "", "how much memory there is, and how much is used",
        .details =
            "Each region of memory that is handed out in frames of 4 KiB, with its size and\n"
            "a bar for how much of it is used; then the sum. What the kernel image, the\n"
            "loader's tables and the bookkeeping take is not in it.\n")
{
    if (command_refuse_arguments("mem", arguments))
        return;
    struct frames_region region = {0};
    while (frames_next_region(region.range.end, &region)) {
        uint64_t frames = (region.range.end - region.range.start) / PAGE_SIZE;
        console_printf("  %09lx-%09lx %9lu KiB", region.range.start, region.range.end - 1,
                       kib(frames));
        show_share(region.used, frames);
    }
    struct frames_stats stats;
    frames_stats(&stats);
    console_printf("  %-19s %9lu KiB", "all of it", kib(stats.total));
    show_share(stats.used, stats.total);
    console_printf("  %lu KiB free, %lu KiB used; bookkeeping %lu KiB\n", kib(stats.free),
                   kib(stats.used), kib(stats.bookkeeping));
}

struct flag {
    uint64_t bit;
    const char *name;
};

/* The flags of an entry in words. */
static void show_flags(uint64_t entry)
{
    static const struct flag set[] = {
        {PAGE_WRITABLE, "writable"},
        {PAGE_USER, "user"},
        {PAGE_WRITE_COMBINING, "write-combining"},
        {PAGE_UNCACHED, "uncached"},
        {PAGE_ACCESSED, "accessed"},
        {PAGE_GLOBAL, "global"},
        {PAGE_NO_EXECUTE, "no-execute"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(set); i++) {
        if (entry & set[i].bit)
            console_printf(" %s", set[i].name);
    }
}

static bool is_page(const struct paging_step *step)
{
    return step->level == 1 || (step->level < PAGING_LEVELS && (step->entry & PAGE_LARGE));
}

static void show_step(const struct paging_step *step)
{
    static const char *const tables[] = {"PT", "PD", "PDPT", "PML4"};
    static const char *const sizes[] = {"4 KiB page", "2 MiB page", "1 GiB page"};
    console_printf("  %-4s [%3u]  %016lx ", tables[step->level - 1], step->index, step->entry);
    if (!(step->entry & PAGE_PRESENT)) {
        console_printf(" not present\n");
        return;
    }
    console_printf(" %s,", is_page(step) ? sizes[step->level - 1] : "table");
    show_flags(step->entry);
    /* Bit 6 of an entry means "dirty" for a page and nothing for a table (Intel SDM 3A 4.5). */
    console_printf("%s\n", is_page(step) && (step->entry & PAGE_DIRTY) ? " dirty" : "");
}

COMMAND(translate, "ADDR", "walk the page tables for a hexadecimal address",
        .details = "Shows the entry of each level that the processor meets on its way, and where\n"
                   "the address leads: translate ffffffff80100000\n")
{
    virt_addr_t address;
    if (!command_address("translate", &arguments, &address) ||
        command_refuse_rest("translate", arguments))
        return;
    struct paging_step steps[PAGING_LEVELS];
    size_t count = paging_walk(&kernel_space, address, steps);
    console_printf("  CR3          %016lx\n", kernel_space.root);
    for (size_t i = 0; i < count; i++)
        show_step(&steps[i]);
    phys_addr_t physical;
    enum error error = paging_translate(&kernel_space, address, &physical);
    if (error)
        console_printf("  %016lx: %s\n", address, error_name(error));
    else
        console_printf("  %016lx is physical %016lx\n", address, physical);
}
