/*
 * The page cache with a store: what is read and written when, and what may be given up.
 */
#include <fs/filesystem.h>
#include <fs/page_direct.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/address_space.h>
#include <mm/frames.h>
#include <mm/heap.h>

#include "../test.h"
#include "workers.h"

#define START UINT64_C(0x40000000)

enum { PAGES = 4, DATA = AREA_READ | AREA_WRITE };

static struct {
    char letters[PAGES]; /* the store: each page is full of one letter */
    unsigned reads, writes;
    enum error error; /* of all transfers */
    bool waits;
} store;

static struct filesystem filesystem;
static struct inode inode;
static struct page_cache cache;

static enum error read_pages(struct page_cache *of, uint64_t index, const phys_addr_t *frames,
                             unsigned count)
{
    (void)of;
    store.reads++;
    if (store.waits)
        thread_yield();
    for (unsigned i = 0; i < count; i++)
        memset(phys_to_virt(frames[i]), store.letters[index + i], PAGE_SIZE);
    return store.error;
}

static enum error write_pages(struct page_cache *of, uint64_t index, const phys_addr_t *frames,
                              unsigned count)
{
    (void)of;
    store.writes++;
    for (unsigned i = 0; i < count && !store.error; i++)
        store.letters[index + i] = *(const char *)phys_to_virt(frames[i]);
    return store.error;
}

static enum error get_page(struct vm_object *object, uint64_t index, bool write, phys_addr_t *frame)
{
    (void)object;
    return page_cache_get_page(&cache, index, write, frame);
}

static void release(struct vm_object *object)
{
    (void)object;
}

static void set_up(void)
{
    static const struct vm_object_operations operations = {.get_page = get_page,
                                                           .release = release};
    static const struct page_cache_operations with_store = {.read = read_pages,
                                                            .write = write_pages};
    memset(&store, 0, sizeof(store));
    memcpy(store.letters, "abcd", PAGES);
    memset(&inode, 0, sizeof(inode));
    list_init(&filesystem.inodes);
    inode_init(&inode, &filesystem, &operations, S_IFREG);
    inode.size = PAGES * PAGE_SIZE;
    page_cache_init(&cache, &with_store, &inode);
}

/* The byte that a read finds at the start of a page; an error as a negative number. */
static int letter(uint64_t page)
{
    struct buffer buffer;
    char byte;
    uint64_t position = page * PAGE_SIZE;
    buffer_init_kernel(&buffer, &byte, 1);
    enum error error = page_cache_read(&cache, &buffer, &position);
    return error ? -(int)error : byte;
}

static enum error write_letter(uint64_t page, char byte)
{
    struct buffer buffer;
    uint64_t position = page * PAGE_SIZE;
    buffer_init_kernel(&buffer, &byte, 1);
    return page_cache_write(&cache, &buffer, &position);
}

/* --- Transfers ------------------------------------------------------------------------------- */

TEST(page_cache, pages_are_read_once_and_written_when_dirty)
{
    set_up();
    EXPECT_EQ(letter(1), 'b');
    EXPECT_EQ(letter(1), 'b');
    EXPECT_EQ(store.reads, 1);
    EXPECT_EQ(write_letter(2, 'x'), OK); /* a part of a page: the rest is read in */
    EXPECT_EQ(store.reads, 2);
    EXPECT_EQ(page_cache_write_back(&cache), OK);
    EXPECT_EQ(store.writes, 1);
    EXPECT_EQ(store.letters[2], 'x');
    EXPECT_EQ(page_cache_write_back(&cache), OK);
    EXPECT_EQ(store.writes, 1);
    page_cache_destroy(&cache);
    EXPECT_EQ(cache.count, 0);
}

TEST(page_cache, pages_are_read_ahead_when_reads_follow_each_other)
{
    set_up();
    EXPECT_EQ(letter(3), 'd');
    EXPECT_EQ(letter(1), 'b');
    EXPECT_EQ(cache.count, 2);
    EXPECT_EQ(letter(2), 'c');
    EXPECT_EQ(store.reads, 3);
    page_cache_forget(&cache);
    EXPECT_EQ(cache.count, 0);
    EXPECT_EQ(letter(0), 'a');
    EXPECT_EQ(letter(1), 'b'); /* the window grows: with the one behind it */
    EXPECT_EQ(letter(2), 'c');
    EXPECT_EQ(store.reads, 5);
    page_cache_destroy(&cache);
    set_up();
    for (uint64_t page = 0; page < PAGES; page++)
        EXPECT_EQ(letter(page), "abcd"[page]);
    EXPECT_EQ(store.reads, 1);
    page_cache_destroy(&cache);
}

