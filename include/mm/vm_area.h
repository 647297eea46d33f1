/*
 * The areas of an address space: which of its pages may be used, how, and where their content comes
 * from. Adjacent areas that differ in nothing are one area. Only for mm/; others use
 * <mm/address_space.h>. Not in interrupt handlers.
 */
#ifndef MM_VM_AREA_H
#define MM_VM_AREA_H

#include <lib/tree.h>
#include <mm/vm_object.h>

struct address_space;

/* What an area allows, and what it is. */
enum {
    AREA_READ = 1,
    AREA_WRITE = 2,
    AREA_EXECUTE = 4,
    AREA_SHARED = 8,       /* writes reach the object; else the writer gets a copy of the page */
    AREA_GROWS_DOWN = 16,  /* a stack: a fault below it may move its start down */
    AREA_NEVER_WRITE = 32, /* shared, of a file that is not open for writing */
    AREA_LOCKED = 64,      /* its pages stay in memory */
    AREA_NO_RESERVE = 128, /* may be larger than all memory */
    AREA_NOT_COPIED = 256, /* a fork's child does not get it */
    AREA_WIPED = 512,      /* a fork's child gets it empty */
    AREA_ACCESS = AREA_READ | AREA_WRITE | AREA_EXECUTE,
};

/* An area that grows down keeps this distance from one below it that can be accessed, as Linux's
 * stack_guard_gap. */
#define AREA_GUARD (256 * PAGE_SIZE)

/* About how many areas an address space may have: Linux's vm.max_map_count, which root may set. */
extern uint64_t areas_max;

/* No two areas overlap. */
struct vm_area {
    struct tree_node node; /* its key is `start`, its value the gap below */
    struct address_space *space;
    virt_addr_t start, end;     /* multiples of PAGE_SIZE; `end` is not included */
    bool has_copies;            /* private, of an object: it may have pages of its own */
    unsigned flags;             /* AREA_… */
    struct vm_object *object;   /* referenced; NULL: anonymous memory, zeros in the beginning */
    struct list_node of_object; /* among those that show the object */
    uint64_t offset;            /* of `start` in the object, in bytes, a multiple of PAGE_SIZE */
};

/* The first area that ends above `address`; NULL at the end. O(log n), as all below. */
struct vm_area *vm_areas_find(const struct tree *areas, virt_addr_t address);

/* The area before that one; NULL at the start. */
struct vm_area *vm_areas_previous(const struct vm_area *area);

/* A new area for `space` from the heap, in no tree yet, with a reference of its own on `object`.
 * NULL when memory is out. */
struct vm_area *vm_area_create(struct address_space *space, virt_addr_t start, virt_addr_t end,
                               unsigned flags, struct vm_object *object, uint64_t offset);

/* Frees an area that is in no tree, and drops its reference. */
void vm_area_destroy(struct vm_area *area);

/* The offset of an address in the area's object, in bytes; 0 for anonymous memory. */
uint64_t vm_area_offset(const struct vm_area *area, virt_addr_t address);

/* Inserts an area where none is, and merges it with its neighbours if they differ in nothing. The
 * pointer `area` is not valid after that. */
void vm_areas_insert(struct tree *areas, struct vm_area *area);

/* Merges an area of the tree, which has changed, in the same way. */
void vm_areas_merge(struct tree *areas, struct vm_area *area);

/* Removes an area from its tree. */
void vm_areas_remove(struct tree *areas, struct vm_area *area);

/* Moves the area's start or end, into the free space beside it or into the area itself. */
void vm_areas_set_start(struct vm_area *area, virt_addr_t start);
void vm_areas_set_end(struct vm_area *area, virt_addr_t end);

/* Splits the area that begins before `address` and ends after it, if there is one.
 * ERROR_OUT_OF_FRAMES; then nothing has changed. */
enum error vm_areas_split(struct tree *areas, virt_addr_t address);

/* Finds the highest `length` bytes between `floor` and `ceiling` that no area uses, nor the guard
 * below one that grows down. False when there are none. */
bool vm_areas_find_gap(const struct tree *areas, virt_addr_t floor, virt_addr_t ceiling,
                       uint64_t length, virt_addr_t *start);

#endif
