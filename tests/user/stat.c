/* What is known of files. */
#include <sys/sysmacros.h>
#include <time.h>

#include "support.h"

TEST(stat, the_same_by_each_call)
{
    make_file("a", "text");
    struct stat by_path, by_file, by_link, at;
    EXPECT_OK(CALL(stat, "a", &by_path));
    EXPECT_OK(CALL(fstat, open("a", O_RDONLY), &by_file));
    EXPECT_OK(CALL(lstat, "a", &by_link));
    EXPECT_OK(CALL(newfstatat, AT_FDCWD, "a", &at, 0));
    EXPECT_EQ(memcmp(&by_path, &by_file, sizeof(by_path)), 0);
    EXPECT_EQ(memcmp(&by_path, &by_link, sizeof(by_path)), 0);
    EXPECT_EQ(memcmp(&by_path, &at, sizeof(by_path)), 0);
    EXPECT_EQ(by_path.st_mode, S_IFREG | 0644);
    EXPECT_EQ(by_path.st_size, 4);
    EXPECT_EQ(by_path.st_nlink, 1);
    EXPECT_EQ(by_path.st_uid, getuid());
    EXPECT_EQ(by_path.st_blksize, PAGE);
}

TEST(stat, of_links)
{
    struct stat file, link, at;
    make_file("a", "text");
    EXPECT_OK(symlink("a", "link"));
    EXPECT_OK(stat("link", &file));
    EXPECT_EQ(file.st_mode & S_IFMT, S_IFREG);
    EXPECT_OK(lstat("link", &link));
    EXPECT_EQ(link.st_mode, S_IFLNK | 0777);
    EXPECT_OK(CALL(newfstatat, AT_FDCWD, "link", &at, AT_SYMLINK_NOFOLLOW));
    EXPECT_EQ(at.st_ino, link.st_ino);
    EXPECT(at.st_ino != file.st_ino);
}

TEST(stat, of_a_descriptor)
{
    make_file("a", "text");
    struct stat status, other;
    int file = open("a", O_RDONLY);
    EXPECT_OK(CALL(newfstatat, file, "", &status, AT_EMPTY_PATH));
    EXPECT_EQ(status.st_size, 4);
    EXPECT_OK(CALL(newfstatat, AT_FDCWD, "", &status, AT_EMPTY_PATH));
    EXPECT_OK(stat(".", &other));
    EXPECT_EQ(status.st_ino, other.st_ino);
    EXPECT_ERROR(CALL(newfstatat, file, "", &status, 0), ENOENT);
    EXPECT_ERROR(CALL(newfstatat, 77, "", &status, AT_EMPTY_PATH), EBADF);
    EXPECT_ERROR(CALL(newfstatat, AT_FDCWD, "a", &status, 0x40000000), EINVAL);
    EXPECT_ERROR(CALL(fstat, 77, &status), EBADF);
}

TEST(stat, of_pipes_and_devices)
{
    int ends[2];
    struct stat status;
    EXPECT_OK(pipe(ends));
    EXPECT_OK(fstat(ends[0], &status));
    EXPECT_EQ(status.st_mode & S_IFMT, S_IFIFO);
    EXPECT_OK(stat("/dev/null", &status));
    EXPECT_EQ(status.st_mode, S_IFCHR | 0666);
    EXPECT_EQ(status.st_rdev, makedev(1, 3));
    EXPECT_OK(stat("/dev/zero", &status));
    EXPECT_EQ(status.st_rdev, makedev(1, 5));
    EXPECT_OK(stat("/", &status));
    EXPECT_EQ(status.st_mode & S_IFMT, S_IFDIR);
}

TEST(stat, times_go_on)
{
    struct stat before, after;
    struct timespec now;
    make_file("a", "text");
    EXPECT_OK(stat("a", &before));
    EXPECT_OK(clock_gettime(CLOCK_REALTIME, &now));
    EXPECT(before.st_mtim.tv_sec <= now.tv_sec && before.st_mtim.tv_sec > now.tv_sec - 60);
    pause_for(30);
    make_file("a", "more text");
    EXPECT_OK(stat("a", &after));
    EXPECT(after.st_mtim.tv_sec > before.st_mtim.tv_sec ||
           after.st_mtim.tv_nsec > before.st_mtim.tv_nsec);
    EXPECT_EQ(after.st_ino, before.st_ino);
}

TEST(stat, utimensat)
{
    struct stat status;
    struct timespec times[] = {{1000, 5}, {2000, 6}}, keep[] = {{0, UTIME_OMIT}, {3000, 7}};
    make_file("a", "");
    EXPECT_OK(utimensat(AT_FDCWD, "a", times, 0));
    EXPECT_OK(stat("a", &status));
    EXPECT_EQ(status.st_atim.tv_sec, 1000);
    EXPECT_EQ(status.st_mtim.tv_sec, 2000);
    EXPECT_OK(utimensat(AT_FDCWD, "a", keep, 0));
    EXPECT_OK(stat("a", &status));
    EXPECT_EQ(status.st_atim.tv_sec, 1000);
    EXPECT_EQ(status.st_mtim.tv_sec, 3000);
    EXPECT_ERROR(utimensat(AT_FDCWD, "none", times, 0), ENOENT);
}

TEST(stat, utimensat_reads_two_times_and_no_more)
{
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(pages != MAP_FAILED);
    EXPECT_OK(munmap(pages + PAGE, PAGE));
    struct timespec *times = (struct timespec *)(pages + PAGE) - 2;
    times[0] = times[1] = (struct timespec){1000, 0};
    make_file("a", "");
    EXPECT_OK(utimensat(AT_FDCWD, "a", times, 0));
}

TEST(stat, times_of_a_descriptor_or_of_nothing)
{
    struct timespec times[] = {{1000, 5}, {2000, 6}}, keep[] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
    make_file("a", "");
    int file = open("a", O_RDONLY), name = open("a", O_PATH);
    EXPECT_OK(CALL(utimensat, file, NULL, times, 0));
    EXPECT_OK(CALL(futimesat, file, NULL, NULL));
    EXPECT_OK(CALL(utimensat, name, "", times, AT_EMPTY_PATH));
    EXPECT_ERROR(CALL(utimensat, name, NULL, times, 0), EBADF);
    EXPECT_ERROR(CALL(utimensat, file, NULL, times, AT_SYMLINK_NOFOLLOW), EINVAL);
    EXPECT_ERROR(CALL(utimensat, AT_FDCWD, NULL, times, 0), EFAULT);
    EXPECT_ERROR(CALL(utimes, NULL, NULL), EFAULT);
    EXPECT_OK(CALL(utimensat, 77, "none", keep, 0)); /* neither is set: no file is looked for */
}

TEST(stat, blocks)
{
    struct stat status;
    static char text[PAGE];
    int file = open("a", O_RDWR | O_CREAT, 0644);
    EXPECT_EQ(write(file, text, PAGE), PAGE);
    EXPECT_OK(fsync(file));
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_blocks, 8);
}
