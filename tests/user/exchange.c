/* Names that are exchanged, and ranges of descriptors that are closed. */
#include "support.h"

enum { NOREPLACE = 1, EXCHANGE = 2 };

static int rename_with(const char *from, const char *to, unsigned flags)
{
    return (int)CALL(renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static unsigned links_of(const char *path)
{
    struct stat status;
    return stat(path, &status) < 0 ? 0 : (unsigned)status.st_nlink;
}

TEST(exchange, of_files)
{
    char path[64];
    make_file("a", "of a");
    make_file("a_name_that_is_longer_than_what_a_dentry_has_room_for", "of b");
    int fd = open("a", O_RDONLY);
    EXPECT_OK(rename_with("a", "a_name_that_is_longer_than_what_a_dentry_has_room_for", EXCHANGE));
    EXPECT(has_text("a", "of b"));
    EXPECT(has_text("a_name_that_is_longer_than_what_a_dentry_has_room_for", "of a"));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    char target[256] = "";
    EXPECT_OK(readlink(path, target, sizeof(target) - 1));
    EXPECT(strstr(target, "/a_name_that_is_longer") != NULL);
    EXPECT_OK(rename_with("a", "a_name_that_is_longer_than_what_a_dentry_has_room_for", EXCHANGE));
    EXPECT(has_text("a", "of a"));
    EXPECT_OK(rename_with("a", "a", EXCHANGE));
    EXPECT_OK(unlink("a"));
    EXPECT_OK(unlink("a_name_that_is_longer_than_what_a_dentry_has_room_for"));
}

TEST(exchange, of_a_file_and_a_directory)
{
    EXPECT_OK(mkdir("one", 0755));
    EXPECT_OK(mkdir("two", 0755));
    EXPECT_OK(mkdir("one/directory", 0755));
    make_file("one/directory/inside", "text");
    make_file("two/file", "of the file");
    EXPECT_OK(rename_with("one/directory", "two/file", EXCHANGE));
    EXPECT(has_text("one/directory", "of the file"));
    EXPECT(has_text("two/file/inside", "text"));
    EXPECT(has_text("two/file/../../one/directory", "of the file"));
    EXPECT_EQ(links_of("one"), 2);
    EXPECT_EQ(links_of("two"), 3);
    EXPECT_OK(rename_with("two/file/inside", "one/directory", EXCHANGE));
    EXPECT(has_text("two/file/inside", "of the file"));
    EXPECT_OK(unlink("two/file/inside"));
    EXPECT_OK(rmdir("two/file"));
    EXPECT_EQ(links_of("two"), 2);
}

TEST(exchange, that_is_refused)
{
    EXPECT_OK(mkdir("a", 0755));
    EXPECT_OK(mkdir("a/b", 0755));
    make_file("file", "");
    EXPECT_ERROR(rename_with("a", "a/b", EXCHANGE), EINVAL);
    EXPECT_ERROR(rename_with("a/b", "a", EXCHANGE), EINVAL);
    EXPECT_ERROR(rename_with("a", "nothing", EXCHANGE), ENOENT);
    EXPECT_ERROR(rename_with("nothing", "a", EXCHANGE), ENOENT);
    EXPECT_ERROR(rename_with("a", "file", EXCHANGE | NOREPLACE), EINVAL);
    EXPECT_ERROR(rename_with("a", "file", 8), EINVAL);
    EXPECT_ERROR(rename_with("a", "file/", EXCHANGE), ENOTDIR);
    EXPECT_OK(rename_with("a/", "file", EXCHANGE));
}

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

TEST(exchange, ranges_of_descriptors)
{
    for (int i = 10; i < 20; i++)
        EXPECT_EQ(dup2(0, i), i);
    EXPECT_OK(CALL(close_range, 12, 14, 0));
    EXPECT(is_open(11) && !is_open(12) && !is_open(14) && is_open(15));
    EXPECT_OK(CALL(close_range, 17, 18, 4));
    EXPECT_EQ(fcntl(16, F_GETFD), 0);
    EXPECT_EQ(fcntl(17, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(19, F_GETFD), 0);
    EXPECT_OK(CALL(close_range, 16, -1, 2));
    EXPECT(is_open(15) && !is_open(16) && !is_open(19));
    EXPECT_ERROR(CALL(close_range, 5, 4, 0), EINVAL);
    EXPECT_ERROR(CALL(close_range, 5, 6, 1), EINVAL);
    EXPECT_OK(CALL(close_range, 100000, -1, 0));
}
