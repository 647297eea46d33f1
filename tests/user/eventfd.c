/* eventfd(): a counter that is a file. */
#include <poll.h>
#include <sys/eventfd.h>

#include "support.h"

/* Reads the counter; 0: there is nothing to read. */
static eventfd_t count_of(int fd)
{
    eventfd_t count = 0;
    return eventfd_read(fd, &count) < 0 ? 0 : count;
}

TEST(eventfd, counts)
{
    char eight[8];
    int fd = eventfd(3, 0);
    EXPECT_OK(fd);
    EXPECT_OK(eventfd_write(fd, 4));
    EXPECT_EQ(count_of(fd), 7);
    int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
    EXPECT_EQ(count_of(semaphore), 1);
    EXPECT_EQ(count_of(semaphore), 1);
    EXPECT_ERROR(read(semaphore, eight, 8), EAGAIN);
    EXPECT_EQ(fcntl(semaphore, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(semaphore, F_GETFL), O_RDWR | O_NONBLOCK);
    EXPECT_ERROR(eventfd(0, 2), EINVAL);
    EXPECT_EQ(lseek(fd, 5, SEEK_SET), 0);
    EXPECT_ERROR(pread(fd, eight, 8, 0), ESPIPE);
    EXPECT_ERROR(read(fd, eight, 7), EINVAL);
    EXPECT_ERROR(write(fd, eight, 7), EINVAL);
    EXPECT_ERROR(eventfd_write(fd, -1ULL), EINVAL);
}

TEST(eventfd, has_a_limit)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    struct pollfd file = {fd, POLLIN | POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLOUT);
    EXPECT_OK(eventfd_write(fd, -2ULL));
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLIN);
    EXPECT_ERROR(eventfd_write(fd, 1), EAGAIN);
    EXPECT_OK(eventfd_write(fd, 0));
    EXPECT_EQ(count_of(fd), -2ULL);
}

TEST(eventfd, waits_for_a_count_and_for_room)
{
    int there = eventfd(0, 0), back = eventfd(0, 0);
    pid_t child = fork();
    if (child == 0) {
        eventfd_t count = count_of(there);
        eventfd_write(back, count + 1);
        eventfd_write(back, -2ULL - count); /* waits until there is room */
        _exit(0);
    }
    let_sleep(child);
    EXPECT_OK(eventfd_write(there, 5));
    let_sleep(child);
    EXPECT_EQ(count_of(back), 6);
    EXPECT_EQ(count_of(back), -7ULL);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(eventfd, waits_are_interrupted)
{
    char eight[8];
    int fd = eventfd(0, 0);
    handle(SIGALRM, do_nothing, 0);
    ualarm(20000, 20000); /* again and again: a signal that comes before the call ends no wait */
    EXPECT_ERROR(read(fd, eight, 8), EINTR);
    EXPECT_OK(eventfd_write(fd, -2ULL));
    EXPECT_ERROR(eventfd_write(fd, 1), EINTR);
}
