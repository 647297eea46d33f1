/*
 * Files in memory: their content, their names, and the listings of directories.
 */
#include <fs/filesystem.h>
#include <fs/tmpfs.h>
#include <layout.h>
#include <mm/frames.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "memory_files.h"
#include "physical_memory.h"

/* --- Content ---------------------------------------------------------------------------------- */

TEST(files, what_is_written_is_read_again)
{
    char bytes[16] = "";
    EXPECT(files_start());
    EXPECT(memory_file_make("/greeting", "hello, world"));
    struct file *file = memory_file_open("/greeting", O_RDWR);
    EXPECT(file);
    EXPECT_EQ(read_bytes(file, bytes, 5), 5);
    EXPECT_STR(bytes, "hello");
    EXPECT_EQ(read_bytes(file, bytes, 16), 7);
    EXPECT_EQ(read_bytes(file, bytes, 16), 0);
    file_release(file);
    EXPECT_EQ(path_remove(files_context, NULL, "/greeting", false), OK);
    EXPECT_EQ(memory_file_look_up("/greeting", 0), ERROR_NO_ENTRY);
}

/* Frames come full of 0xa5: what shows of it was not cleared. */
TEST(files, holes_and_what_lies_behind_the_end_are_zeros)
{
    enum { FAR = 3 * PAGE_SIZE + 100 };
    static char bytes[4 * PAGE_SIZE];
    uint64_t position;
    EXPECT(files_start());
    struct file *file = memory_file_open("/holes", O_RDWR | O_CREAT);
    EXPECT(file);
    EXPECT_EQ(write_bytes(file, "begin", 5), 5);
    EXPECT_EQ(file_seek(file, FAR, SEEK_SET, &position), OK);
    EXPECT_EQ(write_bytes(file, "end", 3), 3);
    EXPECT_EQ(file->inode->size, FAR + 3);
    EXPECT_EQ(file->inode->pages, 2);
    EXPECT_EQ(file_seek(file, 0, SEEK_SET, &position), OK);
    EXPECT_EQ(read_bytes(file, bytes, sizeof(bytes)), FAR + 3);
    for (size_t i = 5; i < FAR; i++)
        EXPECT_EQ(bytes[i], 0);
    EXPECT_STR(bytes + FAR, "end");
    EXPECT_EQ(file_set_size(file, FAR + 1), OK);
    EXPECT_EQ(file_set_size(file, FAR + 50), OK);
    EXPECT_EQ(file_seek(file, FAR, SEEK_SET, &position), OK);
    EXPECT_EQ(read_bytes(file, bytes, sizeof(bytes)), 50);
    EXPECT_EQ(bytes[0], 'e');
    for (size_t i = 1; i < 50; i++)
        EXPECT_EQ(bytes[i], 0);
    file_release(file);
    EXPECT_EQ(path_remove(files_context, NULL, "/holes", false), OK);
}

TEST(files, a_file_beyond_the_largest_offset_is_refused)
{
    uint64_t position;
    EXPECT(files_start());
    struct file *file = memory_file_open("/large", O_RDWR | O_CREAT);
    EXPECT(file);
    EXPECT_EQ(file_seek(file, INT64_MAX - 2, SEEK_SET, &position), OK);
    EXPECT_EQ(write_bytes(file, "abcd", 4), -(int64_t)ERROR_INVALID); /* as Linux, as a whole */
    EXPECT_EQ(write_bytes(file, "ab", 2), 2);
    EXPECT_EQ(write_bytes(file, "a", 1), -(int64_t)ERROR_INVALID);
    EXPECT_EQ(file_seek(file, 1, SEEK_CUR, &position), ERROR_INVALID);
    EXPECT_EQ(file_set_size(file, UINT64_C(1) << 63), ERROR_FILE_TOO_BIG);
    EXPECT_EQ(file_set_size(file, 0), OK);
    EXPECT_EQ(file->inode->pages, 0);
    file_release(file);
    EXPECT_EQ(path_remove(files_context, NULL, "/large", false), OK);
}

TEST(files, a_page_that_is_mapped_is_clear_behind_the_end)
{
    phys_addr_t frame;
    struct vm_object *object;
    EXPECT(files_start());
    EXPECT(memory_file_make("/mapped", "text"));
    struct file *file = memory_file_open("/mapped", O_RDONLY);
    EXPECT(file);
    EXPECT_EQ(file->operations->map(file, false, &object), OK);
    EXPECT_EQ(object->operations->get_page(object, 0, false, &frame), OK);
    const char *bytes = phys_to_virt(frame);
    EXPECT(memcmp(bytes, "text", 5) == 0);
    for (size_t i = 4; i < PAGE_SIZE; i++)
        EXPECT_EQ(bytes[i], 0);
    EXPECT(frame_is_shared(frame));
    frame_free(frame);
    EXPECT(!frame_is_shared(frame));
    EXPECT_EQ(object->operations->get_page(object, 1, false, &frame), ERROR_BEYOND_END);
    file_release(file);
    EXPECT_EQ(path_remove(files_context, NULL, "/mapped", false), OK);
    EXPECT_EQ(object->operations->get_page(object, 0, false, &frame), OK); /* it lives on */
    frame_free(frame);
    vm_object_release(object);
}

