/* Descriptors of processes. */
#include <poll.h>

#include "support.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define PIDFD_OPEN        434
#define PIDFD_SEND_SIGNAL 424

static int open_of(pid_t process)
{
    return (int)syscall(PIDFD_OPEN, process, 0);
}

static pid_t start(int status)
{
    pid_t child = fork();
    if (child == 0) {
        if (status < 0)
            pause();
        pause_for(20);
        _exit(status);
    }
    return child;
}

TEST(pidfd, ready_when_the_process_ends)
{
    siginfo_t info;
    pid_t child = start(6);
    int fd = open_of(child);
    EXPECT_OK(fd);
    EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    EXPECT_EQ(poll(&wanted, 1, 0), 0);
    EXPECT_EQ(poll(&wanted, 1, 5000), 1);
    EXPECT_EQ(wanted.revents, POLLIN);
    EXPECT_OK(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    EXPECT_EQ(info.si_pid, child);
    EXPECT_EQ(info.si_status, 6);
    EXPECT_EQ(poll(&wanted, 1, 0), 1);
    EXPECT(wanted.revents & POLLIN);
    EXPECT_ERROR(waitid(P_PIDFD, (id_t)fd, &info, WEXITED), ECHILD);
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, fd, 0, NULL, 0), ESRCH);
    EXPECT_ERROR(open_of(child), ESRCH);
    char byte;
    EXPECT_ERROR(read(fd, &byte, 1), EINVAL);
}

TEST(pidfd, signals)
{
    siginfo_t info;
    pid_t child = start(-1);
    int fd = open_of(child), status;
    EXPECT_OK(syscall(PIDFD_SEND_SIGNAL, fd, 0, NULL, 0));
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, fd, 65, NULL, 0), EINVAL);
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, 0, SIGTERM, NULL, 0), EBADF);
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, 999, SIGTERM, NULL, 0), EBADF);
    memset(&info, 0, sizeof(info));
    info.si_signo = SIGTERM;
    info.si_code = SI_USER;
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, fd, SIGTERM, &info, 0), EPERM);
    info.si_code = SI_QUEUE;
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, fd, SIGKILL, &info, 0), EINVAL);
    EXPECT_OK(syscall(PIDFD_SEND_SIGNAL, fd, SIGTERM, &info, 0));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, SIGTERM);
}

TEST(pidfd, checks)
{
    siginfo_t info;
    EXPECT_ERROR(open_of(0), EINVAL);
    EXPECT_ERROR(open_of(-1), EINVAL);
    EXPECT_ERROR(open_of(1 << 30), ESRCH);
    EXPECT_ERROR(syscall(PIDFD_OPEN, getpid(), O_APPEND), EINVAL);
    EXPECT_ERROR(waitid(P_PIDFD, (id_t)-1, &info, WEXITED), EINVAL);
    EXPECT_ERROR(waitid(P_PIDFD, 999, &info, WEXITED), EBADF);
    EXPECT_ERROR(waitid(P_PIDFD, 0, &info, WEXITED), EBADF);
    int self = open_of(getpid());
    EXPECT_ERROR(waitid(P_PIDFD, (id_t)self, &info, WEXITED), ECHILD);
}

/* As killall names a process. */
TEST(pidfd, a_directory_of_proc_is_one_for_signals)
{
    char name[32];
    int status;
    pid_t child = start(-1);
    snprintf(name, sizeof(name), "/proc/%d", child);
    int fd = open(name, O_RDONLY | O_DIRECTORY);
    EXPECT_OK(fd);
    EXPECT_OK(syscall(PIDFD_SEND_SIGNAL, fd, 0, NULL, 0));
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, open("/proc", O_RDONLY), 0, NULL, 0), EBADF);
    EXPECT_OK(syscall(PIDFD_SEND_SIGNAL, fd, SIGKILL, NULL, 0));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, SIGKILL);
    EXPECT_ERROR(syscall(PIDFD_SEND_SIGNAL, fd, 0, NULL, 0), ESRCH);
}

TEST(pidfd, does_not_block)
{
    siginfo_t info;
    pid_t child = start(-1);
    int fd = (int)syscall(PIDFD_OPEN, child, O_NONBLOCK);
    EXPECT_OK(fd);
    EXPECT_ERROR(waitid(P_PIDFD, (id_t)fd, &info, WEXITED), EAGAIN);
    EXPECT_OK(waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG));
    kill(child, SIGKILL);
}

TEST(pidfd, from_clone)
{
    enum { PIDFD = 0x1000, PARENT_SETTID = 0x100000 };
    int fd = -1, status;
    pid_t child = (pid_t)CALL(clone, PIDFD | SIGCHLD, NULL, &fd, NULL, NULL);
    if (child == 0)
        _exit(4);
    EXPECT(fd >= 0);
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    EXPECT_EQ(poll(&wanted, 1, 5000), 1);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 4 << 8);
    EXPECT_ERROR(CALL(clone, PIDFD | PARENT_SETTID | SIGCHLD, NULL, &fd, NULL, NULL), EINVAL);
    EXPECT_ERROR(CALL(clone, PIDFD | SIGCHLD, NULL, (void *)8, NULL, NULL), EFAULT);
    unsigned long arguments[8] = {PIDFD, (unsigned long)&fd, 0, 0, SIGCHLD};
    fd = -1;
    child = (pid_t)CALL(clone3, arguments, 64);
    if (child == 0)
        _exit(5);
    EXPECT(fd >= 0);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 5 << 8);
}