TEST(page_cache, pages_that_follow_each_other_are_written_at_once)
{
    set_up();
    EXPECT_EQ(write_letter(0, 'x'), OK);
    EXPECT_EQ(write_letter(1, 'y'), OK);
    EXPECT_EQ(write_letter(3, 'z'), OK);
    EXPECT_EQ(page_cache_dirty_pages(), 3);
    EXPECT_EQ(page_cache_write_back(&cache), OK);
    EXPECT_EQ(store.writes, 2);
    EXPECT_EQ(page_cache_dirty_pages(), 0);
    EXPECT(memcmp(store.letters, "xycz", PAGES) == 0);
    page_cache_destroy(&cache);
}

TEST(page_cache, an_error_of_the_store_loses_no_page)
{
    set_up();
    store.error = ERROR_DEVICE;
    EXPECT_EQ(letter(0), -(int)ERROR_DEVICE);
    EXPECT_EQ(cache.count, 0);
    store.error = OK;
    EXPECT_EQ(letter(0), 'a');
    EXPECT_EQ(write_letter(0, 'x'), OK);
    store.error = ERROR_DEVICE;
    EXPECT_EQ(page_cache_write_back(&cache), ERROR_DEVICE);
    EXPECT_EQ(page_cache_give_up(1), 0); /* it is nowhere else */
    store.error = OK;
    EXPECT_EQ(page_cache_write_back(&cache), OK);
    EXPECT_EQ(store.letters[0], 'x');
    page_cache_destroy(&cache);
}

/* --- O_DIRECT -------------------------------------------------------------------------------- */

enum { UNIT = 512, ORDER = 1 };

static phys_addr_t run; /* of frames, for a buffer */

/* Moves bytes from `position` on; the buffer begins so far behind the start of a frame. */
static enum error move_direct(bool is_write, uint64_t position, size_t size, unsigned offset)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, (char *)phys_to_virt(run) + offset, size);
    return is_write ? page_direct_write(&cache, &buffer, &position, UNIT)
                    : page_direct_read(&cache, &buffer, &position, UNIT);
}

static char *direct(void)
{
    return phys_to_virt(run);
}

TEST(page_cache, direct_transfers_leave_nothing_in_memory)
{
    set_up();
    run = frames_alloc_run(ORDER);
    EXPECT_EQ(move_direct(false, PAGE_SIZE, 2 * PAGE_SIZE, 0), OK);
    EXPECT(direct()[0] == 'b' && direct()[PAGE_SIZE] == 'c');
    memset(direct(), 'x', PAGE_SIZE);
    EXPECT_EQ(move_direct(true, 2 * PAGE_SIZE, PAGE_SIZE, 0), OK);
    EXPECT_EQ(store.letters[2], 'x');
    EXPECT_EQ(cache.count, 0);
    EXPECT_EQ(store.reads + store.writes, 2);
    EXPECT_EQ(move_direct(false, PAGE_SIZE, UNIT, UNIT), OK); /* a part of a page */
    EXPECT_EQ(direct()[UNIT], 'b');
    EXPECT_EQ(page_direct_end(&cache), OK);
    EXPECT_EQ(cache.count, 0);
    EXPECT_EQ(move_direct(false, PAGES * PAGE_SIZE, PAGE_SIZE, 0), OK); /* behind the end */
    frames_free_run(run, ORDER);
    page_cache_destroy(&cache);
}

TEST(page_cache, direct_transfers_see_what_is_in_memory)
{
    set_up();
    run = frames_alloc_run(ORDER);
    EXPECT_EQ(write_letter(1, 'y'), OK);
    EXPECT_EQ(move_direct(false, PAGE_SIZE, PAGE_SIZE, 0), OK);
    EXPECT_EQ(direct()[0], 'y');
    memset(direct(), 'z', PAGE_SIZE);
    EXPECT_EQ(move_direct(true, PAGE_SIZE, PAGE_SIZE, 0), OK);
    EXPECT_EQ(letter(1), 'z');
    EXPECT_EQ(page_direct_end(&cache), OK);
    EXPECT_EQ(store.letters[1], 'z');
    EXPECT_EQ(cache.count, 0);
    frames_free_run(run, ORDER);
    page_cache_destroy(&cache);
}

TEST(page_cache, direct_transfers_are_aligned)
{
    set_up();
    run = frames_alloc_run(ORDER);
    EXPECT_EQ(move_direct(false, 100, UNIT, 0), ERROR_INVALID);
    EXPECT_EQ(move_direct(false, 0, 100, 0), ERROR_INVALID);
    EXPECT_EQ(move_direct(true, 0, UNIT, 4), ERROR_INVALID);
    EXPECT_EQ(store.reads + store.writes, 0);
    store.error = ERROR_DEVICE;
    EXPECT_EQ(move_direct(false, 0, PAGE_SIZE, 0), ERROR_DEVICE);
    EXPECT_EQ(move_direct(true, 0, PAGE_SIZE, 0), ERROR_DEVICE);
    frames_free_run(run, ORDER);
    page_cache_destroy(&cache);
}