TEST(files, a_full_file_system_refuses_and_goes_on)
{
    static char block[PAGE_SIZE];
    struct filesystem *filesystem;
    struct file *file;
    uint64_t free = free_frames();
    EXPECT(files_start());
    EXPECT_EQ(tmpfs_create(&tmpfs_type, 2, &filesystem), OK);
    struct fs_context small = *files_context;
    small.root = small.directory = (struct path){NULL, filesystem->root};
    EXPECT_EQ(file_open(&small, NULL, "a", O_RDWR | O_CREAT, 0600, &file), OK);
    EXPECT_EQ(write_bytes(file, block, sizeof(block)), sizeof(block));
    EXPECT_EQ(write_bytes(file, block, 100), 100);
    EXPECT_EQ(write_bytes(file, block, sizeof(block)), PAGE_SIZE - 100);
    EXPECT_EQ(write_bytes(file, block, 1), -(int64_t)ERROR_FULL);
    EXPECT_EQ(file_set_size(file, 0), OK);
    EXPECT_EQ(write_bytes(file, block, 1), 1);
    file_release(file);
    tmpfs_unmount(filesystem);
    tmpfs_free(filesystem);            /* it checks that nothing is left */
    EXPECT(free_frames() + 64 > free); /* what the heap keeps */
}

/* --- Names ------------------------------------------------------------------------------------ */

TEST(files, names_may_have_255_bytes_and_no_more)
{
    static char name[NAME_MAX + 8];
    EXPECT(files_start());
    memset(name, 'n', sizeof(name));
    name[NAME_MAX] = '\0';
    EXPECT(memory_file_make(name, "a long name"));
    EXPECT_EQ(memory_file_look_up(name, 0), OK);
    EXPECT_EQ(path_rename(files_context, NULL, name, NULL, "short", 0), OK);
    EXPECT_EQ(path_rename(files_context, NULL, "short", NULL, name, 0), OK);
    EXPECT_EQ(path_remove(files_context, NULL, name, false), OK);
    name[NAME_MAX] = 'n';
    name[NAME_MAX + 1] = '\0';
    EXPECT_EQ(memory_file_look_up(name, 0), ERROR_TOO_LONG);
    EXPECT(!memory_directory_make(name));
}

TEST(files, links_lead_on_up_to_their_limit)
{
    char name[16], target[16];
    EXPECT(files_start());
    EXPECT(memory_directory_make("/links"));
    EXPECT(memory_file_make("/links/0", ""));
    for (unsigned i = 1; i <= LINKS_MAX + 1; i++) {
        snprintf(name, sizeof(name), "/links/%u", i);
        snprintf(target, sizeof(target), "%s%u", i % 2 ? "" : "/links//", i - 1);
        EXPECT_EQ(path_symlink(files_context, NULL, name, target), OK);
    }
    EXPECT_EQ(memory_file_look_up("/links/40", WALK_FOLLOW), OK);
    EXPECT_EQ(memory_file_look_up("/links/41", WALK_FOLLOW), ERROR_LOOP);
    EXPECT_EQ(memory_file_look_up("/links/41", 0), OK);
    EXPECT_EQ(path_symlink(files_context, NULL, "/links/self", "self"), OK);
    EXPECT_EQ(memory_file_look_up("/links/self", WALK_FOLLOW), ERROR_LOOP);
    EXPECT_EQ(memory_file_look_up("/links/self/x", 0), ERROR_LOOP);
}

/* Each directory holds the one above it: the last one to go frees them all. */
TEST(files, deep_directories_come_and_go)
{
    enum { DEPTH = 1000 };
    EXPECT(files_start());
    struct fs_context *deep;
    EXPECT_EQ(fs_context_copy(files_context, &deep), OK);
    for (unsigned i = 0; i < DEPTH; i++) {
        struct path directory;
        EXPECT_EQ(path_make(deep, NULL, "d", S_IFDIR | 0777, 0), OK);
        EXPECT_EQ(path_find(deep, NULL, "d", 0, &directory), OK);
        EXPECT_EQ(fs_context_set_directory(deep, &directory), OK);
        path_release(&directory);
    }
    static char path[PATH_MAX];
    EXPECT_EQ(path_name(files_context, &deep->directory, path, sizeof(path)), OK);
    EXPECT_EQ(strlen(path), 2 * DEPTH);
    EXPECT_EQ(path_name(files_context, &deep->directory, path, 2 * DEPTH), ERROR_RANGE);
    struct path above = {deep->directory.mount, deep->directory.dentry->parent};
    for (unsigned i = 0; i < DEPTH; i++) {
        struct dentry *next = above.dentry->parent;
        EXPECT_EQ(path_remove(files_context, &above, "d", true), OK);
        above.dentry = next;
    }
    EXPECT_EQ(path_make(deep, NULL, "x", S_IFDIR | 0777, 0), ERROR_NO_ENTRY);
    fs_context_release(deep);
    EXPECT_EQ(memory_file_look_up("/d", 0), ERROR_NO_ENTRY);
}

