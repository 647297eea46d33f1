/*
 * The memory of a program: areas, and the page tables that show those of their pages that have been
 * touched. The upper half of the tables is the kernel's, the same in each.
 *
 * Threads may share an address space, and there are no locks. address_space_fault() may wait, and
 * functions that take long (copying, unmapping, releasing) let other threads run now and then. Each
 * of them looks the areas up again after that. Not in interrupt handlers.
 */
#ifndef MM_ADDRESS_SPACE_H
#define MM_ADDRESS_SPACE_H

#include <mm/paging.h>
#include <mm/vm_area.h>

/* The lowest address that programs may map, as Linux's vm.mmap_min_addr: a null pointer leads
 * nowhere, nor does one to a member of a large struct. */
#define USER_START UINT64_C(0x10000)

/* address_space_find_gap() looks below this address, unless gaps_end is set: above it, the stack
 * may grow. */
#define USER_GAPS_END (USER_END - MIB(128))

/* What a process has set by setrlimit(), in bytes. */
struct memory_limits {
    uint64_t total; /* RLIMIT_AS: all areas together */
    uint64_t data;  /* RLIMIT_DATA: the private, writable ones, without those that grow down */
    uint64_t stack; /* RLIMIT_STACK: each area that grows down */
};
#define AREA_STACK_LIMIT MIB(8)

struct address_space {
    struct page_tables tables;
    struct tree areas;
    size_t references;
    virt_addr_t heap_start, heap_end; /* of brk(), which keeps them; not aligned */
    virt_addr_t gaps_end;             /* address_space_find_gap() looks below */
    struct memory_limits limits;
    bool is_abandoned;       /* by address_space_abandon() */
    unsigned default_flags;  /* AREA_LOCKED: of each new area, or 0 */
    bool is_locked_on_fault; /* the pages of new, locked areas are not brought in at once */
    size_t area_count;
    uint64_t mapped_pages;   /* in all areas */
    uint64_t data_pages;     /* of these: what limits.data is for */
    uint64_t locked_pages;   /* likewise: in areas that are AREA_LOCKED */
    uint64_t resident_pages; /* have a frame, which may be shared, but not that of zeros */
};

/* Makes an address space without areas, with one reference. ERROR_OUT_OF_FRAMES. */
enum error address_space_create(struct address_space **space);

/* Adds a reference, and drops one; with the last one, all memory is given back. If the processor
 * uses this space, it uses the kernel's own tables from then on. NULL has no references. In
 * threads, or where the executor releases one. */
void address_space_reference(struct address_space *space);
void address_space_release(struct address_space *space);

/* Makes a copy for fork(): the same areas, and the same content. Pages of private areas are shared
 * until one of the two spaces writes to them. In a thread, others may run before it returns; what
 * they change may be in the copy or not. ERROR_OUT_OF_FRAMES, also when `from` is abandoned; then
 * there is no copy. */
enum error address_space_copy(struct address_space *from, struct address_space **copy);

/* Makes the processor use the tables of `space`, or the kernel's own with NULL, and sets
 * this_cpu()->space. The caller holds a reference until another space is used. */
void address_space_use(struct address_space *space);

/* In the functions below, `start` and `length` are multiples of PAGE_SIZE, `length` is not 0, and
 * the range ends at USER_END or below: anything else is ERROR_INVALID. */

/* Maps a new area, with `flags` of enum AREA_…, and unmaps what was there. A NULL `object` is
 * anonymous memory, and then not AREA_SHARED (ERROR_INVALID); the area takes a reference of its
 * own. `offset` is that of `start` in the object. ERROR_NOT_PERMITTED below USER_START;
 * ERROR_OUT_OF_FRAMES. Then nothing has changed. */
enum error address_space_map(struct address_space *space, virt_addr_t start, uint64_t length,
                             unsigned flags, struct vm_object *object, uint64_t offset);

/* Finds `length` bytes that no area uses: at `hint`, rounded down, or at USER_START, if that is
 * higher and `hint` is not in page 0; else, or when they are not free there, the highest ones below
 * space->gaps_end. ERROR_OUT_OF_FRAMES when there are none. */
enum error address_space_find_gap(struct address_space *space, virt_addr_t hint, uint64_t length,
                                  virt_addr_t *start);

/* The same, between 1 and 2 GiB, unless `hint` is free and below that end: MAP_32BIT. */
enum error address_space_find_low_gap(struct address_space *space, virt_addr_t hint,
                                      uint64_t length, virt_addr_t *start);

