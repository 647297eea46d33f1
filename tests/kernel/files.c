/*
 * Files where they run: in threads, on real frames and the kernel's heap.
 */
#include <assert.h>
#include <fs/file_table.h>
#include <fs/filesystem.h>
#include <fs/fs.h>
#include <fs/initramfs.h>
#include <fs/path.h>
#include <fs/proc.h>
#include <kernel/task/clock.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

#include "../test.h"
#include "free_frames.h"
#include "workers.h"

static struct fs_context *context;

static bool start(void)
{
    return context ||
           ((mount_root_path().mount || fs_start() == OK) && fs_context_create(&context) == OK);
}

static size_t transfer(struct file *file, void *bytes, size_t size, bool write)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, bytes, size);
    enum error error = write ? file_write(file, &buffer) : file_read(file, &buffer);
    return error ? 0 : size - buffer.left;
}

/* An entry of an archive: /init with five bytes. */
static const char archive[] = "070701"
                              "00000001" /* inode */
                              "000081ed" /* mode: a file, rwxr-xr-x */
                              "00000000"
                              "00000000"
                              "00000001" /* links */
                              "00000000"
                              "00000005" /* size */
                              "00000000"
                              "00000000"
                              "00000000"
                              "00000000"
                              "00000005" /* the name's, with its NUL */
                              "00000000"
                              "init\0\0hello\0\0";

static void run_init(struct worker *worker)
{
    char bytes[8] = "";
    struct file *file, *writer;
    struct file_table *table;
    int fd;
    (void)worker;
    EXPECT_EQ(initramfs_unpack(archive, sizeof(archive) - 1), OK);
    EXPECT_EQ(file_open(context, NULL, "/init", O_RDONLY, 0, &file), OK);
    EXPECT_EQ(inode_check_access(context, file->inode, MAY_EXECUTE), OK);
    EXPECT_EQ(file_make_program(file), OK);
    EXPECT_EQ(file_open(context, NULL, "/init", O_RDWR, 0, &writer), ERROR_PROGRAM_BUSY);
    EXPECT_EQ(file_table_create(&table), OK);
    EXPECT_EQ(file_table_add(table, file, 0, true, &fd), OK);
    EXPECT_EQ(file_table_get(table, fd, &file), OK);
    EXPECT_EQ(transfer(file, bytes, sizeof(bytes), false), 5);
    EXPECT_STR(bytes, "hello");
    file_release(file);
    file_table_release(table);
    EXPECT_EQ(file_open(context, NULL, "/init", O_RDWR, 0, &writer), OK);
    EXPECT_EQ(file_open(context, NULL, "/init", O_RDONLY, 0, &file), OK);
    EXPECT_EQ(file_make_program(file), ERROR_PROGRAM_BUSY);
    file_release(file);
    file_release(writer);
}

TEST(files, the_first_program_is_read_from_an_archive)
{
    EXPECT(start());
    EXPECT(worker_run(run_init));
}

enum { BLOCKS = 256, BLOCK = 4096 };

static uint64_t others_turns;
static bool truncated;

static void take_turns(struct worker *worker)
{
    (void)worker;
    while (!truncated) {
        others_turns++;
        thread_yield();
    }
}

static void write_and_truncate(struct worker *worker)
{
    static char block[BLOCK];
    struct file *file;
    uint64_t position;
    (void)worker;
    EXPECT_EQ(file_open(context, NULL, "/long", O_RDWR | O_CREAT | O_EXCL, 0600, &file), OK);
    for (unsigned i = 0; i < BLOCKS; i++) {
        memset(block, (int)i, sizeof(block));
        EXPECT_EQ(transfer(file, block, sizeof(block), true), sizeof(block));
    }
    EXPECT_EQ(file->inode->pages, BLOCKS);
    EXPECT_EQ(file_seek(file, 0, SEEK_SET, &position), OK);
    for (unsigned i = 0; i < BLOCKS; i++) {
        EXPECT_EQ(transfer(file, block, sizeof(block), false), sizeof(block));
        EXPECT_EQ(block[BLOCK - 1], (char)i);
    }
    others_turns = 0;
    EXPECT_EQ(file_set_size(file, 10), OK);
    truncated = true;
    EXPECT_EQ(file->inode->pages, 1);
    file_release(file);
    EXPECT_EQ(path_remove(context, NULL, "/long", false), OK);
}

