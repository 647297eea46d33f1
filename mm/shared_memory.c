#include <lib/tree.h>
#include <mm/frame_content.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/shared_memory.h>

struct shared_memory {
    struct vm_object object;
    struct tree pages; /* by their index */
};

struct shared_page {
    struct tree_node node;
    phys_addr_t frame; /* with a reference */
};

static struct shared_page *page_of(struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct shared_page, node) : NULL;
}

/* A page that is not there yet. NULL when memory is out. */
static struct shared_page *add_page(struct shared_memory *memory, uint64_t index)
{
    struct shared_page *page = kmalloc(sizeof(*page));
    phys_addr_t frame = page ? frame_alloc() : NO_FRAME;
    if (frame == NO_FRAME) {
        kfree(page);
        return NULL;
    }
    frame_clear(frame);
    page->frame = frame;
    tree_insert(&memory->pages, &page->node, index);
    return page;
}

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    (void)write;
    struct shared_memory *memory = CONTAINER_OF(object, struct shared_memory, object);
    struct shared_page *page = page_of(tree_find_from(&memory->pages, index));
    if (!page || page->node.key != index)
        page = add_page(memory, index);
    if (!page)
        return ERROR_OUT_OF_FRAMES;
    *frame = page->frame;
    return frame_reference(page->frame);
}

static bool has_page(struct vm_object *object, uint64_t index)
{
    const struct shared_memory *memory = CONTAINER_OF(object, struct shared_memory, object);
    const struct tree_node *node = tree_find_from(&memory->pages, index);
    return node && node->key == index;
}

static void release(struct vm_object *object)
{
    struct shared_memory *memory = CONTAINER_OF(object, struct shared_memory, object);
    for (struct shared_page *page; (page = page_of(memory->pages.root));) {
        tree_remove(&memory->pages, &page->node);
        frame_free(page->frame);
        kfree(page);
    }
    kfree(memory);
}

struct vm_object *shared_memory_create(void)
{
    static const struct vm_object_operations operations = {
        .get_page = get_page, .has_page = has_page, .release = release};
    struct shared_memory *memory = kmalloc(sizeof(*memory));
    if (!memory)
        return NULL;
    vm_object_init(&memory->object, &operations);
    memory->pages = (struct tree){0};
    return &memory->object;
}
