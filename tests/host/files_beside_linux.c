/*
 * Random operations on names and content, done on tmpfs and on this machine's own file system: both
 * have to give the same results and errors. Names come from a small set, so that operations meet
 * each other's files; paths have . and .., slashes at their ends, and go through links.
 */
#include "memory_files.h" /* before the C library's headers, which make some of its names macros */

#include <errno.h>
#include <fs/filesystem.h>
#include <fs/tmpfs.h>
#include <lib/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../test.h"

enum { STEPS = 60000, PATH = 64, CONTENT = 9000, AT_FDCWD = -100 };

static uint64_t random_state = 1;
static struct fs_context *cairn;
static char last_step[3 * PATH];

static unsigned below(unsigned limit)
{
    return random_below(&random_state, limit);
}

/* --- Errors ----------------------------------------------------------------------------------- */

static int errno_of(enum error error)
{
    static const int numbers[ERROR_COUNT] = {
        [ERROR_INVALID] = EINVAL,       [ERROR_NO_ENTRY] = ENOENT,
        [ERROR_EXISTS] = EEXIST,        [ERROR_NOT_DIRECTORY] = ENOTDIR,
        [ERROR_IS_DIRECTORY] = EISDIR,  [ERROR_NOT_EMPTY] = ENOTEMPTY,
        [ERROR_LOOP] = ELOOP,           [ERROR_BUSY] = EBUSY,
        [ERROR_NOT_PERMITTED] = EPERM,  [ERROR_TOO_LONG] = ENAMETOOLONG,
        [ERROR_BAD_DESCRIPTOR] = EBADF, [ERROR_NOT_SEEKABLE] = ESPIPE,
        [ERROR_FILE_TOO_BIG] = EFBIG,   [ERROR_ACCESS] = EACCES,
        [ERROR_CROSS_DEVICE] = EXDEV,   [ERROR_NO_UNIT] = ENXIO,
    };
    return error && !numbers[error] ? -1 : numbers[error];
}

/* The error of a call on Linux, which has returned `result`. */
static int linux_error(long result)
{
    return result < 0 ? errno : 0;
}

/* What of Linux's struct stat is compared; this machine is an x86_64, too. */
struct linux_stat {
    uint64_t device, inode, links;
    uint32_t mode, uid, gid, padding;
    int64_t rdev, size;
    uint64_t rest[11];
};

/* --- Names ------------------------------------------------------------------------------------ */

static void add_component(char *path)
{
    static const char *const components[] = {"a", "b", "c", "d", "a", "b", "c", ".", "..", "e"};
    strcat(path, components[below(ARRAY_SIZE(components))]);
}

/* A relative path of up to four components. */
static void make_path(char path[PATH])
{
    *path = '\0';
    for (unsigned i = 1 + below(4); i > 0; i--) {
        add_component(path);
        if (i > 1 || below(8) == 0)
            strcat(path, below(10) == 0 ? "//" : "/");
    }
}

/* --- Operations ------------------------------------------------------------------------------- */

/* Notes the step; false when the two differ. */
static bool same(const char *what, const char *path, int64_t ours, int64_t theirs)
{
    snprintf(last_step, sizeof(last_step), "%s %s: %ld, on Linux %ld", what, path, ours, theirs);
    return ours == theirs;
}

static bool compare_stat(const char *path, bool follow)
{
    struct dentry *found;
    struct linux_stat status;
    int theirs = linux_error(syscall(follow ? SYS_stat : SYS_lstat, path, &status));
    enum error error = path_walk(cairn, NULL, path, follow ? WALK_FOLLOW : 0, &found);
    if (!same("stat", path, errno_of(error), theirs))
        return false;
    if (error)
        return true;
    const struct inode inode = *found->inode;
    dentry_release(found);
    bool is_directory = (status.mode & S_IFMT) == S_IFDIR;
    return same("stat mode", path, inode.mode, status.mode) &&
           (is_directory || same("stat size", path, (int64_t)inode.size, status.size)) &&
           same("stat links", path, inode.links, (int64_t)status.links);
}

