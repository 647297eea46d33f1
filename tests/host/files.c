/*
 * Files: names, tmpfs, open files and descriptors.
 */
#include "files.h"

#include <fs/device.h>
#include <fs/file_table.h>
#include <fs/filesystem.h>
#include <fs/fs.h>
#include <fs/tmpfs.h>
#include <kernel/log/log.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "fake_processor.h"
#include "physical_memory.h"
#include "support.h"
#include "test_arena.h"

static struct fs_context *context;
static struct test_arena *arena;

static struct cpuid_result no_features(uint32_t leaf)
{
    (void)leaf;
    return (struct cpuid_result){0};
}

struct fs_context *files_start(void)
{
    if (context)
        return context;
    fake_processor_set((struct fake_processor){.cpuid = no_features});
    physical_memory_simple(MIB(64));
    arena = test_arena_create(MIB(64));
    if (heap_init(NULL, false, &arena->arena) != OK || fs_start() != OK ||
        fs_context_create(&context) != OK)
        return NULL;
    return context;
}

int64_t write_bytes(struct file *file, const void *bytes, size_t size)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, (void *)(uintptr_t)bytes, size);
    enum error error = file_write(file, &buffer);
    return buffer.left < size ? (int64_t)(size - buffer.left) : -(int64_t)error;
}

int64_t read_bytes(struct file *file, void *bytes, size_t size)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, bytes, size);
    enum error error = file_read(file, &buffer);
    return buffer.left < size ? (int64_t)(size - buffer.left) : -(int64_t)error;
}

/* The log has one line. */
void log_for_each(void (*show)(void *context, enum log_level level, const char *line,
                               size_t length),
                  void *log_context)
{
    static const char line[] = "[   1.000002] host: a line\n";
    show(log_context, LOG_WARNING, line, sizeof(line) - 1);
}

static struct file *open_file(const char *name, unsigned flags)
{
    struct file *file;
    return file_open(context, NULL, name, flags, 0666, &file) == OK ? file : NULL;
}

static bool make_file(const char *name, const char *content)
{
    struct file *file = open_file(name, O_WRONLY | O_CREAT | O_EXCL);
    if (!file)
        return false;
    int64_t written = write_bytes(file, content, strlen(content));
    file_release(file);
    return written == (int64_t)strlen(content) || *content == '\0';
}

static bool make_directory(const char *name)
{
    return path_make(context, NULL, name, S_IFDIR | 0777, 0) == OK;
}

static enum error look_up(const char *name, unsigned flags)
{
    struct dentry *found;
    enum error error = path_walk(context, NULL, name, flags, &found);
    if (!error)
        dentry_release(found);
    return error;
}

/* --- Content ---------------------------------------------------------------------------------- */

TEST(files, what_is_written_is_read_again)
{
    char bytes[16] = "";
    EXPECT(files_start());
    EXPECT(make_file("/greeting", "hello, world"));
    struct file *file = open_file("/greeting", O_RDWR);
    EXPECT(file);
    EXPECT_EQ(read_bytes(file, bytes, 5), 5);
    EXPECT_STR(bytes, "hello");
    EXPECT_EQ(read_bytes(file, bytes, 16), 7);
    EXPECT_EQ(read_bytes(file, bytes, 16), 0);
    file_release(file);
    EXPECT_EQ(path_remove(context, NULL, "/greeting", false), OK);
    EXPECT_EQ(look_up("/greeting", 0), ERROR_NO_ENTRY);
}

/* Frames come full of 0xa5: what shows of it was not cleared. */
TEST(files, holes_and_what_lies_behind_the_end_are_zeros)
{
    enum { FAR = 3 * PAGE_SIZE + 100 };
    static char bytes[4 * PAGE_SIZE];
    uint64_t position;
    EXPECT(files_start());
    struct file *file = open_file("/holes", O_RDWR | O_CREAT);
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
    EXPECT_EQ(path_remove(context, NULL, "/holes", false), OK);
}

TEST(files, a_file_beyond_the_largest_offset_is_refused)
{
    uint64_t position;
    EXPECT(files_start());
    struct file *file = open_file("/large", O_RDWR | O_CREAT);
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
    EXPECT_EQ(path_remove(context, NULL, "/large", false), OK);
}

