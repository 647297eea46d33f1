/*
 * procfs with three made-up processes.
 */
#include "memory_files.h"

#include <fs/proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

static struct file_table *table;
static struct fs_context *context;
static bool last_is_gone;

static int current(void)
{
    return 7;
}

static int next(int process)
{
    static const int numbers[] = {1, 7, 30000};
    for (unsigned i = 0; i < 3u - last_is_gone; i++) {
        if (numbers[i] > process)
            return numbers[i];
    }
    return 0;
}

/* Process 7 has another thread, 9. */
static int next_thread(int process, int thread)
{
    if (thread < process)
        return process;
    return process == 7 && thread < 9 ? 9 : 0;
}

static bool owner(int process, uint32_t *uid, uint32_t *gid)
{
    *uid = (uint32_t)process;
    *gid = 2;
    return next(process - 1) == process || process == 9;
}

static enum error program(int process, struct path *path)
{
    if (process == 1)
        return ERROR_NO_ENTRY;
    return path_find(context, NULL, "/program", 0, path);
}

static enum error context_of(int process, struct fs_context **result)
{
    (void)process;
    fs_context_reference(context);
    *result = context;
    return OK;
}

static enum error files(int process, struct file_table **result)
{
    if (process != 7)
        return ERROR_NO_ENTRY;
    file_table_reference(table);
    *result = table;
    return OK;
}

static enum error write_stat(struct text *text, int process)
{
    if (!next(process - 1))
        return ERROR_NO_PROCESS;
    text_printf(text, "%d (program)\n", process);
    return OK;
}

static bool start(void)
{
    static const struct proc_entry entries[] = {{.name = "stat", .write = write_stat}};
    static const struct proc_entry thread_entries[] = {{.name = "comm", .write = write_stat}};
    static const struct proc_processes processes = {.current = current,
                                                    .next = next,
                                                    .next_thread = next_thread,
                                                    .owner = owner,
                                                    .program = program,
                                                    .context = context_of,
                                                    .files = files,
                                                    .entries = entries,
                                                    .entry_count = 1,
                                                    .thread_entries = thread_entries,
                                                    .thread_entry_count = 1};
    struct file *file;
    int fd;
    context = files_start();
    if (!context || table)
        return context;
    proc_set_processes(&processes);
    return file_open(context, NULL, "/program", O_RDWR | O_CREAT, 0755, &file) == OK &&
           file_table_create(&table) == OK && file_table_add(table, file, 3, false, &fd) == OK;
}

static char content[4096];

static enum error read_whole(const char *name)
{
    struct file *file;
    enum error error = file_open(context, NULL, name, O_RDONLY, 0, &file);
    if (error)
        return error;
    memset(content, 0, sizeof(content));
    int64_t size = read_bytes(file, content, sizeof(content) - 1);
    file_release(file);
    return size < 0 ? (enum error) - size : OK;
}

static enum error read_link_of(const char *name)
{
    struct dentry *found;
    const char *target;
    enum error error = path_walk(context, NULL, name, 0, &found);
    if (error)
        return error;
    error = found->inode->operations->read_link(found->inode, &target);
    if (!error)
        snprintf(content, sizeof(content), "%s", target);
    dentry_release(found);
    return error;
}

TEST(files, proc_shows_the_system)
{
    EXPECT(start());
    EXPECT_EQ(read_whole("/proc/meminfo"), OK);
    EXPECT(strncmp(content, "MemTotal: ", 10) == 0);
    EXPECT_EQ(read_whole("/proc/mounts"), OK);
    EXPECT_STR(content, "rootfs / tmpfs rw,relatime,nr_inodes=0,mode=755 0 0\ndevtmpfs /dev "
                        "devtmpfs rw,relatime 0 0\n"
                        "devpts /dev/pts devpts rw,relatime 0 0\nproc /proc proc rw,relatime 0 0\n"
                        "sysfs /sys sysfs rw,relatime 0 0\n");
    EXPECT_EQ(read_whole("/proc/filesystems"), OK);
    EXPECT(strstr(content, "nodev\ttmpfs\n"));
    EXPECT_EQ(read_whole("/proc/sys/kernel/ostype"), OK);
    EXPECT_STR(content, "Linux\n");
    EXPECT_EQ(read_whole("/proc/sys/kernel/osrelease"), OK);
    EXPECT_STR(content, "6.1.0-cairn\n");
    EXPECT_EQ(read_whole("/proc/uptime"), OK);
    EXPECT_EQ(read_whole("/proc/sys/kernel"), ERROR_IS_DIRECTORY);
    EXPECT_EQ(read_whole("/proc/nothing"), ERROR_NO_ENTRY);
}

TEST(files, proc_shows_processes)
{
    struct dentry *found;
    EXPECT(start());
    EXPECT_EQ(read_whole("/proc/self/stat"), OK);
    EXPECT_STR(content, "7 (program)\n");
    EXPECT_EQ(read_whole("/proc/30000/stat"), OK);
    EXPECT_EQ(read_whole("/proc/8/stat"), ERROR_NO_ENTRY);
    EXPECT_EQ(read_whole("/proc/07/stat"), ERROR_NO_ENTRY);
    EXPECT_EQ(read_link_of("/proc/self"), OK);
    EXPECT_STR(content, "7");
    EXPECT_EQ(read_link_of("/proc/self/exe"), OK);
    EXPECT_STR(content, "/program");
    EXPECT_EQ(read_link_of("/proc/1/exe"), ERROR_NO_ENTRY);
    EXPECT_EQ(read_link_of("/proc/7/fd/3"), OK);
    EXPECT_STR(content, "/program");
    EXPECT_EQ(read_link_of("/proc/7/fd/4"), ERROR_NO_ENTRY);
    EXPECT_EQ(path_walk(context, NULL, "/proc/7/cwd/program", 0, &found), OK);
    EXPECT_EQ(found->inode->mode, S_IFREG | 0755);
    dentry_release(found);
    EXPECT_EQ(path_walk(context, NULL, "/proc/7", 0, &found), OK);
    EXPECT_EQ(found->inode->uid, 7);
    uint64_t number = found->inode->number;
    dentry_release(found);
    EXPECT_EQ(path_walk(context, NULL, "/proc/self", WALK_FOLLOW, &found), OK);
    EXPECT_EQ(found->inode->number, number);
    dentry_release(found);
}