TEST(files, a_long_truncation_lets_others_run)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct worker writer, other;
    EXPECT(start());
    uint64_t before = free_frames();
    EXPECT(worker_start(&executor, &writer, write_and_truncate));
    EXPECT(worker_start(&executor, &other, take_turns));
    executor_run_ready(&executor);
    EXPECT(writer.done && other.done);
    EXPECT(others_turns >= 2);
    EXPECT(free_frames() + 16 >= before); /* stacks and the heap may keep some */
}

static bool make_files(unsigned from, unsigned to)
{
    char name[24] = "/crowd/";
    for (unsigned i = from; i < to; i++) {
        snprintf(name + 7, sizeof(name) - 7, "%u", i);
        if (path_make(context, NULL, name, S_IFREG | 0600, 0) != OK)
            return false;
    }
    return true;
}

TEST(files, twenty_thousand_names_are_told_apart)
{
    enum { FILES = 20000 };
    char name[24];
    EXPECT(start());
    EXPECT_EQ(path_make(context, NULL, "/crowd", S_IFDIR | 0700, 0), OK);
    EXPECT(make_files(0, FILES));
    for (unsigned i = 0; i < FILES; i += 7) {
        struct dentry *found;
        snprintf(name, sizeof(name), "/crowd/%u", i);
        EXPECT_EQ(path_walk(context, NULL, name, 0, &found), OK);
        EXPECT_STR(found->name, name + 7);
        dentry_release(found);
        EXPECT_EQ(path_remove(context, NULL, name, false), OK);
        EXPECT_EQ(path_walk(context, NULL, name, 0, &found), ERROR_NO_ENTRY);
    }
}

/* --- Each function once, where it runs; what they do in detail is the host tests' ------------- */

static void change_names(struct worker *worker)
{
    char path[32];
    struct fs_context *own;
    struct path directory;
    (void)worker;
    EXPECT_EQ(fs_context_copy(context, &own), OK);
    fs_context_reference(own);
    EXPECT_EQ(path_make(own, NULL, "old", S_IFDIR | 0700, 0), OK);
    EXPECT_EQ(path_make(own, NULL, "old/file", S_IFREG | 0600, 0), OK);
    EXPECT_EQ(path_rename(own, NULL, "old", NULL, "new", 0), OK);
    EXPECT_EQ(path_rename(own, NULL, "new", NULL, "new/below", 0), ERROR_INVALID);
    EXPECT_EQ(path_find(own, NULL, "new", 0, &directory), OK);
    EXPECT_EQ(fs_context_set_directory(own, &directory), OK);
    EXPECT_EQ(path_name(own, &directory, path, sizeof(path)), OK);
    EXPECT_STR(path, "/new");
    EXPECT_EQ(fs_context_set_root(own, &directory), OK);
    EXPECT_EQ(path_name(own, &directory, path, sizeof(path)), OK);
    EXPECT_STR(path, "/");
    path_release(&directory);
    EXPECT_EQ(path_find(own, NULL, "../file", 0, &directory), OK);
    path_release(&directory);
    fs_context_release(own);
    fs_context_release(own);
    EXPECT_EQ(path_remove(context, NULL, "/new", true), ERROR_NOT_EMPTY);
}

TEST(files, names_are_changed_and_entered)
{
    EXPECT(start());
    EXPECT(worker_run(change_names));
}

