/* Signals that are read from a file. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "support.h"

/* A file for some signals, which are blocked. */
static int file_for(int first, int second, int flags)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, first);
    sigaddset(&set, second);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, flags);
}

TEST(signalfd, reads_what_is_pending)
{
    struct signalfd_siginfo infos[3];
    int fd = file_for(SIGUSR1, SIGUSR2, SFD_NONBLOCK | SFD_CLOEXEC);
    EXPECT_OK(fd);
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    EXPECT_ERROR(read(fd, infos, sizeof(infos)), EAGAIN);
    EXPECT_OK(kill(getpid(), SIGUSR2));
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_ERROR(read(fd, infos, 100), EINVAL);
    EXPECT_EQ(read(fd, infos, sizeof(infos)), 2 * sizeof(infos[0]));
    EXPECT_EQ(infos[0].ssi_signo, SIGUSR1);
    EXPECT_EQ(infos[0].ssi_pid, getpid());
    EXPECT_EQ(infos[0].ssi_uid, getuid());
    EXPECT_EQ(infos[0].ssi_code, SI_USER);
    EXPECT_EQ(infos[1].ssi_signo, SIGUSR2);
    EXPECT_ERROR(read(fd, infos, sizeof(infos)), EAGAIN);
    sigset_t pending;
    EXPECT_OK(sigpending(&pending));
    EXPECT(!sigismember(&pending, SIGUSR1));
}

TEST(signalfd, waits)
{
    struct signalfd_siginfo info;
    int fd = file_for(SIGUSR1, SIGCHLD, 0);
    pid_t child = fork();
    if (child == 0) {
        let_sleep(getppid());
        kill(getppid(), SIGUSR1);
        pause_for(20);
        _exit(7);
    }
    EXPECT_EQ(read(fd, &info, sizeof(info)), sizeof(info));
    EXPECT_EQ(info.ssi_signo, SIGUSR1);
    EXPECT_EQ(info.ssi_pid, child);
    EXPECT_EQ(read(fd, &info, sizeof(info)), sizeof(info));
    EXPECT_EQ(info.ssi_signo, SIGCHLD);
    EXPECT_EQ(info.ssi_pid, child);
    EXPECT_EQ(info.ssi_code, CLD_EXITED);
    EXPECT_EQ(info.ssi_status, 7);
}

TEST(signalfd, poll_and_epoll)
{
    struct signalfd_siginfo info;
    struct epoll_event event = {.events = EPOLLIN};
    int fd = file_for(SIGUSR1, SIGUSR2, 0), epoll = epoll_create1(0), status;
    struct pollfd file = {fd, POLLIN, 0};
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    EXPECT_EQ(poll(&file, 1, 0), 0);
    EXPECT_EQ(epoll_wait(epoll, &event, 1, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        let_sleep(getppid());
        kill(getppid(), SIGUSR2);
        _exit(0);
    }
    EXPECT_EQ(epoll_wait(epoll, &event, 1, -1), 1);
    EXPECT_EQ(poll(&file, 1, -1), 1);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(read(fd, &info, sizeof(info)), sizeof(info));
    EXPECT_EQ(epoll_wait(epoll, &event, 1, 0), 0);
}

TEST(signalfd, another_set)
{
    struct signalfd_siginfo info;
    int fd = file_for(SIGUSR1, SIGUSR2, SFD_NONBLOCK);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_EQ(signalfd(fd, &set, 0), fd);
    EXPECT_ERROR(read(fd, &info, sizeof(info)), EAGAIN);
    EXPECT_ERROR(signalfd(0, &set, 0), EINVAL);
    EXPECT_ERROR(signalfd(999, &set, 0), EBADF);
    EXPECT_ERROR(CALL(signalfd4, -1, &set, 4, 0), EINVAL);
    EXPECT_ERROR(CALL(signalfd4, -1, &set, 8, 1), EINVAL);
    EXPECT_FAULT_EACH(bad, 8, CALL(signalfd4, -1, bad, 8, 0));
}