/* --- Mappings -------------------------------------------------------------------------------- */

static struct address_space *space;

static enum error map(unsigned flags)
{
    enum error error = address_space_create(&space);
    if (!error)
        error = address_space_map(space, START, PAGES * PAGE_SIZE, flags, &inode.object, 0);
    return error;
}

/* Writes as a program does. */
static enum error write_mapped(uint64_t page, char byte)
{
    virt_addr_t address = START + page * PAGE_SIZE;
    if (!(paging_entry(&space->tables, address) & PAGE_WRITABLE)) {
        enum error error = address_space_fault(space, address, AREA_WRITE);
        if (error)
            return error;
    }
    *(char *)phys_to_virt(paging_entry(&space->tables, address) & PAGE_ADDRESS_MASK) = byte;
    return OK;
}

TEST(page_cache, a_write_through_a_mapping_is_dirty_each_time)
{
    set_up();
    EXPECT_EQ(map(DATA | AREA_SHARED), OK);
    EXPECT_EQ(write_mapped(1, 'x'), OK);
    EXPECT_EQ(letter(1), 'x');
    EXPECT_EQ(page_cache_write_back(&cache), OK);
    EXPECT_EQ(store.letters[1], 'x');
    EXPECT_EQ(write_mapped(1, 'y'), OK);
    EXPECT_EQ(page_cache_write_back(&cache), OK);
    EXPECT_EQ(store.letters[1], 'y');
    EXPECT_EQ(store.writes, 2);
    address_space_release(space);
    page_cache_destroy(&cache);
}

TEST(page_cache, clean_pages_are_given_up_also_when_they_are_mapped)
{
    struct frames_stats before, after;
    set_up();
    EXPECT_EQ(map(DATA | AREA_SHARED), OK);
    EXPECT_EQ(address_space_populate(space, START, PAGES * PAGE_SIZE), OK);
    EXPECT_EQ(write_mapped(3, 'x'), OK);
    frames_stats(&before);
    EXPECT_EQ(page_cache_give_up(PAGES), 3);
    frames_stats(&after);
    EXPECT(after.free >= before.free + 3);
    EXPECT_EQ(cache.count, 1);
    EXPECT_EQ(paging_entry(&space->tables, START), 0);
    EXPECT_EQ(letter(3), 'x');
    EXPECT_EQ(letter(0), 'a');
    EXPECT_EQ(page_cache_write_back(&cache), OK);
    address_space_release(space);
    page_cache_destroy(&cache);
}

TEST(page_cache, locked_pages_stay_and_copies_are_not_the_files)
{
    set_up();
    EXPECT_EQ(map(DATA), OK);
    EXPECT_EQ(write_mapped(0, 'x'), OK); /* a copy */
    EXPECT_EQ(page_cache_give_up(PAGES), PAGES);
    EXPECT(paging_entry(&space->tables, START) != 0);
    EXPECT_EQ(address_space_lock(space, START, PAGE_SIZE, true), OK);
    EXPECT_EQ(letter(0), 'a');
    EXPECT_EQ(letter(1), 'b'); /* and the one behind it */
    EXPECT_EQ(page_cache_give_up(PAGES), 2);
    EXPECT(page_cache_has_page(&cache, 0));
    address_space_release(space);
    page_cache_destroy(&cache);
}

/* --- Several threads ------------------------------------------------------------------------- */

static int seen[2];
static unsigned seen_count;

static void run_read(struct worker *worker)
{
    (void)worker;
    seen[seen_count++] = letter(1);
}

static void run_shrink(struct worker *worker)
{
    (void)worker;
    EXPECT_EQ(page_cache_set_size(&cache, 0), OK);
    EXPECT_EQ(cache.count, 0);
}

TEST(page_cache, two_readers_of_a_page_share_one_transfer)
{
    set_up();
    store.waits = true;
    seen_count = 0;
    EXPECT(worker_run_both(run_read, run_read));
    EXPECT_EQ(seen_count, 2);
    EXPECT_EQ(seen[0], 'b');
    EXPECT_EQ(seen[1], 'b');
    EXPECT_EQ(store.reads, 1);
    page_cache_destroy(&cache);
}

/* The file's lock is the callers', and a fault has none. */
TEST(page_cache, a_file_may_become_shorter_while_a_page_is_read_in)
{
    set_up();
    store.waits = true;
    seen_count = 0;
    EXPECT(worker_run_both(run_read, run_shrink));
    EXPECT_EQ(seen[0], 'b');
    EXPECT_EQ(cache.count, 0);
    page_cache_destroy(&cache);
}