TEST(files, a_path_is_found_from_its_dentry)
{
    char path[64];
    struct dentry *found;
    EXPECT(files_start());
    EXPECT(memory_directory_make("/one"));
    EXPECT(memory_directory_make("/one/two"));
    EXPECT_EQ(path_walk(files_context, NULL, "/one/./two/../two//", 0, &found), OK);
    EXPECT_EQ(dentry_path(files_context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/one/two");
    EXPECT_EQ(path_rename(files_context, NULL, "/one/two", NULL, "/three", 0), OK);
    EXPECT_EQ(dentry_path(files_context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/three");
    EXPECT_EQ(path_remove(files_context, NULL, "/three", true), OK);
    EXPECT_EQ(dentry_path(files_context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/three (deleted)");
    dentry_release(found);
    EXPECT_EQ(path_name(files_context, &files_context->root, path, sizeof(path)), OK);
    EXPECT_STR(path, "/");
    EXPECT_EQ(path_walk(files_context, NULL, "/dev/null", 0, &found), OK);
    EXPECT_EQ(dentry_path(files_context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/dev/null");
    dentry_release(found);
    EXPECT_EQ(path_remove(files_context, NULL, "/one", true), OK);
}

/* --- Listings --------------------------------------------------------------------------------- */

struct listing {
    struct entry_sink sink;
    unsigned room; /* entries; then it is full */
    unsigned seen;
    bool twice; /* an entry came a second time */
    bool names[512];
};

static bool note_entry(struct entry_sink *sink, const char *name, size_t length, uint64_t inode,
                       uint32_t type, uint64_t next)
{
    struct listing *listing = CONTAINER_OF(sink, struct listing, sink);
    (void)length, (void)inode, (void)type, (void)next;
    if (listing->room == 0)
        return false;
    listing->room--;
    if (name[0] == '.')
        return true;
    listing->seen++;
    bool *noted = &listing->names[strtoul(name, NULL, 10)];
    listing->twice |= *noted;
    *noted = true;
    return true;
}

TEST(files, a_listing_goes_on_while_entries_are_deleted)
{
    enum { ENTRIES = 300 };
    char name[32];
    struct listing listing = {.sink.emit = note_entry};
    EXPECT(files_start());
    EXPECT(memory_directory_make("/many"));
    for (unsigned i = 0; i < ENTRIES; i++) {
        snprintf(name, sizeof(name), "/many/%u", i);
        EXPECT(memory_file_make(name, ""));
    }
    struct file *file = memory_file_open("/many", O_RDONLY | O_DIRECTORY);
    EXPECT(file);
    do {
        listing.room = 7;
        EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
        for (unsigned i = 0; i < ENTRIES; i++) { /* what was shown goes, and what is odd */
            snprintf(name, sizeof(name), "/many/%u", i);
            if (listing.names[i] || i % 2)
                path_remove(files_context, NULL, name, false);
        }
    } while (listing.room == 0);
    EXPECT(!listing.twice);
    for (unsigned i = 0; i < ENTRIES; i += 2)
        EXPECT(listing.names[i]);
    file_release(file);
    EXPECT_EQ(path_remove(files_context, NULL, "/many", true), OK);
}

TEST(files, a_listing_goes_on_from_a_position)
{
    static const char *const names[] = {"/list/1", "/list/2", "/list/3", "/list/4"};
    struct listing listing = {.sink.emit = note_entry, .room = 4};
    uint64_t position, ignored;
    EXPECT(files_start());
    EXPECT(memory_directory_make("/list"));
    for (unsigned i = 0; i < 4; i++)
        EXPECT(memory_file_make(names[i], ""));
    struct file *file = memory_file_open("/list", O_RDONLY);
    EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
    EXPECT(listing.names[1] && listing.names[2] && !listing.names[3]);
    EXPECT_EQ(file_seek(file, 0, SEEK_CUR, &position), OK);
    listing = (struct listing){.sink.emit = note_entry, .room = 100};
    EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
    EXPECT(!listing.names[1] && !listing.names[2] && listing.names[3] && listing.names[4]);
    EXPECT_EQ(path_remove(files_context, NULL, "/list/3", false), OK);
    EXPECT_EQ(file_seek(file, (int64_t)position, SEEK_SET, &ignored), OK);
    listing = (struct listing){.sink.emit = note_entry, .room = 100};
    EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
    EXPECT(!listing.names[2] && !listing.names[3] && listing.names[4]);
    file_release(file);
}
