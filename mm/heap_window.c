/*
 * Every page of the heap is a 4 KiB page with a frame of its own, so that each can be given back
 * alone.
 */
#include <layout.h>
#include <mm/heap_window.h>
#include <mm/kernel_pages.h>

static enum error commit(void *context, virt_addr_t start, size_t pages)
{
    (void)context;
    return kernel_pages_map(start, pages);
}

static void decommit(void *context, virt_addr_t start, size_t pages)
{
    (void)context;
    kernel_pages_unmap(start, pages);
}

const struct arena heap_window = {
    .base = HEAP_BASE,
    .size = HEAP_WINDOW,
    .commit = commit,
    .decommit = decommit,
};
