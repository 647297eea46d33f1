/* Room and holes in files, as tmpfs has them. */
#include <sys/statfs.h>

#include "own_tmpfs.h"
#include "support.h"

enum { FALLOC_ZERO_RANGE = 0x10 /* musl does not know it */ };

static long blocks_of(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 ? status.st_blocks / (PAGE / 512) : -1;
}

static long size_of(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 ? status.st_size : -1;
}

static int is_zero(int file, long from, long size)
{
    char bytes[PAGE];
    if (pread(file, bytes, (size_t)size, from) != size)
        return 0;
    for (long i = 0; i < size; i++) {
        if (bytes[i])
            return 0;
    }
    return 1;
}

TEST(ranges, room_is_taken_and_given_back)
{
    if (!enter_tmpfs(NULL))
        return;
    int file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_OK(CALL(fallocate, file, 0, 100L, 3L * PAGE));
    EXPECT_EQ(size_of(file), 3 * PAGE + 100);
    EXPECT_EQ(blocks_of(file), 4);
    EXPECT(is_zero(file, PAGE, PAGE));
    EXPECT_OK(CALL(fallocate, file, FALLOC_FL_KEEP_SIZE, 10L * PAGE, 2L * PAGE));
    EXPECT_EQ(size_of(file), 3 * PAGE + 100);
    EXPECT_EQ(blocks_of(file), 6);
    EXPECT_EQ(pwrite(file, "abc", 3, 2 * PAGE - 1), 3);
    EXPECT_OK(
        CALL(fallocate, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE + 10L, (long)PAGE));
    EXPECT_EQ(blocks_of(file), 6);
    EXPECT(is_zero(file, PAGE, PAGE));
    EXPECT_OK(CALL(fallocate, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0L, 3L * PAGE));
    EXPECT_EQ(blocks_of(file), 3);
    EXPECT_OK(ftruncate(file, size_of(file)));
    EXPECT_EQ(blocks_of(file), 1);
    EXPECT_OK(ftruncate(file, 0));
    EXPECT_EQ(blocks_of(file), 0);
    leave_tmpfs();
}

TEST(ranges, a_hole_is_seen_through_a_mapping)
{
    if (!enter_tmpfs(NULL))
        return;
    int file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_OK(ftruncate(file, 4 * PAGE));
    char *bytes = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    memset(bytes, 'x', 4 * PAGE);
    EXPECT_OK(CALL(fallocate, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100L, 2L * PAGE));
    EXPECT_EQ(bytes[99], 'x');
    EXPECT_EQ(bytes[100], 0);
    EXPECT_EQ(bytes[PAGE + 5], 0);
    EXPECT_EQ(bytes[2 * PAGE + 99], 0);
    EXPECT_EQ(bytes[2 * PAGE + 100], 'x');
    bytes[PAGE] = 'y';
    char byte;
    EXPECT_EQ(pread(file, &byte, 1, PAGE), 1);
    EXPECT_EQ(byte, 'y');
    leave_tmpfs();
}

TEST(ranges, bad_ones_are_refused)
{
    if (!enter_tmpfs("size=64k"))
        return;
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600), reader = open("file", O_RDONLY);
    EXPECT_OK(pipe(ends));
    EXPECT_ERROR(CALL(fallocate, -1, 0, 0L, 1L), EBADF);
    EXPECT_ERROR(CALL(fallocate, reader, 0, 0L, 1L), EBADF);
    EXPECT_ERROR(CALL(fallocate, ends[1], 0, 0L, 1L), ESPIPE);
    EXPECT_ERROR(CALL(fallocate, open("/dev/null", O_RDWR), 0, 0L, 1L), ENODEV);
    EXPECT_ERROR(CALL(fallocate, file, 0, 0L, 0L), EINVAL);
    EXPECT_ERROR(CALL(fallocate, file, 0, -1L, 1L), EINVAL);
    EXPECT_ERROR(CALL(fallocate, file, 0, 0L, -1L), EINVAL);
    EXPECT_ERROR(CALL(fallocate, file, 0, INT64_MAX, 2L), EFBIG);
    EXPECT_ERROR(CALL(fallocate, file, FALLOC_FL_PUNCH_HOLE, 0L, 1L), EOPNOTSUPP);
    EXPECT_ERROR(CALL(fallocate, file, FALLOC_ZERO_RANGE, 0L, 1L), EOPNOTSUPP);
    EXPECT_ERROR(CALL(fallocate, file, 0x1000, 0L, 1L), EOPNOTSUPP);
    EXPECT_EQ(pwrite(file, "x", 1, 5 * PAGE), 1);
    EXPECT_ERROR(CALL(fallocate, file, 0, 0L, 17L * PAGE), ENOSPC);
    EXPECT_EQ(blocks_of(file), 1);
    EXPECT_EQ(size_of(file), 5 * PAGE + 1);
    EXPECT_OK(CALL(fallocate, file, 0, 0L, 16L * PAGE));
    EXPECT_EQ(blocks_of(file), 16);
    leave_tmpfs();
}