/* The file of a process that ends while it is open. */
TEST(files, proc_notices_the_end_of_a_process)
{
    struct file *file;
    char bytes[8];
    EXPECT(start());
    EXPECT_EQ(file_open(context, NULL, "/proc/30000/stat", O_RDONLY, 0, &file), OK);
    last_is_gone = true;
    EXPECT_EQ(read_bytes(file, bytes, sizeof(bytes)), -(int64_t)ERROR_NO_PROCESS);
    file_release(file);
    EXPECT_EQ(read_whole("/proc/30000/stat"), ERROR_NO_ENTRY);
    last_is_gone = false;
}

/* A link to a descriptor opens the file itself, even one without a name. */
TEST(files, proc_descriptors_lead_to_their_files)
{
    struct file *file;
    EXPECT(start());
    EXPECT_EQ(file_open(context, NULL, "/dev/fd/3", O_WRONLY | O_CREAT | O_TRUNC, 0666, &file), OK);
    EXPECT_EQ(write_bytes(file, "by descriptor", 13), 13);
    file_release(file);
    EXPECT_EQ(read_whole("/program"), OK);
    EXPECT_STR(content, "by descriptor");
    EXPECT_EQ(path_remove(context, NULL, "/proc/7/fd/3", false), ERROR_NOT_PERMITTED);
    EXPECT_EQ(path_make(context, NULL, "/proc/new", S_IFDIR | 0777, 0), ERROR_NO_ENTRY);
}

struct names {
    struct entry_sink sink;
    unsigned room; /* entries; then it is full */
    char text[400];
};

static bool add_name(struct entry_sink *sink, const char *name, size_t length, uint64_t inode,
                     uint32_t type, uint64_t next)
{
    struct names *names = CONTAINER_OF(sink, struct names, sink);
    (void)inode, (void)type, (void)next;
    if (names->room == 0)
        return false;
    names->room--;
    strncat(names->text, name, length);
    strcat(names->text, " ");
    return true;
}

/* Lists `room` entries at a time. */
static const char *list_names(const char *name, unsigned room)
{
    static struct names names;
    struct file *file;
    names = (struct names){.sink.emit = add_name};
    if (file_open(context, NULL, name, O_RDONLY | O_DIRECTORY, 0, &file) != OK)
        return "cannot be opened";
    enum error error;
    do {
        names.room = room;
        error = file->operations->list(file, &names.sink);
    } while (!error && names.room < room);
    file_release(file);
    return error ? "cannot be listed" : names.text;
}

TEST(files, proc_lists_entries_and_processes)
{
    EXPECT(start());
    for (unsigned room = 1; room < 20; room++) {
        EXPECT_STR(list_names("/proc", room),
                   ". .. meminfo uptime cpuinfo version mounts filesystems sys "
                   "locks net self 1 7 30000 ");
        EXPECT_STR(list_names("/proc/sys", room), ". .. kernel vm fs ");
        EXPECT_STR(list_names("/proc/sys/kernel", room), ". .. osrelease ostype ");
        EXPECT_STR(list_names("/proc/7", room), ". .. exe cwd root fd fdinfo task stat ");
        EXPECT_STR(list_names("/proc/7/task", room), ". .. 7 9 ");
        EXPECT_STR(list_names("/proc/7/task/9", room), ". .. exe cwd root fd fdinfo comm ");
        EXPECT_STR(list_names("/proc/7/task/8", room), "cannot be opened");
        EXPECT_STR(list_names("/proc/1/task", room), ". .. 1 ");
        EXPECT_STR(list_names("/proc/7/fd", room), ". .. 3 ");
        EXPECT_STR(list_names("/proc/8", room), "cannot be opened");
    }
}

static struct file *shared;
static unsigned writes;
static char text_of_other[8];

/* Waits, as a writer may: meanwhile another thread reads the same file. */
static enum error write_slowly(struct text *text, int process)
{
    struct buffer buffer;
    (void)process;
    if (writes++ == 0) {
        buffer_init_kernel(&buffer, text_of_other, sizeof(text_of_other) - 1);
        (void)file_read_at(shared, &buffer, 0);
    }
    text_printf(text, "%u", writes);
    return OK;
}

TEST(files, proc_is_read_by_two_at_once)
{
    static struct proc_entry entry = {.name = "slow", .write = write_slowly};
    char text[8] = "";
    EXPECT(start());
    proc_add(&entry);
    EXPECT_EQ(file_open(context, NULL, "/proc/slow", O_RDONLY, 0, &shared), OK);
    EXPECT_EQ(read_bytes(shared, text, sizeof(text) - 1), 1);
    EXPECT_EQ(writes, 2);
    EXPECT_STR(text_of_other, "2");
    file_release(shared);
}
