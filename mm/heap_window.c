/*
 * Every page of the heap is a 4 KiB page with a frame of its own, for that is what can be given
 * back piece by piece.
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

static enum error commit(void *context, virt_addr_t start, size_t pages)
{
    for (size_t done = 0; done < pages; done++) {
        phys_addr_t frame = frame_alloc();
        enum error error = ERROR_OUT_OF_FRAMES;
        if (frame != NO_FRAME)
            error = paging_map(&kernel_space, start + done * PAGE_SIZE, frame, PAGE_4K,
                               PAGE_WRITABLE | PAGE_NO_EXECUTE | PAGE_GLOBAL);
        if (error == OK)
            continue;
        if (frame != NO_FRAME)
            frame_free(frame);
        decommit(context, start, done);
        return error;
    }
    return OK;
}

const struct arena heap_window = {
    .base = HEAP_BASE,
    .size = HEAP_WINDOW,
    .commit = commit,
    .decommit = decommit,
};
