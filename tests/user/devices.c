/* Devices below /dev that need no hardware. */
#include <poll.h>

#include "support.h"

TEST(devices, null)
{
    char byte;
    int file = open("/dev/null", O_RDWR);
    EXPECT(file >= 0);
    EXPECT_EQ(write(file, "hello", 5), 5);
    EXPECT_EQ(read(file, &byte, 1), 0);
    EXPECT_EQ(lseek(file, 100, SEEK_SET), 0);
    EXPECT_OK(open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0644));
}

TEST(devices, zero)
{
    char bytes[100];
    memset(bytes, 'x', sizeof(bytes));
    int file = open("/dev/zero", O_RDWR);
    EXPECT_EQ(read(file, bytes, sizeof(bytes)), sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        EXPECT_EQ(bytes[i], 0);
    EXPECT_EQ(write(file, bytes, sizeof(bytes)), sizeof(bytes));
}

TEST(devices, full)
{
    char byte = 'x';
    int file = open("/dev/full", O_RDWR);
    EXPECT_EQ(read(file, &byte, 1), 1);
    EXPECT_EQ(byte, 0);
    EXPECT_ERROR(write(file, &byte, 1), ENOSPC);
}

TEST(devices, random)
{
    char one[32] = "", other[32] = "";
    EXPECT_EQ(read(open("/dev/urandom", O_RDONLY), one, sizeof(one)), sizeof(one));
    EXPECT_EQ(read(open("/dev/random", O_RDONLY), other, sizeof(other)), sizeof(other));
    EXPECT(memcmp(one, other, sizeof(one)) != 0);
}

TEST(devices, are_no_terminals)
{
    char settings[64];
    EXPECT_ERROR(CALL(ioctl, open("/dev/null", O_RDWR), 0x5401, settings), ENOTTY); /* TCGETS */
    make_file("a", "");
    EXPECT_ERROR(CALL(ioctl, open("a", O_RDWR), 0x5401, settings), ENOTTY);
    EXPECT_ERROR(CALL(ioctl, open("a", O_RDWR), 0x5413, settings), ENOTTY); /* TIOCGWINSZ */
    EXPECT_ERROR(CALL(ioctl, 77, 0x5401, settings), EBADF);
    EXPECT_EQ(isatty(open("a", O_RDWR)), 0);
}

TEST(devices, can_always_be_read)
{
    struct pollfd files[] = {{open("/dev/null", O_RDWR), POLLIN | POLLOUT, 0},
                             {open("/dev/zero", O_RDWR), POLLIN, 0}};
    EXPECT_EQ(poll(files, 2, -1), 2);
    EXPECT_EQ(files[0].revents, POLLIN | POLLOUT);
}

TEST(devices, no_terminal_without_a_session)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        _exit(open("/dev/tty", O_RDWR) >= 0 ? 1 : errno == ENXIO ? 0 : 2);
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}
