/*
 * The pages of a file in memory: reads, writes and mappings all use these, and so see the same
 * bytes. A file system embeds a cache in its inode, and says by a table of operations where pages
 * are kept that are not in memory: nowhere (tmpfs), or on a disk.
 *
 * In threads, and in set-up code beside which no thread runs. Functions that read, write or change
 * the size are called with the inode locked (inode_lock()); they use inode->size.
 */
#ifndef FS_PAGE_CACHE_H
#define FS_PAGE_CACHE_H

#include <error.h>
#include <fs/inode.h>
#include <fs/page_tree.h>
#include <kernel/task/waker.h>
#include <mm/buffer.h>

struct page_cache;

enum { PAGE_RUN_MAX = 32 /* pages of one transfer: what one request takes */ };

struct page_cache_operations {
    /* A page more is in memory, or one less. An error: it may not be. NULL: nobody counts. */
    enum error (*add)(struct page_cache *cache);
    void (*remove)(struct page_cache *cache);
    /* Fill up to PAGE_RUN_MAX pages from `index` on from the store, or store them. May wait. Both
     * NULL: there is no store. Then pages begin as zeros and are never given up. */
    enum error (*read)(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                       unsigned count);
    enum error (*write)(struct page_cache *cache, uint64_t index, const phys_addr_t *frames,
                        unsigned count);
    /* Makes room in the store for bytes of one page that are about to be written. *whole: there is
     * room for all of the page, for good. NULL: there always is. ERROR_FULL, ERROR_DEVICE. May
     * wait, but not between the moment when the store changes and the return: the page becomes
     * dirty then. */
    enum error (*reserve)(struct page_cache *cache, uint64_t position, size_t size, bool *whole);
    /* A write has ended early: gives back what was reserved behind the end. NULL as reserve(). May
     * wait. */
    void (*trim)(struct page_cache *cache);
};

struct page_cache {
    const struct page_cache_operations *operations;
    struct inode *inode;
    phys_addr_t held;            /* of the page that a read or a write uses; NO_FRAME: none */
    struct page_tree pages;      /* entries are frames with flags (page_store.h) */
    uint64_t count, dirty;       /* of the pages in all; while there are dirty ones, the cache has
                                    a reference to its inode */
    uint64_t limit;              /* of the file's size */
    uint64_t next_read;          /* the page behind the last one that was read in */
    unsigned window;             /* pages to read at once when the reads go on there */
    enum error error;            /* of a write to the store, not yet told to anybody */
    struct wait_queue ready;     /* a transfer is over */
    size_t transfers;            /* of pages from the store or to it, that go on */
    struct list_node node;       /* among those with a store */
    struct list_node dirty_node; /* among those with dirty pages */
};

/* How many pages there are of all files, and how many of them are dirty. */
uint64_t page_cache_pages(void);
uint64_t page_cache_dirty_pages(void);

/* Makes an empty cache for an inode, which is initialised; and frees all its pages, when nobody
 * uses the inode any more. None is dirty then, because dirty pages hold the inode. */
void page_cache_init(struct page_cache *cache, const struct page_cache_operations *operations,
                     struct inode *inode);
void page_cache_destroy(struct page_cache *cache);

/* For an inode's vm_object_operations. Not with the inode locked: a fault may come while its own
 * content is copied. Waits only if there is a store, and the page is not there yet. */
enum error page_cache_get_page(struct page_cache *cache, uint64_t index, bool write,
                               phys_addr_t *frame);
bool page_cache_has_page(const struct page_cache *cache, uint64_t index);

/* Fill the buffer from *position on, or write there what it holds, and advance the position; a
 * write behind the end moves that. Errors as the operations', ERROR_OUT_OF_FRAMES,
 * ERROR_FILE_TOO_BIG, and those of the buffer; then a part was done. May wait. */
enum error page_cache_read(struct page_cache *cache, struct buffer *buffer, uint64_t *position);
enum error page_cache_write(struct page_cache *cache, struct buffer *buffer, uint64_t *position);

/* Changes the file's size. Pages behind the end go, also where they are mapped. May wait.
 * ERROR_FILE_TOO_BIG, ERROR_OUT_OF_FRAMES, ERROR_DEVICE. */
enum error page_cache_set_size(struct page_cache *cache, uint64_t size);

/* Takes memory for the pages of a range that have none. All or nothing: ERROR_FULL,
 * ERROR_OUT_OF_FRAMES. Without a store only; may wait. */
enum error page_cache_allocate(struct page_cache *cache, uint64_t from, uint64_t end);

/* Makes a range read as zeros, and frees the whole pages in it, also where they are mapped. Without
 * a store only; may wait. */
void page_cache_punch(struct page_cache *cache, uint64_t from, uint64_t end);

/* The first byte from `from` on and before the file's end whose page is there, or is not; the end
 * if there is none. Without a store only. */
uint64_t page_cache_find(const struct page_cache *cache, uint64_t from, bool is_there);

/* Writes the dirty pages to the store. All are tried; returns the first error. May wait. The caller
 * holds a reference to the inode. */
enum error page_cache_write_back(struct page_cache *cache);

/* The first error of a write to the store that nobody was told of yet; tells it. */
enum error page_cache_take_error(struct page_cache *cache);

/* The same as page_cache_write_back() for all files of a file system. Errors stay with the files,
 * and are logged; returns the first one. May wait. */
enum error page_cache_write_back_all(const struct filesystem *filesystem);

/* Writes the dirty pages of one file, whichever has waited the longest. True: some are clean now.
 * May wait. */
bool page_cache_write_some(void);

/* Forgets that pages of the file system's files are dirty: they cannot be written any more. */
void page_cache_discard_all(const struct filesystem *filesystem);

/* Frees up to so many frames of pages that can be read from a store again, and returns how many.
 * Does not wait. */
size_t page_cache_give_up(size_t wanted);

/* Forgets all pages of the file that are clean and that nobody maps. Does not wait. */
void page_cache_forget(struct page_cache *cache);

/* The most bytes that the running program may make a regular file hold, and a function that
 * notifies it when it asks for more. NULL: no program has a limit. */
extern uint64_t (*page_cache_size_limit)(void);
extern void (*page_cache_size_exceeded)(void);

/* ERROR_FILE_TOO_BIG: the running program may not make the file so large, and was notified. */
enum error page_cache_check_size(const struct page_cache *cache, uint64_t size);

/* Called when there are dirty pages where there were none; NULL: none is called. */
extern void (*page_cache_became_dirty)(void);

#endif
