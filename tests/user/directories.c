/* Directories and the names in them. */
#include <dirent.h>
#include <limits.h>

#include "support.h"

struct entry { /* Linux's struct linux_dirent64 */
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

TEST(directories, mkdir_and_rmdir)
{
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_ERROR(mkdir("d", 0755), EEXIST);
    EXPECT_ERROR(mkdir("none/d", 0755), ENOENT);
    EXPECT_OK(mkdir("d/e/", 0755));
    EXPECT_ERROR(rmdir("d"), ENOTEMPTY);
    EXPECT_OK(rmdir("d/e"));
    EXPECT_OK(rmdir("d"));
    EXPECT_ERROR(rmdir("d"), ENOENT);
    make_file("a", "");
    EXPECT_ERROR(rmdir("a"), ENOTDIR);
    EXPECT_ERROR(mkdir("a/d", 0755), ENOTDIR);
    EXPECT_ERROR(rmdir("."), EINVAL);
    EXPECT_ERROR(mkdir("/", 0755), EEXIST);
}

TEST(directories, unlink)
{
    make_file("a", "");
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(unlink("a"));
    EXPECT_ERROR(unlink("a"), ENOENT);
    EXPECT_ERROR(unlink("d"), EISDIR);
    EXPECT_ERROR(unlinkat(AT_FDCWD, "d", 1), EINVAL);
    EXPECT_OK(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
}

TEST(directories, a_removed_directory_is_empty)
{
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(chdir("d"));
    EXPECT_OK(rmdir("../d"));
    char name[PATH_MAX];
    EXPECT_ERROR(CALL(getcwd, name, sizeof(name)), ENOENT);
    EXPECT_ERROR(CALL(getdents64, open(".", O_RDONLY), name, sizeof(name)), ENOENT);
    EXPECT_ERROR(open("a", O_WRONLY | O_CREAT, 0644), ENOENT);
    EXPECT_ERROR(mkdir("e", 0755), ENOENT);
    EXPECT_OK(mkdir("../a", 0755));
    EXPECT_OK(mkdir("../a/b", 0755));
    EXPECT_OK(chdir("../a/b"));
    EXPECT_OK(rmdir("../b"));
    EXPECT_ERROR(rename("../../a", "c"), ENOENT); /* although it is above the directory */
}

TEST(directories, rename)
{
    make_file("a", "a");
    make_file("b", "b");
    EXPECT_OK(rename("a", "c"));
    EXPECT_ERROR(access("a", F_OK), ENOENT);
    EXPECT_OK(rename("c", "b")); /* which replaces b */
    char byte;
    EXPECT_EQ(read(open("b", O_RDONLY), &byte, 1), 1);
    EXPECT_EQ(byte, 'a');
    EXPECT_OK(rename("b", "b"));
    EXPECT_ERROR(rename("none", "b"), ENOENT);
    EXPECT_ERROR(rename("b", "none/b"), ENOENT);
}

TEST(directories, rename_directories)
{
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(mkdir("d/e", 0755));
    make_file("d/a", "");
    EXPECT_ERROR(rename("d", "d/e/f"), EINVAL);
    EXPECT_ERROR(rename("d/e", "d"), ENOTEMPTY);
    EXPECT_ERROR(rename("d/e", "d/a"), ENOTDIR);
    EXPECT_ERROR(rename("d/a", "d/e"), EISDIR);
    EXPECT_OK(mkdir("empty", 0755));
    EXPECT_OK(rename("d", "empty"));
    EXPECT_OK(access("empty/e", F_OK));
    EXPECT_OK(rename("empty/e", "e"));
    struct stat here, above;
    EXPECT_OK(stat(".", &here));
    EXPECT_OK(stat("e/..", &above)); /* the parent has changed with it */
    EXPECT_EQ(here.st_ino, above.st_ino);
}

TEST(directories, link)
{
    make_file("a", "text");
    struct stat one, other;
    EXPECT_OK(link("a", "b"));
    EXPECT_OK(stat("a", &one));
    EXPECT_OK(stat("b", &other));
    EXPECT_EQ(one.st_ino, other.st_ino);
    EXPECT_EQ(one.st_nlink, 2);
    EXPECT_ERROR(link("a", "b"), EEXIST);
    EXPECT_ERROR(link("none", "c"), ENOENT);
    EXPECT_OK(unlink("a"));
    EXPECT_OK(stat("b", &other));
    EXPECT_EQ(other.st_nlink, 1);
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_ERROR(link("d", "e"), EPERM);
}

TEST(directories, symbolic_links)
{
    char target[16];
    make_file("a", "text");
    EXPECT_OK(symlink("a", "link"));
    EXPECT_EQ(readlink("link", target, sizeof(target)), 1);
    EXPECT_EQ(target[0], 'a');
    EXPECT_ERROR(symlink("a", "link"), EEXIST);
    EXPECT_ERROR(symlink("", "empty"), ENOENT);
    EXPECT_OK(symlink("a-long-target", "long"));
    EXPECT_EQ(readlink("long", target, 6), 6); /* cut, without a word about it */
    EXPECT_EQ(memcmp(target, "a-long", 6), 0);
    EXPECT_ERROR(CALL(readlink, "long", target, 0), EINVAL);
    EXPECT_ERROR(readlink("a", target, sizeof(target)), EINVAL);
    EXPECT_ERROR(readlink("none", target, sizeof(target)), ENOENT);
    EXPECT_ERROR(CALL(readlink, "", target, 8), ENOENT);
    EXPECT_ERROR(CALL(readlinkat, open(".", O_RDONLY), "", target, 8), ENOENT);
    EXPECT_ERROR(CALL(readlinkat, 77, "", target, 8), EBADF);
    EXPECT_EQ(CALL(readlinkat, open("link", O_PATH | O_NOFOLLOW), "", target, 8), 1);
    struct stat status;
    EXPECT_OK(lstat("long", &status));
    EXPECT_EQ(status.st_mode & S_IFMT, S_IFLNK);
    EXPECT_EQ(status.st_size, 13);
    EXPECT_ERROR(stat("long", &status), ENOENT);
    EXPECT_OK(unlink("link")); /* the link, not the file */
    EXPECT_OK(access("a", F_OK));
}

TEST(directories, symbolic_links_on_the_way)
{
    EXPECT_OK(mkdir("d", 0755));
    make_file("d/a", "");
    EXPECT_OK(symlink("d", "link"));
    EXPECT_OK(symlink("../d/a", "d/up"));
    EXPECT_OK(access("link/a", F_OK));
    EXPECT_OK(access("link/up", F_OK));
    EXPECT_OK(symlink("new", "dangling"));
    EXPECT_OK(open("dangling", O_WRONLY | O_CREAT, 0644)); /* makes what it points to */
    EXPECT_OK(access("new", F_OK));
}

TEST(directories, links_in_a_circle)
{
    EXPECT_OK(symlink("two", "one"));
    EXPECT_OK(symlink("one", "two"));
    EXPECT_ERROR(open("one", O_RDONLY), ELOOP);
    EXPECT_ERROR(access("one/a", F_OK), ELOOP);
    EXPECT_ERROR(chdir("two"), ELOOP);
}

TEST(directories, forty_links)
{
    make_file("0", "");
    for (int i = 1; i <= 41; i++) {
        char target[8], name[8];
        snprintf(target, sizeof(target), "%d", i - 1);
        snprintf(name, sizeof(name), "%d", i);
        EXPECT_OK(symlink(target, name));
    }
    EXPECT_OK(open("40", O_RDONLY));
    EXPECT_ERROR(open("41", O_RDONLY), ELOOP);
}

TEST(directories, the_working_directory)
{
    char start[PATH_MAX], now[PATH_MAX];
    EXPECT(getcwd(start, sizeof(start)));
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(chdir("d"));
    EXPECT_EQ(CALL(getcwd, now, sizeof(now)), (long)strlen(start) + 3); /* with the NUL */
    EXPECT_EQ(memcmp(now, start, strlen(start)), 0);
    EXPECT_STR(now + strlen(start), "/d");
    EXPECT_ERROR(CALL(getcwd, now, strlen(start) + 2), ERANGE);
    EXPECT_OK(chdir(".."));
    EXPECT_ERROR(chdir("none"), ENOENT);
    make_file("a", "");
    EXPECT_ERROR(chdir("a"), ENOTDIR);
    int directory = open("d", O_RDONLY);
    EXPECT_OK(chdir("/"));
    EXPECT_OK(fchdir(directory));
    EXPECT(getcwd(now, sizeof(now)));
    EXPECT_STR(now + strlen(start), "/d");
    EXPECT_OK(chdir("/.."));
    EXPECT(getcwd(now, sizeof(now)));
    EXPECT_STR(now, "/");
}

TEST(directories, from_an_open_directory)
{
    EXPECT_OK(mkdir("d", 0755));
    make_file("d/a", "text");
    make_file("b", "");
    int directory = open("d", O_RDONLY | O_DIRECTORY);
    EXPECT_OK(openat(directory, "a", O_RDONLY));
    EXPECT_ERROR(openat(directory, "b", O_RDONLY), ENOENT);
    EXPECT_OK(openat(directory, "../b", O_RDONLY));
    EXPECT_ERROR(openat(77, "a", O_RDONLY), EBADF);
    EXPECT_ERROR(openat(open("b", O_RDONLY), "a", O_RDONLY), ENOTDIR);
    EXPECT_OK(openat(77, "/", O_RDONLY)); /* an absolute path needs no directory */
    EXPECT_OK(mkdirat(directory, "e", 0755));
    EXPECT_OK(renameat(directory, "a", AT_FDCWD, "c"));
    EXPECT_OK(access("c", F_OK));
    EXPECT_OK(access("d/e", F_OK));
}

TEST(directories, access)
{
    make_file("a", "");
    EXPECT_OK(access("a", F_OK));
    EXPECT_OK(access("a", R_OK | W_OK));
    EXPECT_ERROR(access("a", X_OK), EACCES);
    EXPECT_ERROR(access("none", F_OK), ENOENT);
    EXPECT_ERROR(access("a/b", F_OK), ENOTDIR);
    EXPECT_ERROR(CALL(access, "a", 8), EINVAL);
    EXPECT_OK(chmod("a", 0755));
    EXPECT_OK(access("a", X_OK));
    EXPECT_OK(faccessat(AT_FDCWD, "a", R_OK, 0));
}

/* Reads a directory with small buffers, and counts how often each of the names a00, a01 ... comes.
 */
static void count_names(int directory, size_t room, int *others, int counts[100])
{
    _Alignas(8) char buffer[512];
    long size;
    *others = 0;
    while ((size = CALL(getdents64, directory, buffer, room)) > 0) {
        for (long at = 0; at < size;) {
            struct entry *entry = (struct entry *)(void *)(buffer + at);
            EXPECT_EQ(entry->size % 8, 0);
            if (entry->name[0] == 'a')
                counts[atoi(entry->name + 1)]++;
            else
                ++*others;
            at += entry->size;
        }
    }
    EXPECT_EQ(size, 0);
}

TEST(directories, getdents64)
{
    int counts[100] = {0}, others;
    EXPECT_OK(mkdir("d", 0755));
    for (int i = 0; i < 100; i++) {
        char name[8];
        snprintf(name, sizeof(name), "d/a%02d", i);
        make_file(name, "");
    }
    int directory = open("d", O_RDONLY);
    count_names(directory, 100, &others, counts);
    EXPECT_EQ(others, 2); /* . and .. */
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(counts[i], 1);
    EXPECT_EQ(lseek(directory, 0, SEEK_SET), 0);
    count_names(directory, 512, &others, counts);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(counts[i], 2);
    char byte;
    EXPECT_EQ(lseek(directory, 0, SEEK_SET), 0);
    EXPECT_ERROR(CALL(getdents64, directory, &byte, 1), EINVAL);
    make_file("a", "");
    EXPECT_ERROR(CALL(getdents64, open("a", O_RDONLY), &byte, 1), ENOTDIR);
}

TEST(directories, types_of_entries)
{
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(mkdir("d/directory", 0755));
    EXPECT_OK(symlink("x", "d/link"));
    make_file("d/file", "");
    DIR *directory = opendir("d");
    EXPECT(directory);
    struct dirent *entry;
    int found = 0;
    while ((entry = readdir(directory))) {
        found += strcmp(entry->d_name, "file") == 0 && entry->d_type == DT_REG;
        found += strcmp(entry->d_name, "link") == 0 && entry->d_type == DT_LNK;
        found += strcmp(entry->d_name, "directory") == 0 && entry->d_type == DT_DIR;
        found += strcmp(entry->d_name, ".") == 0 && entry->d_type == DT_DIR;
    }
    EXPECT_EQ(found, 4);
}

TEST(directories, a_walk_while_names_go)
{
    EXPECT_OK(mkdir("d", 0755));
    for (int i = 0; i < 50; i++) {
        char name[8];
        snprintf(name, sizeof(name), "d/a%02d", i);
        make_file(name, "");
    }
    DIR *directory = opendir("d");
    EXPECT(directory);
    struct dirent *entry;
    int removed = 0;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] != 'a')
            continue;
        EXPECT_OK(unlinkat(dirfd(directory), entry->d_name, 0));
        removed++;
    }
    EXPECT_EQ(removed, 50);
    EXPECT_OK(rmdir("d"));
}