static bool compare_content(struct file *file, int fd, const char *path)
{
    static char ours[CONTENT * 3], theirs[CONTENT * 3];
    struct buffer buffer;
    buffer_init_kernel(&buffer, ours, sizeof(ours));
    if (!same("pread", path, errno_of(file_read_at(file, &buffer, 0)), 0))
        return false;
    int64_t size = (int64_t)(sizeof(ours) - buffer.left);
    return same("pread", path, size, pread(fd, theirs, sizeof(theirs), 0)) &&
           same("content", path, memcmp(ours, theirs, (size_t)size), 0);
}

static bool change_content(struct file *file, int fd, const char *path)
{
    static char bytes[CONTENT];
    uint64_t position;
    int64_t offset = below(3) ? 0 : (int64_t)below(CONTENT);
    size_t size = below(2) ? below(100) : below(CONTENT);
    memset(bytes, (int)('a' + below(26)), size);
    if (below(6) == 0) {
        enum error error = file_set_size(file, (uint64_t)offset);
        return same("ftruncate", path, errno_of(error), linux_error(ftruncate(fd, offset)));
    }
    int64_t written, there = lseek(fd, offset, below(2) ? SEEK_SET : SEEK_END);
    file_seek(file, there, SEEK_SET, &position);
    written = write_bytes(file, bytes, size);
    int64_t theirs = write(fd, bytes, size);
    return same("write", path, written >= 0 ? written : -errno_of((enum error) - written),
                theirs < 0 ? -errno : theirs);
}

static bool step_open(const char *path)
{
    static const unsigned choices[] = {O_RDONLY,
                                       O_RDWR,
                                       O_RDWR | O_CREAT,
                                       O_WRONLY | O_CREAT | O_EXCL,
                                       O_RDWR | O_TRUNC,
                                       O_RDWR | O_CREAT | O_TRUNC,
                                       O_RDWR | O_APPEND,
                                       O_RDONLY | O_DIRECTORY,
                                       O_RDWR | O_NOFOLLOW,
                                       O_RDONLY | O_CREAT | O_DIRECTORY,
                                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW};
    unsigned flags = choices[below(ARRAY_SIZE(choices))];
    char what[32];
    struct file *file = NULL;
    snprintf(what, sizeof(what), "open 0x%x", flags);
    int fd = (int)syscall(SYS_open, path, flags, 0666);
    int theirs = linux_error(fd);
    enum error error = file_open(cairn, NULL, path, flags, 0666, &file);
    bool good = same(what, path, errno_of(error), theirs);
    if (good && !error && !inode_is_directory(file->inode)) {
        if ((flags & O_ACCMODE) != O_RDONLY)
            good = change_content(file, fd, path);
        if (good && (flags & O_ACCMODE) == O_RDWR)
            good = compare_content(file, fd, path);
    }
    if (!error)
        file_release(file);
    if (fd >= 0)
        close(fd);
    return good;
}

static bool step_link(const char *path)
{
    char other[PATH];
    struct path found;
    make_path(other);
    int theirs = linux_error(link(path, other));
    enum error error = path_find(cairn, NULL, path, 0, &found);
    if (!error) {
        error = path_link(cairn, &found, NULL, other);
        path_release(&found);
    }
    return same("link to", other, errno_of(error), theirs);
}

static bool step_read_link(const char *path)
{
    char ours[PATH] = "", theirs[PATH] = "";
    struct dentry *found;
    int their_error = linux_error((int)readlink(path, theirs, sizeof(theirs) - 1));
    enum error error = path_walk(cairn, NULL, path, 0, &found);
    if (!error) {
        const char *target;
        error = ERROR_INVALID;
        if (inode_type(found->inode) == S_IFLNK &&
            (error = found->inode->operations->read_link(found->inode, &target)) == OK)
            strcpy(ours, target);
        dentry_release(found);
    }
    return same("readlink", path, errno_of(error), their_error) &&
           same("readlink's text", path, strcmp(ours, theirs), 0);
}