static void use_descriptors(struct worker *worker)
{
    char bytes[4] = "";
    struct buffer buffer;
    struct file_table *table, *copy;
    struct file *file, *other;
    int fd;
    bool marked;
    (void)worker;
    EXPECT_EQ(file_table_create(&table), OK);
    EXPECT_EQ(file_open(context, NULL, "/numbers", O_RDWR | O_CREAT, 0600, &file), OK);
    buffer_init_kernel(&buffer, bytes, sizeof(bytes));
    EXPECT_EQ(file_write_at(file, &buffer, 4), OK);
    buffer_init_kernel(&buffer, bytes, sizeof(bytes));
    EXPECT_EQ(file_read_at(file, &buffer, 7), OK);
    EXPECT_EQ(buffer.left, 3);
    EXPECT_EQ(file_table_put(table, file, 9, false), OK);
    file_reference(file);
    EXPECT_EQ(file_table_add(table, file, 0, false, &fd), OK);
    EXPECT_EQ(file_table_set_close_on_exec(table, fd, true), OK);
    EXPECT_EQ(file_table_get_close_on_exec(table, fd, &marked), OK);
    EXPECT(marked);
    EXPECT_EQ(file_table_copy(table, &copy), OK);
    file_table_close_on_exec(copy);
    EXPECT_EQ(file_table_next(copy, 0), 9);
    EXPECT_EQ(file_open(context, NULL, "/numbers", O_RDONLY, 0, &other), OK);
    file_table_take_back(copy, 9, other);
    EXPECT(file_table_is_open(copy, 9));
    file_table_take_back(copy, 9, file);
    EXPECT(!file_table_is_open(copy, 9));
    file_table_take_back(copy, 9, file);
    file_release(other);
    file_table_reference(copy);
    file_table_release(copy);
    file_table_release(copy);
    file_table_release(table);
}

TEST(files, descriptors_are_copied_and_closed)
{
    EXPECT(start());
    EXPECT(worker_run(use_descriptors));
}

/* Two descriptors have the file: its position is locked, and then its content. The other way round
 * would be a failed assertion. */
static void lock_in_order(struct worker *worker)
{
    const struct held_locks *held = &thread_current()->held_locks;
    char bytes[4] = "abc";
    struct file *file;
    (void)worker;
    EXPECT_EQ(file_open(context, NULL, "/locked", O_RDWR | O_CREAT, 0600, &file), OK);
    file_reference(file);
    file_reference(file);
    EXPECT(transfer(file, bytes, sizeof(bytes), true) > 0);
    inode_lock(file->inode);
    EXPECT_EQ(held->count[LOCK_OF_CONTENT], 1);
    EXPECT(!lock_order_allows(held, LOCK_OF_POSITION));
    EXPECT(!lock_order_allows(held, LOCK_OF_CONTENT));
    EXPECT(lock_order_allows(held, LOCK_WITHOUT_RANK));
    EXPECT(!lock_order_holds_none(held));
    EXPECT(lock_order_allows_fault(held));
    lock_order_note_lock(&thread_current()->held_locks, LOCK_OF_DISK);
    EXPECT(!lock_order_allows_fault(held));
    lock_order_note_unlock(&thread_current()->held_locks, LOCK_OF_DISK);
    inode_unlock(file->inode);
    EXPECT(lock_order_allows(held, LOCK_OF_POSITION));
    EXPECT(lock_order_holds_none(held));
    file_release(file);
    file_release(file);
    file_release(file);
}

TEST(files, locks_are_taken_in_order)
{
    EXPECT(start());
    EXPECT(worker_run(lock_in_order));
}