TEST(files, a_page_that_is_mapped_is_clear_behind_the_end)
{
    phys_addr_t frame;
    struct vm_object *object;
    EXPECT(files_start());
    EXPECT(make_file("/mapped", "text"));
    struct file *file = open_file("/mapped", O_RDONLY);
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
    EXPECT_EQ(path_remove(context, NULL, "/mapped", false), OK);
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
    struct fs_context small = *context;
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

TEST(files, names_have_their_limits)
{
    static char name[NAME_MAX + 8];
    EXPECT(files_start());
    memset(name, 'n', sizeof(name));
    name[NAME_MAX] = '\0';
    EXPECT(make_file(name, "a long name"));
    EXPECT_EQ(look_up(name, 0), OK);
    EXPECT_EQ(path_rename(context, NULL, name, NULL, "short", 0), OK);
    EXPECT_EQ(path_rename(context, NULL, "short", NULL, name, 0), OK);
    EXPECT_EQ(path_remove(context, NULL, name, false), OK);
    name[NAME_MAX] = 'n';
    name[NAME_MAX + 1] = '\0';
    EXPECT_EQ(look_up(name, 0), ERROR_TOO_LONG);
    EXPECT(!make_directory(name));
}

TEST(files, links_lead_on_up_to_their_limit)
{
    char name[16], target[16];
    EXPECT(files_start());
    EXPECT(make_directory("/links"));
    EXPECT(make_file("/links/0", ""));
    for (unsigned i = 1; i <= LINKS_MAX + 1; i++) {
        snprintf(name, sizeof(name), "/links/%u", i);
        snprintf(target, sizeof(target), "%s%u", i % 2 ? "" : "/links//", i - 1);
        EXPECT_EQ(path_symlink(context, NULL, name, target), OK);
    }
    EXPECT_EQ(look_up("/links/40", WALK_FOLLOW), OK);
    EXPECT_EQ(look_up("/links/41", WALK_FOLLOW), ERROR_LOOP);
    EXPECT_EQ(look_up("/links/41", 0), OK);
    EXPECT_EQ(path_symlink(context, NULL, "/links/self", "self"), OK);
    EXPECT_EQ(look_up("/links/self", WALK_FOLLOW), ERROR_LOOP);
    EXPECT_EQ(look_up("/links/self/x", 0), ERROR_LOOP);
}

/* Each directory holds the one above it: the last one to go frees them all. */
TEST(files, deep_directories_come_and_go)
{
    enum { DEPTH = 1000 };
    EXPECT(files_start());
    struct fs_context *deep;
    EXPECT_EQ(fs_context_copy(context, &deep), OK);
    for (unsigned i = 0; i < DEPTH; i++) {
        struct path directory;
        EXPECT_EQ(path_make(deep, NULL, "d", S_IFDIR | 0777, 0), OK);
        EXPECT_EQ(path_find(deep, NULL, "d", 0, &directory), OK);
        EXPECT_EQ(fs_context_set_directory(deep, &directory), OK);
        path_release(&directory);
    }
    static char path[PATH_MAX];
    EXPECT_EQ(path_name(context, &deep->directory, path, sizeof(path)), OK);
    EXPECT_EQ(strlen(path), 2 * DEPTH);
    EXPECT_EQ(path_name(context, &deep->directory, path, 2 * DEPTH), ERROR_RANGE);
    struct path above = {deep->directory.mount, deep->directory.dentry->parent};
    for (unsigned i = 0; i < DEPTH; i++) {
        struct dentry *next = above.dentry->parent;
        EXPECT_EQ(path_remove(context, &above, "d", true), OK);
        above.dentry = next;
    }
    EXPECT_EQ(path_make(deep, NULL, "x", S_IFDIR | 0777, 0), ERROR_NO_ENTRY);
    fs_context_release(deep);
    EXPECT_EQ(look_up("/d", 0), ERROR_NO_ENTRY);
}

TEST(files, a_path_is_found_from_its_dentry)
{
    char path[64];
    struct dentry *found;
    EXPECT(files_start());
    EXPECT(make_directory("/one"));
    EXPECT(make_directory("/one/two"));
    EXPECT_EQ(path_walk(context, NULL, "/one/./two/../two//", 0, &found), OK);
    EXPECT_EQ(dentry_path(context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/one/two");
    EXPECT_EQ(path_rename(context, NULL, "/one/two", NULL, "/three", 0), OK);
    EXPECT_EQ(dentry_path(context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/three");
    EXPECT_EQ(path_remove(context, NULL, "/three", true), OK);
    EXPECT_EQ(dentry_path(context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/three (deleted)");
    dentry_release(found);
    EXPECT_EQ(path_name(context, &context->root, path, sizeof(path)), OK);
    EXPECT_STR(path, "/");
    EXPECT_EQ(path_walk(context, NULL, "/dev/null", 0, &found), OK);
    EXPECT_EQ(dentry_path(context, found, path, sizeof(path)), OK);
    EXPECT_STR(path, "/dev/null");
    dentry_release(found);
    EXPECT_EQ(path_remove(context, NULL, "/one", true), OK);
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
    EXPECT(make_directory("/many"));
    for (unsigned i = 0; i < ENTRIES; i++) {
        snprintf(name, sizeof(name), "/many/%u", i);
        EXPECT(make_file(name, ""));
    }
    struct file *file = open_file("/many", O_RDONLY | O_DIRECTORY);
    EXPECT(file);
    do {
        listing.room = 7;
        EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
        for (unsigned i = 0; i < ENTRIES; i++) { /* what was shown goes, and what is odd */
            snprintf(name, sizeof(name), "/many/%u", i);
            if (listing.names[i] || i % 2)
                path_remove(context, NULL, name, false);
        }
    } while (listing.room == 0);
    EXPECT(!listing.twice);
    for (unsigned i = 0; i < ENTRIES; i += 2)
        EXPECT(listing.names[i]);
    file_release(file);
    EXPECT_EQ(path_remove(context, NULL, "/many", true), OK);
}

TEST(files, a_listing_goes_on_from_a_position)
{
    static const char *const names[] = {"/list/1", "/list/2", "/list/3", "/list/4"};
    struct listing listing = {.sink.emit = note_entry, .room = 4};
    uint64_t position, ignored;
    EXPECT(files_start());
    EXPECT(make_directory("/list"));
    for (unsigned i = 0; i < 4; i++)
        EXPECT(make_file(names[i], ""));
    struct file *file = open_file("/list", O_RDONLY);
    EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
    EXPECT(listing.names[1] && listing.names[2] && !listing.names[3]);
    EXPECT_EQ(file_seek(file, 0, SEEK_CUR, &position), OK);
    listing = (struct listing){.sink.emit = note_entry, .room = 100};
    EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
    EXPECT(!listing.names[1] && !listing.names[2] && listing.names[3] && listing.names[4]);
    EXPECT_EQ(path_remove(context, NULL, "/list/3", false), OK);
    EXPECT_EQ(file_seek(file, (int64_t)position, SEEK_SET, &ignored), OK);
    listing = (struct listing){.sink.emit = note_entry, .room = 100};
    EXPECT_EQ(file->operations->list(file, &listing.sink), OK);
    EXPECT(!listing.names[2] && !listing.names[3] && listing.names[4]);
    file_release(file);
}

/* --- Descriptors ------------------------------------------------------------------------------ */

TEST(files, descriptors_are_the_lowest_free_ones)
{
    struct file_table *table, *copy;
    struct file *file;
    int fd;
    bool marked;
    EXPECT(files_start());
    EXPECT_EQ(file_table_create(&table), OK);
    for (int i = 0; i < FILE_TABLE_LIMIT; i++) {
        file = open_file("/dev/null", O_RDWR);
        EXPECT(file);
        EXPECT_EQ(file_table_add(table, file, 0, i % 2, &fd), OK);
        EXPECT_EQ(fd, i);
    }
    file = open_file("/dev/null", O_RDWR);
    EXPECT_EQ(file_table_add(table, file, 0, false, &fd), ERROR_TOO_MANY_FILES);
    EXPECT_EQ(file_table_add(table, file, FILE_TABLE_LIMIT, false, &fd), ERROR_INVALID);
    EXPECT_EQ(file_table_close(table, 700), OK);
    EXPECT_EQ(file_table_close(table, 700), ERROR_BAD_DESCRIPTOR);
    EXPECT_EQ(file_table_close(table, -1), ERROR_BAD_DESCRIPTOR);
    EXPECT_EQ(file_table_add(table, file, 3, false, &fd), OK);
    EXPECT_EQ(fd, 700);
    EXPECT_EQ(file_table_copy(table, &copy), OK);
    EXPECT_EQ(file->references, 2);
    file_table_close_on_exec(copy);
    EXPECT_EQ(file_table_get_close_on_exec(copy, 1, &marked), ERROR_BAD_DESCRIPTOR);
    EXPECT_EQ(file_table_get_close_on_exec(copy, 2, &marked), OK);
    EXPECT(!marked);
    EXPECT_EQ(file_table_next(copy, 1), 2);
    EXPECT_EQ(file_table_next(copy, 1023), -1);
    file_table_release(copy);
    EXPECT_EQ(file->references, 1);
    file_table_release(table);
}

TEST(files, every_user_but_the_first_is_bound_by_permissions)
{
    EXPECT(files_start());
    struct fs_context user = *context;
    struct file *file;
    user.uid = user.gid = 1000;
    EXPECT_EQ(path_make(context, NULL, "/private", S_IFDIR | 0700, 0), OK);
    EXPECT(make_file("/private/file", "x"));
    EXPECT(make_file("/public", "x"));
    EXPECT_EQ(file_open(&user, NULL, "/private/file", O_RDONLY, 0, &file), ERROR_ACCESS);
    EXPECT_EQ(file_open(&user, NULL, "/public", O_RDWR, 0, &file), ERROR_ACCESS);
    EXPECT_EQ(file_open(&user, NULL, "/public", O_RDONLY, 0, &file), OK);
    file_release(file);
    EXPECT_EQ(path_remove(&user, NULL, "/public", false), ERROR_ACCESS);
    EXPECT_EQ(path_make(context, NULL, "/sticky", S_IFDIR | 0777, 0), OK);
    struct inode_attributes mode = {.set = ATTRIBUTE_MODE, .mode = 01777};
    struct dentry *sticky;
    const struct path nowhere = {0};
    EXPECT_EQ(path_walk(context, NULL, "/sticky", 0, &sticky), OK);
    EXPECT_EQ(path_set_attributes(&user, &nowhere, sticky->inode, &mode), ERROR_NOT_PERMITTED);
    EXPECT_EQ(path_set_attributes(context, &nowhere, sticky->inode, &mode), OK);
    dentry_release(sticky);
    EXPECT(make_file("/sticky/root", ""));
    EXPECT_EQ(path_remove(&user, NULL, "/sticky/root", false), ERROR_NOT_PERMITTED);
    EXPECT_EQ(path_make(&user, NULL, "/sticky/own", S_IFDIR | 0777, 0), OK);
    EXPECT_EQ(path_rename(&user, NULL, "/sticky/own", NULL, "/sticky/mine", 0), OK);
    EXPECT_EQ(path_remove(&user, NULL, "/sticky/mine", true), OK);
}

/* --- Devices and mounts ----------------------------------------------------------------------- */

TEST(files, devices_do_what_their_names_say)
{
    uint8_t bytes[300], more[300];
    EXPECT(files_start());
    struct file *null = open_file("/dev/null", O_RDWR), *zero = open_file("/dev/zero", O_RDWR);
    struct file *full = open_file("/dev/full", O_RDWR), *random = open_file("/dev/urandom", O_RDWR);
    EXPECT(null && zero && full && random);
    EXPECT_EQ(write_bytes(null, "x", 1), 1);
    EXPECT_EQ(read_bytes(null, bytes, 10), 0);
    uint64_t position;
    EXPECT_EQ(file_seek(null, 100, SEEK_SET, &position), OK);
    EXPECT_EQ(position, 0);
    memset(bytes, 1, sizeof(bytes));
    EXPECT_EQ(read_bytes(zero, bytes, sizeof(bytes)), sizeof(bytes));
    EXPECT_EQ(bytes[299], 0);
    EXPECT_EQ(write_bytes(full, "x", 1), -(int64_t)ERROR_FULL);
    EXPECT_EQ(read_bytes(random, bytes, sizeof(bytes)), sizeof(bytes));
    EXPECT_EQ(write_bytes(random, "a seed of one's own", 19), 19);
    EXPECT_EQ(read_bytes(random, more, sizeof(more)), sizeof(more));
    EXPECT(memcmp(bytes, more, sizeof(bytes)) != 0);
    file_release(null);
    file_release(zero);
    file_release(full);
    file_release(random);
    struct file *log = open_file("/dev/kmsg", O_RDWR);
    EXPECT(log);
    EXPECT_EQ(read_bytes(log, bytes, 10), -(int64_t)ERROR_INVALID);
    EXPECT_EQ(read_bytes(log, bytes, sizeof(bytes)), 27);
    EXPECT(memcmp(bytes, "4,0,1000002,-;host: a line\n", 27) == 0);
    EXPECT_EQ(read_bytes(log, bytes, sizeof(bytes)), 0);
    EXPECT_EQ(write_bytes(log, "from a program\n", 15), 15);
    EXPECT_STR(host_log, "from a program");
    file_release(log);
    struct file *none;
    EXPECT_EQ(path_make(context, NULL, "/nothing", S_IFCHR | 0666, 0x1234), OK);
    EXPECT_EQ(file_open(context, NULL, "/nothing", O_RDWR, 0, &none), ERROR_NO_UNIT);
}

static unsigned seen_flags;

static enum error open_and_look(struct file *file)
{
    seen_flags = file->flags;
    return OK;
}

TEST(files, a_device_sees_what_is_for_its_open_alone)
{
    static const struct file_operations operations = {.open = open_and_look};
    static struct device device = {
        .name = "looks", .number = DEVICE_NUMBER(240, 0), .mode = 0666, .operations = &operations};
    EXPECT(files_start());
    device_add(&device);
    struct file *file = open_file("/dev/looks", O_RDWR | O_NOCTTY | O_NONBLOCK);
    EXPECT(file);
    EXPECT_EQ(seen_flags, O_RDWR | O_NOCTTY | O_NONBLOCK);
    EXPECT_EQ(file->flags, O_RDWR | O_NONBLOCK);
    file_release(file);
}