static bool step_rename(const char *path)
{
    char other[PATH];
    make_path(other);
    unsigned flags = below(6) == 0;
    int theirs = linux_error(syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, flags));
    enum error error = path_rename(cairn, NULL, path, NULL, other, flags);
    strcat(other, " <- ");
    strcat(other, path);
    return same(flags ? "rename, no replace," : "rename", other, errno_of(error), theirs);
}

/* Links lead to one or two components, without .. at the front. */
static bool step_symlink(const char *path)
{
    char target[PATH] = "";
    add_component(target);
    if (below(2))
        strcat(target, below(2) ? "/" : "/a");
    int theirs = linux_error(symlink(target, path));
    return same("symlink", path, errno_of(path_symlink(cairn, NULL, path, target)), theirs);
}

static bool step(void)
{
    char path[PATH];
    make_path(path);
    switch (below(12)) {
    case 0:
    case 1:
        return same("mkdir", path, errno_of(path_make(cairn, NULL, path, S_IFDIR | 0777, 0)),
                    linux_error(syscall(SYS_mkdir, path, 0777)));
    case 2:
        return same("rmdir", path, errno_of(path_remove(cairn, NULL, path, true)),
                    linux_error(rmdir(path)));
    case 3:
        return same("unlink", path, errno_of(path_remove(cairn, NULL, path, false)),
                    linux_error(unlink(path)));
    case 4:
        return step_link(path);
    case 5:
        return step_symlink(path);
    case 6:
    case 7:
        return step_rename(path);
    case 8:
        return step_read_link(path);
    case 9:
        return compare_stat(path, below(2));
    default:
        return step_open(path);
    }
}

/* The working directory lies so deep that no path leads above its root. On Linux that is a
 * directory in memory, if there is one. */
static bool enter_directory(char directory[PATH])
{
    static const char *const levels[] = {"x", "y", "z", "x", "y", "z"};
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(directory, PATH, "%s/cairn-files-XXXXXX", base);
    if (!mkdtemp(directory) || chdir(directory) != 0)
        return false;
    for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
        struct path entered;
        if (syscall(SYS_mkdir, levels[i], 0777) != 0 || chdir(levels[i]) != 0 ||
            path_make(cairn, NULL, levels[i], S_IFDIR | 0777, 0) != OK ||
            path_find(cairn, NULL, levels[i], 0, &entered) != OK)
            return false;
        fs_context_set_directory(cairn, &entered);
        path_release(&entered);
    }
    return true;
}

TEST(files, names_and_content_are_as_on_linux)
{
    static char before[PATH_MAX];
    char directory[PATH], command[2 * PATH];
    struct filesystem *filesystem;
    EXPECT(files_start());
    EXPECT(getcwd(before, sizeof(before)));
    EXPECT_EQ(fs_context_copy(files_start(), &cairn), OK);
    EXPECT_EQ(tmpfs_create(&tmpfs_type, 4096, &filesystem), OK);
    const struct path root = {NULL, filesystem->root};
    EXPECT_EQ(fs_context_set_root(cairn, &root), OK);
    EXPECT_EQ(fs_context_set_directory(cairn, &root), OK);
    syscall(SYS_umask, cairn->umask);
    EXPECT(enter_directory(directory));
    bool good = true;
    for (unsigned i = 0; good && i < STEPS; i++)
        good = step();
    EXPECT_EQ(chdir(before), 0);
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    EXPECT_EQ(system(command), 0);
    EXPECT_STR(good ? "" : last_step, "");
    fs_context_release(cairn);
    tmpfs_unmount(filesystem);
    tmpfs_free(filesystem);
}