/* May the range be mapped, and does no area use any of it? */
bool address_space_is_free(const struct address_space *space, virt_addr_t start, uint64_t length);

/* Unmaps the range, where there may be holes. In a thread, others may run before it returns, and
 * may map something where it has come by already. ERROR_OUT_OF_FRAMES when an area would have to be
 * split; then nothing has changed, unless others have run. */
enum error address_space_unmap(struct address_space *space, virt_addr_t start, uint64_t length);

/* Gives the areas of the range the access `flags` (AREA_READ, _WRITE, _EXECUTE). It stops at
 * a hole (ERROR_OUT_OF_FRAMES, as Linux says ENOMEM), and at an area that is AREA_NEVER_WRITE
 * (ERROR_ACCESS); then what lies before has changed. ERROR_OUT_OF_FRAMES also when memory is out;
 * then nothing has changed. */
enum error address_space_protect(struct address_space *space, virt_addr_t start, uint64_t length,
                                 unsigned flags);

/* Locks the areas of the range, or unlocks them: their pages stay in memory then, but
 * address_space_populate() brings them in. It stops at a hole (ERROR_OUT_OF_FRAMES). */
enum error address_space_lock(struct address_space *space, virt_addr_t start, uint64_t length,
                              bool lock);

/* Sets and clears AREA_NOT_COPIED and AREA_WIPED in the areas of the range. ERROR_OUT_OF_FRAMES
 * when there are holes; the areas have changed all the same. */
enum error address_space_advise(struct address_space *space, virt_addr_t start, uint64_t length,
                                unsigned set, unsigned clear);

/* Drops the pages of the range, whose areas stay: private ones then hold what they held when they
 * were mapped. It stops at a locked area (ERROR_INVALID). ERROR_OUT_OF_FRAMES when there are holes;
 * what is between them is dropped. In a thread, others may run before it returns. */
enum error address_space_discard(struct address_space *space, virt_addr_t start, uint64_t length);

/* Brings the pages of the range in, as if a program had accessed each. It stops at a hole
 * (ERROR_NOT_MAPPED), at an area without access (ERROR_ACCESS), and where a fault would fail. In
 * threads; may wait. */
enum error address_space_populate(struct address_space *space, virt_addr_t start, uint64_t length);

/* Sets resident[i] to 1 if the i'th page from `start` on is in memory, else to 0. Stops at a hole
 * (ERROR_OUT_OF_FRAMES). In threads. */
enum error address_space_list_resident(const struct address_space *space, virt_addr_t start,
                                       size_t pages, uint8_t *resident);

/* Makes the range, which ends where its area ends, longer. ERROR_BAD_ADDRESS: no area has all of
 * it; ERROR_EXISTS: something is in the way; ERROR_OUT_OF_FRAMES: a limit. Then nothing has
 * changed. */
enum error address_space_extend(struct address_space *space, virt_addr_t start, uint64_t old_length,
                                uint64_t length);

/* Moves the range with its pages to `to`, and gives it another length. What was there is unmapped;
 * the two do not overlap. With `old_length` 0, a shared area is mapped there a second time. With
 * `keep`, the area stays, without pages, and is not locked any more.
 * ERROR_BAD_ADDRESS: no area has all of the range; ERROR_INVALID: `old_length` is 0, and the area
 * is private; ERROR_OUT_OF_FRAMES. Then what was at `to` may be gone. */
enum error address_space_move(struct address_space *space, virt_addr_t start, uint64_t old_length,
                              virt_addr_t to, uint64_t length, bool keep);

/* Frees all private pages; from then on every fault fails, and brings none in again. For a space
 * whose programs are being killed because memory is short. Does not wait. */
void address_space_abandon(struct address_space *space);

/* The first area that ends above `from`; NULL at the end. It holds until the space changes, which
 * it may whenever the caller waits. */
const struct vm_area *address_space_next_area(const struct address_space *space, virt_addr_t from);

/* Brings in the page of a fault, which a program has caused, or a copy on its behalf, by `access`
 * (AREA_READ, _WRITE or _EXECUTE). OK: the access can be tried again. ERROR_NOT_MAPPED: there is no
 * area, or the address is not in user memory. ERROR_ACCESS: the area does not allow it.
 * ERROR_BEYOND_END: its object has no such page. ERROR_OUT_OF_FRAMES, and errors of get_page(). In
 * threads; may wait, but only for a page of an object. The caller holds a reference to the space.
 */
enum error address_space_fault(struct address_space *space, virt_addr_t address, unsigned access);

#endif