static void read_mounts(struct worker *worker)
{
    static const char first[] = "rootfs / tmpfs rw,relatime";
    char bytes[256] = "";
    struct file *file;
    struct path point, place;
    const struct mount_arguments nothing = {0};
    (void)worker;
    EXPECT_EQ(path_make(context, NULL, "/mnt", S_IFDIR | 0700, 0), OK);
    EXPECT_EQ(path_make(context, NULL, "/mnt/below", S_IFDIR | 0700, 0), OK);
    EXPECT_EQ(path_find(context, NULL, "/mnt", 0, &point), OK);
    EXPECT_EQ(mount_add(filesystem_find_type("tmpfs"), "none", &point, MOUNT_NO_EXEC, &nothing),
              OK);
    EXPECT_EQ(file_open(context, NULL, "/proc/mounts", O_RDONLY, 0, &file), OK);
    EXPECT(transfer(file, bytes, sizeof(bytes) - 1, false) > 0);
    EXPECT(strncmp(bytes, first, strlen(first)) == 0);
    file_release(file);
    EXPECT_EQ(path_find(context, NULL, "/mnt", 0, &place), OK);
    EXPECT_EQ(mount_remove(&place, false), OK);
    path_release(&place);
    EXPECT_EQ(path_find(context, NULL, "/mnt/below", 0, &place), OK);
    path_release(&place);
    path_release(&point);
}

TEST(files, file_systems_are_mounted)
{
    EXPECT(start());
    EXPECT(worker_run(read_mounts));
}

TEST(files, the_time_of_a_change_is_the_time_of_day)
{
    struct dentry *found;
    EXPECT(start());
    clock_set_real(INT64_C(1700000000) * 1000000000);
    EXPECT_EQ(path_make(context, NULL, "/dated", S_IFREG | 0600, 0), OK);
    EXPECT_EQ(path_walk(context, NULL, "/dated", 0, &found), OK);
    EXPECT_EQ(found->inode->modified / 1000000000 / 1000, 1700000);
    EXPECT(found->inode->modified <= clock_real_now());
    dentry_release(found);
}

static bool nobody_may(void)
{
    return false;
}

static void open_all(struct worker *worker)
{
    (void)worker;
    size_t room = files_max() - files_open(), before = files_open();
    struct file **files = kmalloc(room * sizeof(*files)), *one;
    ASSERT(files);
    for (size_t i = 0; i < room; i++)
        EXPECT_EQ(file_open(context, NULL, "/", O_RDONLY, 0, &files[i]), OK);
    EXPECT_EQ(file_open(context, NULL, "/", O_RDONLY, 0, &one), OK); /* nobody is limited yet */
    file_release(one);
    file_is_privileged = nobody_may;
    EXPECT_EQ(file_open(context, NULL, "/", O_RDONLY, 0, &one), ERROR_TOO_MANY_OPEN);
    file_release(files[--room]);
    EXPECT_EQ(file_open(context, NULL, "/", O_RDONLY, 0, &files[room++]), OK);
    file_is_privileged = NULL;
    while (room)
        file_release(files[--room]);
    kfree(files);
    EXPECT_EQ(files_open(), before);
}

TEST(files, open_files_are_limited_in_all)
{
    EXPECT(start());
    EXPECT(files_max() >= 8192);
    EXPECT(worker_run(open_all));
}

static int first_process(int process)
{
    return process < 1;
}

static int current_process(void)
{
    return 1;
}

static bool owner(int process, uint32_t *uid, uint32_t *gid)
{
    *uid = *gid = 0;
    return process == 1;
}

static enum error write_name(struct text *text, int process)
{
    text_append(text, "init", process == 1 ? 4 : 0);
    return OK;
}

static void read_own_name(struct worker *worker)
{
    char bytes[8] = "";
    struct file *file;
    (void)worker;
    EXPECT_EQ(file_open(context, NULL, "/proc/self/comm", O_RDONLY, 0, &file), OK);
    EXPECT_EQ(transfer(file, bytes, sizeof(bytes), false), 4);
    EXPECT_STR(bytes, "init");
    file_release(file);
}

TEST(files, a_process_is_seen_below_proc)
{
    static const struct proc_entry entries[] = {{.name = "comm", .write = write_name}};
    static const struct proc_processes processes = {.current = current_process,
                                                    .next = first_process,
                                                    .owner = owner,
                                                    .entries = entries,
                                                    .entry_count = 1};
    EXPECT(start());
    proc_set_processes(&processes);
    EXPECT(worker_run(read_own_name));
}
