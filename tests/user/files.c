/* Opening, reading and writing files. */
#include <sys/uio.h>

#include "support.h"

TEST(files, open_creates_and_finds)
{
    EXPECT_ERROR(open("a", O_RDONLY), ENOENT);
    int file = open("a", O_RDWR | O_CREAT, 0644);
    EXPECT(file >= 0);
    EXPECT_EQ(write(file, "hello", 5), 5);
    EXPECT_EQ(close(file), 0);
    char text[8];
    file = open("a", O_RDONLY);
    EXPECT_EQ(read(file, text, sizeof(text)), 5);
    EXPECT_EQ(memcmp(text, "hello", 5), 0);
    EXPECT_EQ(read(file, text, sizeof(text)), 0);
}

TEST(files, open_exclusively)
{
    make_file("a", "");
    EXPECT_ERROR(open("a", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
    EXPECT_OK(open("b", O_RDWR | O_CREAT | O_EXCL, 0644));
    EXPECT_OK(symlink("nowhere", "link"));
    EXPECT_ERROR(open("link", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
}

TEST(files, open_truncates)
{
    make_file("a", "something");
    int file = open("a", O_WRONLY | O_TRUNC);
    struct stat status;
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_size, 0);
}

TEST(files, open_in_what_is_no_directory)
{
    make_file("a", "");
    EXPECT_ERROR(open("a/b", O_RDONLY), ENOTDIR);
    EXPECT_ERROR(open("a/b", O_WRONLY | O_CREAT, 0644), ENOTDIR);
    EXPECT_ERROR(open("a/", O_RDONLY), ENOTDIR);
    EXPECT_ERROR(open("none/b", O_WRONLY | O_CREAT, 0644), ENOENT);
    EXPECT_ERROR(open("", O_RDONLY), ENOENT);
}

TEST(files, open_directories)
{
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_ERROR(open("d", O_WRONLY), EISDIR);
    EXPECT_ERROR(open("d", O_RDWR), EISDIR);
    EXPECT_ERROR(open("d", O_RDONLY | O_CREAT, 0644), EISDIR);
    make_file("a", "");
    EXPECT_ERROR(open("a", O_RDONLY | O_DIRECTORY), ENOTDIR);
    char byte;
    int directory = open("d", O_RDONLY | O_DIRECTORY);
    EXPECT(directory >= 0);
    EXPECT_ERROR(read(directory, &byte, 1), EISDIR);
    EXPECT_ERROR(CALL(read, directory, NULL, 1), EISDIR);
}

TEST(files, open_does_not_follow)
{
    make_file("a", "x");
    EXPECT_OK(symlink("a", "link"));
    EXPECT_ERROR(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    EXPECT_OK(open("link", O_RDONLY));
    EXPECT_OK(open("a", O_RDONLY | O_NOFOLLOW));
}

TEST(files, names_that_are_too_long)
{
    char name[PAGE + 2];
    memset(name, 'x', sizeof(name));
    name[255] = '\0';
    EXPECT_OK(open(name, O_WRONLY | O_CREAT, 0644));
    name[255] = 'x', name[256] = '\0';
    EXPECT_ERROR(open(name, O_RDONLY), ENAMETOOLONG);
    for (int i = 0; i < PAGE; i += 2)
        memcpy(name + i, "./", 2);
    name[PAGE - 1] = '\0';
    EXPECT_OK(open(name, O_RDONLY));
    name[PAGE - 1] = '/', name[PAGE] = '\0';
    EXPECT_ERROR(open(name, O_RDONLY), ENAMETOOLONG);
}

TEST(files, directions)
{
    make_file("a", "x");
    char byte;
    int file = open("a", O_WRONLY);
    EXPECT_ERROR(read(file, &byte, 1), EBADF);
    file = open("a", O_RDONLY);
    EXPECT_ERROR(write(file, &byte, 1), EBADF);
}

TEST(files, descriptors_that_are_not_open)
{
    char byte;
    int numbers[] = {-1, 77, 1 << 20, INT32_MIN, INT32_MAX};
    for (int i = 0; i < 5; i++) {
        int file = numbers[i];
        EXPECT_ERROR(read(file, &byte, 1), EBADF);
        EXPECT_ERROR(write(file, &byte, 1), EBADF);
        EXPECT_ERROR(lseek(file, 0, SEEK_SET), EBADF);
        EXPECT_ERROR(CALL(close, file), EBADF);
        EXPECT_ERROR(ftruncate(file, 0), EBADF);
        EXPECT_ERROR(CALL(getdents64, file, &byte, 1), EBADF);
    }
}

TEST(files, the_lowest_descriptor_is_taken)
{
    int first = open("a", O_RDWR | O_CREAT, 0644);
    int second = open("a", O_RDONLY);
    EXPECT_EQ(second, first + 1);
    close(first);
    EXPECT_EQ(open("a", O_RDONLY), first);
    EXPECT_EQ(open("a", O_RDONLY), second + 1);
}

TEST(files, seek)
{
    make_file("a", "0123456789");
    char text[4];
    int file = open("a", O_RDWR);
    EXPECT_EQ(lseek(file, 3, SEEK_SET), 3);
    EXPECT_EQ(read(file, text, 2), 2);
    EXPECT_EQ(text[0], '3');
    EXPECT_EQ(lseek(file, -1, SEEK_CUR), 4);
    EXPECT_EQ(lseek(file, -2, SEEK_END), 8);
    EXPECT_EQ(lseek(file, 5, SEEK_END), 15);
    EXPECT_EQ(read(file, text, 2), 0);
    EXPECT_ERROR(lseek(file, -1, SEEK_SET), EINVAL);
    EXPECT_ERROR(lseek(file, 0, 99), EINVAL);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 15);
}

TEST(files, holes_read_as_zeros)
{
    char text[PAGE], zeros[PAGE] = {0};
    int file = open("a", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(lseek(file, 3 * PAGE + 5, SEEK_SET), 3 * PAGE + 5);
    EXPECT_EQ(write(file, "x", 1), 1);
    EXPECT_EQ(lseek(file, PAGE, SEEK_SET), PAGE);
    EXPECT_EQ(read(file, text, PAGE), PAGE);
    EXPECT_EQ(memcmp(text, zeros, PAGE), 0);
    EXPECT_EQ(pread(file, text, PAGE, 3 * PAGE), 6);
    EXPECT_EQ(text[5], 'x');
    EXPECT_EQ(memcmp(text, zeros, 5), 0);
}

TEST(files, append)
{
    make_file("a", "one");
    int file = open("a", O_WRONLY | O_APPEND);
    EXPECT_EQ(lseek(file, 0, SEEK_SET), 0);
    EXPECT_EQ(write(file, "two", 3), 3);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 6);
    char text[8] = "";
    EXPECT_EQ(read(open("a", O_RDONLY), text, 7), 6);
    EXPECT_STR(text, "onetwo");
}

TEST(files, at_a_position)
{
    make_file("a", "0123456789");
    char text[4] = "";
    int file = open("a", O_RDWR);
    EXPECT_EQ(pread(file, text, 3, 4), 3);
    EXPECT_STR(text, "456");
    EXPECT_EQ(pwrite(file, "ab", 2, 9), 2);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 0);
    EXPECT_EQ(lseek(file, 0, SEEK_END), 11);
    EXPECT_ERROR(pread(file, text, 3, -1), EINVAL);
    EXPECT_ERROR(pwrite(file, text, 3, -1), EINVAL);
}

TEST(files, truncate)
{
    make_file("a", "0123456789");
    char text[16];
    int file = open("a", O_RDWR);
    EXPECT_OK(ftruncate(file, 4));
    EXPECT_EQ(read(file, text, sizeof(text)), 4);
    EXPECT_OK(ftruncate(file, 8)); /* what was cut off does not come back */
    EXPECT_EQ(pread(file, text, sizeof(text), 0), 8);
    EXPECT_EQ(memcmp(text, "0123\0\0\0\0", 8), 0);
    EXPECT_ERROR(ftruncate(file, -1), EINVAL);
    EXPECT_ERROR(ftruncate(open("a", O_RDONLY), 0), EINVAL);
    EXPECT_OK(truncate("a", 2));
    EXPECT_EQ(lseek(file, 0, SEEK_END), 2);
    EXPECT_ERROR(truncate("b", 2), ENOENT);
}

TEST(files, vectors)
{
    char first[4] = "", second[8] = "";
    struct iovec out[] = {{"one", 3}, {NULL, 0}, {"three", 5}};
    struct iovec in[] = {{first, 3}, {second, 5}};
    int file = open("a", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(writev(file, out, 3), 8);
    EXPECT_EQ(lseek(file, 0, SEEK_SET), 0);
    EXPECT_EQ(readv(file, in, 2), 8);
    EXPECT_STR(first, "one");
    EXPECT_STR(second, "three");
    EXPECT_EQ(readv(file, in, 0), 0);
    EXPECT_ERROR(CALL(readv, file, in, -1), EINVAL);
    EXPECT_ERROR(CALL(writev, file, out, 1025), EINVAL);
    struct iovec huge[] = {{first, 1}, {second, (size_t)1 << 63}};
    EXPECT_ERROR(writev(file, huge, 2), EINVAL);
}

TEST(files, nothing_is_read_and_written)
{
    int file = open("a", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(CALL(write, file, NULL, 0), 0);
    EXPECT_EQ(CALL(read, file, NULL, 0), 0);
    struct stat status;
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_size, 0);
}

TEST(files, half_of_a_buffer)
{
    make_file("a", "0123456789");
    char *half = bad_pointer(BAD_POINTERS - 1, 8);
    int file = open("a", O_RDONLY);
    EXPECT_EQ(CALL(read, file, half, 8), 4);
    EXPECT_EQ(memcmp(half, "0123", 4), 0);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 4);
    file = open("b", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(CALL(write, file, half, 8), 4);
    EXPECT_EQ(lseek(file, 0, SEEK_END), 4);
}

TEST(files, an_unlinked_file_lives_while_open)
{
    make_file("a", "alive");
    char text[8] = "";
    int file = open("a", O_RDWR);
    EXPECT_OK(unlink("a"));
    EXPECT_ERROR(open("a", O_RDONLY), ENOENT);
    EXPECT_EQ(read(file, text, 7), 5);
    EXPECT_STR(text, "alive");
    struct stat status;
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_nlink, 0);
}

TEST(files, a_large_file)
{
    static char block[65536];
    int file = open("a", O_RDWR | O_CREAT, 0644);
    for (int i = 0; i < 32; i++) {
        memset(block, 'a' + i, sizeof(block));
        EXPECT_EQ(write(file, block, sizeof(block)), sizeof(block));
    }
    EXPECT_EQ(lseek(file, 0, SEEK_SET), 0);
    for (int i = 0; i < 32; i++) {
        EXPECT_EQ(read(file, block, sizeof(block)), sizeof(block));
        for (size_t at = 0; at < sizeof(block); at++)
            EXPECT_EQ(block[at], (char)('a' + i));
    }
}

TEST(files, umask_and_modes)
{
    struct stat status;
    EXPECT_EQ(umask(027) & ~0777, 0);
    EXPECT_EQ(umask(027), 027);
    EXPECT_OK(open("a", O_WRONLY | O_CREAT, 0666));
    EXPECT_OK(stat("a", &status));
    EXPECT_EQ(status.st_mode, S_IFREG | 0640);
    EXPECT_OK(mkdir("d", 0777));
    EXPECT_OK(stat("d", &status));
    EXPECT_EQ(status.st_mode, S_IFDIR | 0750);
    EXPECT_OK(chmod("a", 0604));
    EXPECT_OK(stat("a", &status));
    EXPECT_EQ(status.st_mode, S_IFREG | 0604);
    EXPECT_OK(fchmod(open("a", O_RDONLY), 0777));
    EXPECT_OK(stat("a", &status));
    EXPECT_EQ(status.st_mode, S_IFREG | 0777);
}
