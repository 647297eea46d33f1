/*
 * Every page of the heap is a 4 KiB page with a frame of its own, so that each can be given back
 * alone.
 */
#include <assert.h>
#include <mm/frames.h>
#include <mm/heap_window.h>
#include <mm/kernel_space.h>

static void decommit(void *context, virt_addr_t start, size_t pages)
{
    (void)context;
    for (virt_addr_t page = start; page < start + pages * PAGE_SIZE; page += PAGE_SIZE) {
        phys_addr_t frame;
        enum error error = paging_unmap(&kernel_space, page, PAGE_4K, &frame);
        ASSERT(error == OK);
        frame_free(frame);
    }
}

static enum error commit_page(virt_addr_t page)
{
    phys_addr_t frame = frame_alloc();
    if (frame == NO_FRAME)
        return ERROR_OUT_OF_FRAMES;
    enum error error = paging_map(&kernel_space, page, frame, PAGE_4K,
                                  PAGE_WRITABLE | PAGE_NO_EXECUTE | PAGE_GLOBAL);
    if (error)
        frame_free(frame);
    return error;
}

static enum error commit(void *context, virt_addr_t start, size_t pages)
{
    for (virt_addr_t page = start; page < start + pages * PAGE_SIZE; page += PAGE_SIZE) {
        enum error error = commit_page(page);
        if (error) {
            decommit(context, start, (page - start) / PAGE_SIZE);
            return error;
        }
    }
    return OK;
}

const struct arena heap_window = {
    .base = HEAP_BASE,
    .size = HEAP_WINDOW,
    .commit = commit,
    .decommit = decommit,
};
