/*
 * Commands that show memory: frames and page tables. The heap has a file of its own.
 */
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <layout.h>
#include <lib/number.h>
#include <mm/frames.h>
#include <mm/kernel_space.h>
#include <mm/paging.h>

static void show_amount(const char *what, uint64_t frames)
{
    console_printf("  %-12s %10lu frames  %8lu KiB\n", what, frames, frames * PAGE_SIZE / 1024);
}

COMMAND(mem, "", "how much memory there is, and how much is used")
{
    if (command_refuse_arguments("mem", arguments))
        return;
    struct frames_stats stats;
    frames_stats(&stats);
    show_amount("free", stats.free);
    show_amount("used", stats.used);
    show_amount("total", stats.total);
    show_amount("bookkeeping", stats.bookkeeping);
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
    /* Bit 6 says "dirty" of a page and nothing of a table (Intel SDM 3A 4.5). */
    console_printf("%s\n", is_page(step) && (step->entry & PAGE_DIRTY) ? " dirty" : "");
}

COMMAND(translate, "ADDR", "walk the page tables for a hexadecimal address")
{
    uint64_t address;
    if (!parse_hexadecimal(arguments, &address)) {
        console_printf("translate: '%s' is no hexadecimal address; try: translate b8000\n",
                       arguments);
        return;
    }
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
