/*
 * The object of an area gives its pages their content: a file, or memory that several programs
 * share. It has a table of operations, so that mm/ names no file system.
 */
#ifndef MM_VM_OBJECT_H
#define MM_VM_OBJECT_H

#include <error.h>
#include <lib/list.h>
#include <types.h>

struct vm_object;

struct vm_object_operations {
    /* Sets *frame to that of page `index`, counted from the object's start, with a reference for
     * the caller, who drops it by frame_free(). `write`: a shared mapping is about to be written
     * to. In threads only; may wait. ERROR_BEYOND_END: the object has no such page;
     * ERROR_OUT_OF_FRAMES; ERROR_DEVICE; ERROR_INTERRUPTED. */
    enum error (*get_page)(struct vm_object *object, uint64_t index, bool write,
                           phys_addr_t *frame);
    /* Is that page in memory, so that get_page() would not have to make or read it? NULL: no page
     * is known to be. In threads only. */
    bool (*has_page)(struct vm_object *object, uint64_t index);
    /* The object is that of a struct inode (fs/inode.h). */
    bool is_file;
    /* The last reference is gone. In threads, or where the executor releases one; must not wait. */
    void (*release)(struct vm_object *object);
};

struct vm_object {
    const struct vm_object_operations *operations;
    size_t references;
    struct list areas; /* those that map it, in all address spaces */
};

/* Makes an object with one reference. Any context. */
static inline void vm_object_init(struct vm_object *object,
                                  const struct vm_object_operations *operations)
{
    object->operations = operations;
    object->references = 1;
    list_init(&object->areas);
}

/* Adds a reference, and drops one. NULL has neither. Not in interrupt handlers. */
void vm_object_reference(struct vm_object *object);
void vm_object_release(struct vm_object *object);

/* Unmaps the pages from `first` up to, not including, `end`, which the object no longer has; also a
 * private area's copies of them. Does not wait. Not in interrupt handlers. */
void vm_object_unmap(struct vm_object *object, uint64_t first, uint64_t end);

/* Unmaps the page, whose frame is `frame`, but no copies of it. False: a locked area maps it; then
 * it may still be mapped. Does not wait. Not in interrupt handlers. */
bool vm_object_unmap_frame(struct vm_object *object, uint64_t index, phys_addr_t frame);

/* Makes the page read-only wherever it is mapped, so that the next write calls get_page() with
 * `write`. Does not wait. Not in interrupt handlers. */
void vm_object_forbid_writes(struct vm_object *object, uint64_t index);

#endif
