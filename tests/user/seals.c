/*
 * Seals of files in memory: what nobody may do to one any more, fcntl(2).
 */
#include "support.h"

static int make(unsigned flags)
{
    int file = memfd_create("sealed", flags);
    if (ftruncate(file, 2 * PAGE) < 0 || write(file, "content", 7) != 7)
        return -1;
    return file;
}

static void *map_file(int file, int protection, int type)
{
    return mmap(NULL, PAGE, protection, type, file, 0);
}

TEST(seals, who_may_seal)
{
    int file = make(MFD_ALLOW_SEALING), plain = make(0), pipe_ends[2];
    char path[32];
    EXPECT_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
    EXPECT_ERROR(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW), EPERM);
    EXPECT_EQ(fcntl(file, F_GET_SEALS), 0);
    EXPECT_ERROR(fcntl(file, F_ADD_SEALS, 0x1000), EINVAL);
    EXPECT_OK(fcntl(file, F_ADD_SEALS, 0));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    int reader = open(path, O_RDONLY);
    EXPECT(reader >= 0);
    EXPECT_ERROR(fcntl(reader, F_ADD_SEALS, F_SEAL_GROW), EPERM);
    EXPECT_EQ(fcntl(reader, F_GET_SEALS), 0);
    EXPECT_OK(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
    EXPECT_OK(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL));
    EXPECT_EQ(fcntl(reader, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    EXPECT_ERROR(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
    EXPECT_OK(pipe(pipe_ends));
    EXPECT_ERROR(fcntl(pipe_ends[1], F_ADD_SEALS, F_SEAL_GROW), EINVAL);
    EXPECT_ERROR(fcntl(pipe_ends[1], F_GET_SEALS), EINVAL);
}

TEST(seals, the_size)
{
    int file = make(MFD_ALLOW_SEALING);
    EXPECT_OK(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK));
    EXPECT_ERROR(ftruncate(file, PAGE), EPERM);
    EXPECT_OK(ftruncate(file, 2 * PAGE));
    EXPECT_OK(ftruncate(file, 3 * PAGE));
    EXPECT_OK(fcntl(file, F_ADD_SEALS, F_SEAL_GROW));
    EXPECT_ERROR(ftruncate(file, 4 * PAGE), EPERM);
    EXPECT_ERROR(pwrite(file, "more", 4, 3 * PAGE), EPERM);
    EXPECT_ERROR(fallocate(file, 0, 3 * PAGE, PAGE), EPERM);
    EXPECT_EQ(pwrite(file, "more", 4, 3 * PAGE - 4), 4);
    EXPECT_OK(fallocate(file, 0, 0, PAGE));
    struct stat status;
    EXPECT_OK(fstat(file, &status));
    EXPECT_EQ(status.st_size, 3 * PAGE);
}

TEST(seals, the_content)
{
    int file = make(MFD_ALLOW_SEALING);
    char *shared = map_file(file, PROT_READ | PROT_WRITE, MAP_SHARED), bytes[8] = "";
    EXPECT(shared != MAP_FAILED);
    EXPECT_ERROR(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), EBUSY);
    EXPECT_EQ(fcntl(file, F_GET_SEALS), 0);
    EXPECT_OK(munmap(shared, PAGE));
    EXPECT_OK(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
    EXPECT_ERROR(pwrite(file, "x", 1, 0), EPERM);
    EXPECT_ERROR(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), EPERM);
    EXPECT_EQ((long)map_file(file, PROT_READ | PROT_WRITE, MAP_SHARED), (long)MAP_FAILED);
    EXPECT_EQ(errno, EPERM);
    char *own = map_file(file, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    EXPECT(own != MAP_FAILED);
    own[0] = 'C';
    EXPECT_EQ(pread(file, bytes, 7, 0), 7);
    EXPECT_EQ(strcmp(bytes, "content"), 0);
    EXPECT_OK(ftruncate(file, PAGE)); /* the size is not sealed */
}

TEST(seals, content_from_now_on)
{
    int file = make(MFD_ALLOW_SEALING);
    char *before = map_file(file, PROT_READ | PROT_WRITE, MAP_SHARED), byte;
    EXPECT(before != MAP_FAILED);
    EXPECT_OK(fcntl(file, F_ADD_SEALS, 0x10)); /* F_SEAL_FUTURE_WRITE */
    EXPECT_ERROR(pwrite(file, "x", 1, 0), EPERM);
    EXPECT_EQ((long)map_file(file, PROT_READ | PROT_WRITE, MAP_SHARED), (long)MAP_FAILED);
    EXPECT_EQ(errno, EPERM);
    char *later = map_file(file, PROT_READ, MAP_SHARED);
    EXPECT(later != MAP_FAILED);
    EXPECT_ERROR(mprotect(later, PAGE, PROT_READ | PROT_WRITE), EACCES);
    before[0] = 'X';
    EXPECT_EQ(later[0], 'X');
    EXPECT_EQ(pread(file, &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'X');
}
