/* Each call must refuse each address that is not the program's, with EFAULT. */
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

#include "support.h"

/* NULL means something to these calls, so it is not among the bad ones. */
#define EXPECT_FAULT_EACH_BUT_NULL(bad, size, call) \
    EXPECT_FAULT_EACH(bad, size, bad ? (call) : (errno = EFAULT, -1))

TEST(bad_pointers, read)
{
    make_file("a", "0123456789");
    int file = open("a", O_RDONLY);
    EXPECT_FAULT_EACH(bad, 1, CALL(read, file, bad, 1));
    EXPECT_FAULT_EACH(bad, 1, CALL(pread64, file, bad, 1, 0));
    EXPECT_ERROR(CALL(read, file, read_only_page(), 1), EFAULT);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 0);
}

TEST(bad_pointers, write)
{
    int file = open("a", O_WRONLY | O_CREAT, 0644);
    EXPECT_FAULT_EACH(bad, 1, CALL(write, file, bad, 1));
    EXPECT_FAULT_EACH(bad, 1, CALL(pwrite64, file, bad, 1, 0));
    EXPECT_EQ(lseek(file, 0, SEEK_END), 0);
}

TEST(bad_pointers, read_and_write_of_pipes)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_FAULT_EACH(bad, 1, CALL(write, ends[1], bad, 1));
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_FAULT_EACH(bad, 1, CALL(read, ends[0], bad, 1));
    char byte;
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
}

TEST(bad_pointers, vectors)
{
    make_file("a", "0123456789");
    int file = open("a", O_RDWR);
    EXPECT_FAULT_EACH(bad, sizeof(struct iovec), CALL(readv, file, bad, 1));
    EXPECT_FAULT_EACH(bad, sizeof(struct iovec), CALL(writev, file, bad, 1));
    struct iovec vector = {NULL, 1};
    EXPECT_FAULT_EACH(bad, 1, (vector.iov_base = bad, readv(file, &vector, 1)));
    EXPECT_FAULT_EACH(bad, 1, (vector.iov_base = bad, writev(file, &vector, 1)));
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 0);
}

/* A path is read up to its NUL, so half of it can be there: then it is the same as none. */
TEST(bad_pointers, paths)
{
    char *half = bad_pointer(BAD_POINTERS - 1, 8);
    memset(half, 'x', 4);
    EXPECT_ERROR(CALL(open, half, O_RDONLY), EFAULT);
    EXPECT_ERROR(CALL(stat, half, NULL), EFAULT);
    EXPECT_FAULT_EACH(bad, 1, CALL(open, bad, O_RDONLY));
    EXPECT_FAULT_EACH(bad, 1, CALL(open, bad, O_WRONLY | O_CREAT, 0644));
    EXPECT_FAULT_EACH(bad, 1, CALL(openat, AT_FDCWD, bad, O_RDONLY));
    EXPECT_FAULT_EACH(bad, 1, CALL(access, bad, F_OK));
    EXPECT_FAULT_EACH(bad, 1, CALL(chdir, bad));
    EXPECT_FAULT_EACH(bad, 1, CALL(mkdir, bad, 0755));
    EXPECT_FAULT_EACH(bad, 1, CALL(rmdir, bad));
    EXPECT_FAULT_EACH(bad, 1, CALL(unlink, bad));
    EXPECT_FAULT_EACH(bad, 1, CALL(chmod, bad, 0755));
    EXPECT_FAULT_EACH(bad, 1, CALL(truncate, bad, 0));
    EXPECT_FAULT_EACH(bad, 1, CALL(rename, bad, "b"));
    EXPECT_FAULT_EACH(bad, 1, CALL(link, bad, "b"));
    EXPECT_FAULT_EACH(bad, 1, CALL(symlink, bad, "b"));
    EXPECT_FAULT_EACH(bad, 1, CALL(execve, bad, NULL, NULL));
    make_file("a", "");
    EXPECT_FAULT_EACH(bad, 1, CALL(rename, "a", bad));
    EXPECT_FAULT_EACH(bad, 1, CALL(link, "a", bad));
    EXPECT_FAULT_EACH(bad, 1, CALL(symlink, "a", bad));
    EXPECT_OK(access("a", F_OK));
}

TEST(bad_pointers, stat)
{
    make_file("a", "");
    int file = open("a", O_RDONLY);
    EXPECT_FAULT_EACH(bad, sizeof(struct stat), CALL(stat, "a", bad));
    EXPECT_FAULT_EACH(bad, sizeof(struct stat), CALL(lstat, "a", bad));
    EXPECT_FAULT_EACH(bad, sizeof(struct stat), CALL(fstat, file, bad));
    EXPECT_FAULT_EACH(bad, sizeof(struct stat), CALL(newfstatat, AT_FDCWD, "a", bad, 0));
    EXPECT_ERROR(CALL(stat, "a", read_only_page()), EFAULT);
}

