#include <assert.h>
#include <kernel/process/vdso.h>
#include <kernel/task/clock.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frame_content.h>
#include <mm/frames.h>

extern const char vdso_image[], vdso_image_end[]; /* vdso_image.asm */

/* The pages of the vm_object, in the order of their addresses. */
enum { CLOCK, IMAGE, PAGES };

static phys_addr_t frames[PAGES];
static struct vm_object pages; /* without operations: there are no frames yet */

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    (void)object;
    (void)write;
    if (index >= PAGES)
        return ERROR_BEYOND_END;
    *frame = frames[index];
    return frame_reference(*frame);
}

/* Makes the frames for the first program, not at boot. They are never given back. */
static enum error make_pages(void)
{
    static const struct vm_object_operations operations = {.get_page = get_page};
    size_t size = (uintptr_t)vdso_image_end - (uintptr_t)vdso_image;
    ASSERT(size <= PAGE_SIZE);
    for (unsigned i = 0; i < PAGES; i++) {
        frames[i] = frame_alloc();
        if (frames[i] == NO_FRAME) {
            while (i > 0)
                frame_free(frames[--i]);
            return ERROR_OUT_OF_FRAMES;
        }
        frame_clear(frames[i]);
    }
    memcpy(phys_to_virt(frames[IMAGE]), vdso_image, size);
    clock_share(phys_to_virt(frames[CLOCK]));
    vm_object_init(&pages, &operations);
    return OK;
}

enum error vdso_map(struct address_space *space, virt_addr_t *header)
{
    virt_addr_t start = 0;
    enum error error = pages.operations ? OK : make_pages();
    if (!error)
        error = address_space_find_gap(space, 0, PAGES * PAGE_SIZE, &start);
    if (error)
        return error;
    *header = start + IMAGE * PAGE_SIZE;
    error = address_space_map(space, start, PAGE_SIZE, AREA_READ, &pages, CLOCK * PAGE_SIZE);
    if (!error)
        error = address_space_map(space, *header, PAGE_SIZE, AREA_READ | AREA_EXECUTE, &pages,
                                  IMAGE * PAGE_SIZE);
    return error;
}

const char *vdso_area_name(const struct vm_area *area)
{
    if (area->object != &pages)
        return NULL;
    return area->offset == CLOCK * PAGE_SIZE ? "[vvar]" : "[vdso]";
}
