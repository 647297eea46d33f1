#include "user_memory.h"

#include <layout.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/kernel_space.h>
#include <stdio.h>
#include <string.h>

#include "physical_memory.h"
#include "test_arena.h"

static struct test_arena *arena;
static uint64_t frames_before;

void user_memory_set_up(uint64_t memory)
{
    physical_memory_simple(memory);
    paging_init(&kernel_space);
    paging_make_top_tables(&kernel_space, HEAP_BASE, HEAP_WINDOW);
    arena = test_arena_create(MIB(64));
    heap_init(NULL, false, &arena->arena);
    frames_before = free_frames();
}

bool user_memory_tear_down(void)
{
    struct allocator_stats stats;
    heap_stats(&stats);
    heap_check();
    test_arena_destroy(arena);
    return free_frames() == frames_before && stats.live_blocks == 0;
}

void user_memory_limit_heap(void)
{
    arena->limit = arena->committed;
}

/* --- An object ------------------------------------------------------------------------------ */

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    struct test_object *test = CONTAINER_OF(object, struct test_object, object);
    test->asked++;
    test->asked_to_write += write;
    if (test->meanwhile)
        test->meanwhile();
    if (index >= test->pages)
        return ERROR_BEYOND_END;
    if (test->frames[index] == NO_FRAME) {
        test->frames[index] = frame_alloc();
        if (test->frames[index] == NO_FRAME)
            return ERROR_OUT_OF_FRAMES;
        memset(phys_to_virt(test->frames[index]), (int)index + 1, PAGE_SIZE);
    }
    *frame = test->frames[index];
    return frame_reference(*frame);
}

static void release(struct vm_object *object)
{
    CONTAINER_OF(object, struct test_object, object)->released = true;
}

void test_object_init(struct test_object *object, uint64_t pages)
{
    static const struct vm_object_operations operations = {.get_page = get_page,
                                                           .release = release};
    *object = (struct test_object){.pages = pages};
    vm_object_init(&object->object, &operations);
}

void test_object_end(struct test_object *object)
{
    vm_object_release(&object->object);
    for (uint64_t i = 0; i < object->pages; i++) {
        if (object->frames[i] != NO_FRAME)
            frame_free(object->frames[i]);
    }
}

/* --- A program ------------------------------------------------------------------------------ */

/* The processor's rights, as in the Intel SDM 3A 4.6, for user mode. */
static uint8_t *reach(struct address_space *space, virt_addr_t address, bool write)
{
    phys_addr_t table = space->tables.root;
    uint64_t entry = 0;
    for (unsigned shift = 39; shift >= 12; shift -= 9) {
        entry = ((uint64_t *)phys_to_virt(table))[address >> shift & 511];
        if (!(entry & 1) || !(entry & 4) || (write && !(entry & 2)))
            return NULL;
        table = entry & UINT64_C(0xffffffffff000);
    }
    return (uint8_t *)phys_to_virt(table) + address % PAGE_SIZE;
}

static enum error access_byte(struct address_space *space, virt_addr_t address, unsigned access,
                              uint8_t **byte)
{
    for (;;) {
        *byte = reach(space, address, access == AREA_WRITE);
        if (*byte)
            return OK;
        enum error error = address_space_fault(space, address, access);
        if (error)
            return error;
    }
}

enum error program_read(struct address_space *space, virt_addr_t address, uint8_t *byte)
{
    uint8_t *memory;
    enum error error = access_byte(space, address, AREA_READ, &memory);
    if (!error)
        *byte = *memory;
    return error;
}

enum error program_write(struct address_space *space, virt_addr_t address, uint8_t byte)
{
    uint8_t *memory;
    enum error error = access_byte(space, address, AREA_WRITE, &memory);
    if (!error)
        *memory = byte;
    return error;
}

const char *spell_areas(const struct address_space *space)
{
    static char text[1024];
    size_t length = 0;
    text[0] = '\0';
    const struct vm_area *area = address_space_next_area(space, 0);
    for (; area; area = address_space_next_area(space, area->end)) {
        length += (size_t)snprintf(
            text + length, sizeof(text) - length, "%s%c%c%c%c %ld-%ld", length ? ", " : "",
            area->flags & AREA_READ ? 'r' : '-', area->flags & AREA_WRITE ? 'w' : '-',
            area->flags & AREA_EXECUTE ? 'x' : '-', area->flags & AREA_SHARED ? 's' : 'p',
            (long)(area->start - BASE) / 4096, (long)(area->end - BASE) / 4096);
        if (area->object)
            length +=
                (size_t)snprintf(text + length, sizeof(text) - length, "@%lu", area->offset / 4096);
    }
    return text;
}