TEST(bad_pointers, names)
{
    EXPECT_OK(symlink("target", "link"));
    EXPECT_FAULT_EACH(bad, 6, CALL(readlink, "link", bad, 6));
    EXPECT_FAULT_EACH(bad, 1, CALL(getcwd, bad, PAGE));
    EXPECT_FAULT_EACH(bad, 24, CALL(getdents64, open(".", O_RDONLY), bad, PAGE));
}

TEST(bad_pointers, pipe)
{
    EXPECT_FAULT_EACH(bad, sizeof(int[2]), CALL(pipe, bad));
    EXPECT_FAULT_EACH(bad, sizeof(int[2]), CALL(pipe2, bad, 0));
    int file = open(".", O_RDONLY); /* no descriptor has been left open */
    EXPECT(file < 8);
}

TEST(bad_pointers, poll)
{
    EXPECT_FAULT_EACH(bad, sizeof(struct pollfd), CALL(poll, bad, 1, 0));
    struct pollfd none = {.fd = -1};
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(struct timespec), CALL(ppoll, &none, 1, bad, NULL, 8));
    EXPECT_FAULT_EACH_BUT_NULL(bad, 8, CALL(select, 64, bad, NULL, NULL, NULL));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(struct timeval), CALL(select, 0, NULL, NULL, NULL, bad));
}

TEST(bad_pointers, signals)
{
    uint64_t set = 0;
    EXPECT_FAULT_EACH_BUT_NULL(bad, 32, CALL(rt_sigaction, SIGUSR1, bad, NULL, 8));
    EXPECT_FAULT_EACH_BUT_NULL(bad, 32, CALL(rt_sigaction, SIGUSR1, NULL, bad, 8));
    EXPECT_FAULT_EACH_BUT_NULL(bad, 8, CALL(rt_sigprocmask, SIG_BLOCK, bad, NULL, 8));
    EXPECT_FAULT_EACH_BUT_NULL(bad, 8, CALL(rt_sigprocmask, SIG_BLOCK, &set, bad, 8));
    EXPECT_FAULT_EACH(bad, 8, CALL(rt_sigsuspend, bad, 8));
    EXPECT_FAULT_EACH(bad, 8, CALL(rt_sigpending, bad, 8));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(stack_t), CALL(sigaltstack, bad, NULL));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(stack_t), CALL(sigaltstack, NULL, bad));
}

TEST(bad_pointers, times)
{
    EXPECT_FAULT_EACH(bad, sizeof(struct timespec), CALL(nanosleep, bad, NULL));
    EXPECT_FAULT_EACH(bad, sizeof(struct timespec),
                      CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, bad, NULL));
    EXPECT_FAULT_EACH(bad, sizeof(struct timespec), CALL(clock_gettime, CLOCK_MONOTONIC, bad));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(struct timespec),
                               CALL(clock_getres, CLOCK_MONOTONIC, bad));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(struct timeval), CALL(gettimeofday, bad, NULL));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(time_t), CALL(time, bad));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(struct itimerval),
                               CALL(setitimer, ITIMER_REAL, bad, NULL));
    EXPECT_FAULT_EACH(bad, sizeof(struct itimerval), CALL(getitimer, ITIMER_REAL, bad));
}

TEST(bad_pointers, system)
{
    EXPECT_FAULT_EACH(bad, sizeof(struct utsname), CALL(uname, bad));
    EXPECT_FAULT_EACH(bad, 112 /* Linux's; the C library's is larger */, CALL(sysinfo, bad));
    EXPECT_FAULT_EACH(bad, sizeof(struct rusage), CALL(getrusage, RUSAGE_SELF, bad));
    EXPECT_FAULT_EACH(bad, sizeof(struct rlimit), CALL(getrlimit, RLIMIT_STACK, bad));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(struct rlimit),
                               CALL(prlimit64, 0, RLIMIT_STACK, NULL, bad));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(struct rlimit),
                               CALL(prlimit64, 0, RLIMIT_STACK, bad, NULL));
    EXPECT_FAULT_EACH(bad, 1, CALL(getrandom, bad, 1, 0));
    EXPECT_FAULT_EACH(bad, sizeof(long), CALL(arch_prctl, 0x1003, bad)); /* ARCH_GET_FS */
}

TEST(bad_pointers, wait)
{
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    siginfo_t info;
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    EXPECT_ERROR(CALL(wait4, child, 0xffff800000000000, 0, NULL), EFAULT);
    EXPECT_ERROR(waitpid(child, NULL, 0), ECHILD); /* it is gone all the same */
}

TEST(bad_pointers, arguments)
{
    char *null = NULL;
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(char *), CALL(execve, "/proc/self/exe", bad, &null));
    EXPECT_FAULT_EACH_BUT_NULL(bad, sizeof(char *), CALL(execve, "/proc/self/exe", &null, bad));
    EXPECT_FAULT_EACH_BUT_NULL(bad, 1,
                               CALL(execve, "/proc/self/exe", ((void *[]){bad, NULL}), &null));
}

TEST(bad_pointers, terminals)
{
    EXPECT_ERROR(CALL(ioctl, open(".", O_RDONLY), 0x5401, NULL), ENOTTY); /* TCGETS */
}
