/* preadv(), pwritev() and their second versions; copies by sendfile() and copy_file_range(). */
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "support.h"

TEST(copies, sendfile_of_a_file_without_a_size)
{
    char text[512], sent[512];
    int from = open("/proc/version", O_RDONLY), ends[2];
    ssize_t size = read(open("/proc/version", O_RDONLY), text, sizeof(text));
    EXPECT(size > 0);
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(sendfile(ends[1], from, NULL, 1 << 20), size);
    EXPECT_EQ(read(ends[0], sent, sizeof(sent)), size);
    EXPECT_EQ(memcmp(sent, text, (size_t)size), 0);
    EXPECT_EQ(sendfile(ends[1], from, NULL, 1 << 20), 0);
}

TEST(copies, preadv_and_pwritev)
{
    char a[4] = "", b[4] = "";
    struct iovec in[] = {{a, 3}, {b, 3}}, out[] = {{"XY", 2}, {"Z", 1}};
    make_file("a", "0123456789");
    int fd = open("a", O_RDWR);
    EXPECT_EQ(preadv(fd, in, 2, 2), 6);
    EXPECT(strcmp(a, "234") == 0 && strcmp(b, "567") == 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 0);
    EXPECT_EQ(pwritev(fd, out, 2, 8), 3);
    EXPECT(has_text("a", "01234567XYZ"));
    EXPECT_EQ(CALL(preadv2, fd, in, 2, -1L, 0L, 0), 6);
    EXPECT(strcmp(a, "012") == 0 && strcmp(b, "345") == 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 6);
    EXPECT_EQ(CALL(pwritev2, fd, out, 1, 0L, 0L, 0), 2);
    EXPECT(has_text("a", "XY234567XYZ"));
    EXPECT_ERROR(CALL(preadv2, fd, in, 2, 0L, 0L, 0x1000), EOPNOTSUPP);
    EXPECT_ERROR(CALL(preadv, fd, in, 2, -5L, 0L), EINVAL);
    int ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_ERROR(preadv(ends[0], in, 2, 0), ESPIPE);
    EXPECT_EQ(CALL(pwritev2, ends[1], out, 2, -1L, 0L, 0), 3);
    EXPECT_FAULT_EACH(bad, sizeof(struct iovec), CALL(preadv, fd, bad, 1, 0L, 0L));
}

TEST(copies, copy_file_range)
{
    make_file("a", "0123456789");
    make_file("b", "abcdef");
    int a = open("a", O_RDWR), b = open("b", O_RDWR);
    off_t from = 2, to = 4;
    EXPECT_EQ(CALL(copy_file_range, a, &from, b, &to, 5L, 0), 5);
    EXPECT_EQ(from, 7);
    EXPECT_EQ(to, 9);
    EXPECT(has_text("b", "abcd23456"));
    EXPECT_EQ(CALL(copy_file_range, a, NULL, b, NULL, 3L, 0), 3);
    EXPECT_EQ(lseek(a, 0, SEEK_CUR), 3);
    EXPECT_EQ(lseek(b, 0, SEEK_CUR), 3);
    EXPECT(has_text("b", "012d23456"));
    from = 8;
    EXPECT_EQ(CALL(copy_file_range, a, &from, b, NULL, 100L, 0), 2);
    from = 20;
    EXPECT_EQ(CALL(copy_file_range, a, &from, b, NULL, 100L, 0), 0);
    from = 0, to = 5;
    EXPECT_EQ(CALL(copy_file_range, a, &from, a, &to, 5L, 0), 5);
    EXPECT(has_text("a", "0123401234"));
    from = 0, to = 10; /* up to where the file ends now */
    EXPECT_EQ(CALL(copy_file_range, a, &from, a, &to, 4096L, 0), 10);
    EXPECT(has_text("a", "01234012340123401234"));
    from = 0, to = 10;
    EXPECT_ERROR(CALL(copy_file_range, a, &from, a, &to, 4096L, 0), EINVAL);
}

TEST(copies, what_is_refused)
{
    make_file("a", "0123456789");
    int a = open("a", O_RDWR), reader = open("a", O_RDONLY), ends[2];
    off_t from = 0, to = 2;
    EXPECT_OK(pipe(ends));
    EXPECT_ERROR(CALL(copy_file_range, a, &from, a, &to, 5L, 0), EINVAL);
    EXPECT_ERROR(CALL(copy_file_range, a, NULL, open("b", O_RDWR | O_CREAT, 0644), NULL, 5L, 1),
                 EINVAL);
    EXPECT_ERROR(CALL(copy_file_range, a, NULL, reader, NULL, 5L, 0), EBADF);
    EXPECT_ERROR(CALL(copy_file_range, open("b", O_WRONLY), NULL, a, NULL, 5L, 0), EBADF);
    EXPECT_ERROR(CALL(copy_file_range, a, NULL, open("b", O_WRONLY | O_APPEND), NULL, 5L, 0),
                 EBADF);
    EXPECT_ERROR(CALL(copy_file_range, open(".", O_RDONLY), NULL, a, NULL, 5L, 0), EISDIR);
    EXPECT_ERROR(CALL(copy_file_range, ends[0], NULL, a, NULL, 5L, 0), EINVAL);
    EXPECT_ERROR(CALL(copy_file_range, 999, NULL, a, NULL, 5L, 1), EBADF);
    EXPECT_ERROR(CALL(copy_file_range, a, 8L, a, NULL, 5L, 1), EFAULT);
    from = 1;
    EXPECT_ERROR(CALL(copy_file_range, a, &from, a, &to, -1L, 0), EOVERFLOW);
    EXPECT_ERROR(CALL(sendfile, 77, 78, 8L, 1L), EFAULT);
    EXPECT_ERROR(CALL(copy_file_range, a, bad_pointer(1, 8), open("b", O_RDWR), NULL, 5L, 0),
                 EFAULT);
    EXPECT(has_text("a", "0123456789") && has_text("b", ""));
}