TEST(ranges, a_page_for_which_there_is_no_room_is_a_signal)
{
    if (!enter_tmpfs("size=16k"))
        return;
    int file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_OK(CALL(fallocate, file, 0, 0L, 4L * PAGE));
    EXPECT_OK(ftruncate(file, 5 * PAGE));
    char *bytes = mmap(NULL, 5 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    bytes[4 * PAGE - 1] = 'x';
    FAULT(bytes[4 * PAGE] = 'x');
    EXPECT_EQ(fault_info.si_signo, SIGBUS);
    EXPECT_EQ(fault_info.si_code, BUS_ADRERR);
    EXPECT_OK(munmap(bytes, 5 * PAGE));
    leave_tmpfs();
}

TEST(ranges, data_and_holes_are_found)
{
    if (!enter_tmpfs(NULL))
        return;
    int file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_ERROR(lseek(file, 0, SEEK_DATA), ENXIO);
    EXPECT_ERROR(lseek(file, 0, SEEK_HOLE), ENXIO);
    EXPECT_EQ(pwrite(file, "x", 1, 3 * PAGE + 5), 1);
    EXPECT_EQ(pwrite(file, "x", 1, 9 * PAGE), 1);
    EXPECT_OK(ftruncate(file, 20 * PAGE));
    EXPECT_EQ(lseek(file, 0, SEEK_DATA), 3 * PAGE);
    EXPECT_EQ(lseek(file, 3 * PAGE + 10, SEEK_DATA), 3 * PAGE + 10);
    EXPECT_EQ(lseek(file, 4 * PAGE, SEEK_DATA), 9 * PAGE);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 9 * PAGE);
    EXPECT_ERROR(lseek(file, 10 * PAGE, SEEK_DATA), ENXIO);
    EXPECT_EQ(lseek(file, 5, SEEK_HOLE), 5);
    EXPECT_EQ(lseek(file, 3 * PAGE + 1, SEEK_HOLE), 4 * PAGE);
    EXPECT_EQ(lseek(file, 9 * PAGE, SEEK_HOLE), 10 * PAGE);
    EXPECT_EQ(lseek(file, 20 * PAGE - 1, SEEK_HOLE), 20 * PAGE - 1);
    EXPECT_ERROR(lseek(file, 20 * PAGE, SEEK_HOLE), ENXIO);
    EXPECT_ERROR(lseek(file, -1, SEEK_DATA), ENXIO);
    EXPECT_EQ(pwrite(file, "x", 1, 20 * PAGE - 1), 1);
    EXPECT_EQ(lseek(file, 20 * PAGE - 1, SEEK_HOLE), 20 * PAGE);
    leave_tmpfs();
}

TEST(ranges, advice_is_taken)
{
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_OK(pipe(ends));
    for (int advice = 0; advice <= 5; advice++)
        EXPECT_OK(CALL(fadvise64, file, 0L, 0L, advice));
    EXPECT_ERROR(CALL(fadvise64, file, 0L, 0L, 6), EINVAL);
    EXPECT_OK(CALL(fadvise64, file, 0L, 0L, 1L << 32)); /* an int */
    EXPECT_ERROR(CALL(fadvise64, file, 0L, -1L, 0), EINVAL);
    EXPECT_ERROR(CALL(fadvise64, ends[0], 0L, 0L, 0), ESPIPE);
    EXPECT_ERROR(CALL(fadvise64, -1, 0L, 0L, 0), EBADF);
    EXPECT_OK(CALL(readahead, file, 0L, (size_t)PAGE));
    EXPECT_ERROR(CALL(readahead, open("file", O_WRONLY), 0L, (size_t)PAGE), EBADF);
    EXPECT_ERROR(CALL(readahead, ends[0], 0L, (size_t)PAGE), EINVAL);
    EXPECT_OK(CALL(sync_file_range, file, 0L, 0L, 7));
    EXPECT_ERROR(CALL(sync_file_range, file, 0L, 0L, 8), EINVAL);
    EXPECT_ERROR(CALL(sync_file_range, file, -1L, 0L, 1), EINVAL);
    EXPECT_ERROR(CALL(sync_file_range, ends[0], 0L, 0L, 1), ESPIPE);
    EXPECT_OK(CALL(syncfs, file));
    EXPECT_ERROR(CALL(syncfs, -1), EBADF);
}
