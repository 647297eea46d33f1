#include <assert.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/kernel_pages.h>
#include <mm/kernel_space.h>

static enum error map_page(virt_addr_t page)
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

void kernel_pages_unmap(virt_addr_t start, size_t pages)
{
    for (virt_addr_t page = start; page < start + pages * PAGE_SIZE; page += PAGE_SIZE) {
        phys_addr_t frame;
        enum error error = paging_unmap(&kernel_space, page, PAGE_4K, &frame);
        ASSERT(error == OK);
        frame_free(frame);
    }
}

enum error kernel_pages_map(virt_addr_t start, size_t pages)
{
    for (virt_addr_t page = start; page < start + pages * PAGE_SIZE; page += PAGE_SIZE) {
        enum error error = map_page(page);
        if (error) {
            kernel_pages_unmap(start, (page - start) / PAGE_SIZE);
            return error;
        }
    }
    return OK;
}
