/* Descriptors: their copies, their flags, their limit. */
#include <sched.h>
#include <sys/resource.h>

#include "support.h"

TEST(descriptors, dup_shares_the_position)
{
    make_file("a", "0123456789");
    int file = open("a", O_RDONLY);
    int copy = dup(file);
    EXPECT_EQ(copy, file + 1);
    EXPECT_EQ(lseek(file, 5, SEEK_SET), 5);
    EXPECT_EQ(lseek(copy, 0, SEEK_CUR), 5);
    close(file);
    char byte;
    EXPECT_EQ(read(copy, &byte, 1), 1);
    EXPECT_EQ(byte, '5');
    EXPECT_ERROR(dup(file), EBADF);
}

TEST(descriptors, dup2)
{
    make_file("a", "a");
    make_file("b", "b");
    int a = open("a", O_RDONLY), b = open("b", O_RDONLY);
    EXPECT_EQ(dup2(a, b), b); /* which closes b */
    char byte;
    EXPECT_EQ(read(b, &byte, 1), 1);
    EXPECT_EQ(byte, 'a');
    EXPECT_EQ(dup2(a, a), a);
    EXPECT_EQ(dup2(a, 100), 100);
    EXPECT_ERROR(dup2(77, 78), EBADF);
    EXPECT_ERROR(dup2(77, 77), EBADF);
    EXPECT_ERROR(dup2(a, -1), EBADF);
    EXPECT_ERROR(dup2(a, 1 << 24), EBADF);
}

TEST(descriptors, dup3)
{
    make_file("a", "a");
    int a = open("a", O_RDONLY);
    EXPECT_EQ(dup3(a, 50, O_CLOEXEC), 50);
    EXPECT_EQ(fcntl(50, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(dup3(a, 50, 0), 50);
    EXPECT_EQ(fcntl(50, F_GETFD), 0);
    EXPECT_ERROR(CALL(dup3, a, a, 0), EINVAL);
    EXPECT_ERROR(CALL(dup3, a, 51, O_APPEND), EINVAL);
}

TEST(descriptors, close_on_exec_belongs_to_the_descriptor)
{
    make_file("a", "a");
    int file = open("a", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(dup(file), F_GETFD), 0);
    EXPECT_OK(fcntl(file, F_SETFD, 0));
    EXPECT_EQ(fcntl(file, F_GETFD), 0);
}

TEST(descriptors, fcntl_copies)
{
    make_file("a", "a");
    int file = open("a", O_RDONLY);
    EXPECT_EQ(fcntl(file, F_DUPFD, 40), 40);
    EXPECT_EQ(fcntl(file, F_DUPFD, 40), 41);
    EXPECT_EQ(fcntl(40, F_GETFD), 0);
    EXPECT_EQ(fcntl(file, F_DUPFD_CLOEXEC, 40), 42);
    EXPECT_EQ(fcntl(42, F_GETFD), FD_CLOEXEC);
    EXPECT_ERROR(fcntl(file, F_DUPFD, -1), EINVAL);
    EXPECT_ERROR(fcntl(77, F_GETFD), EBADF);
    EXPECT_ERROR(CALL(fcntl, file, 9999, 0), EINVAL);
}

TEST(descriptors, status_flags)
{
    make_file("a", "a");
    enum { LARGE_FILE = 0100000 };
    int file = open("a", O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    EXPECT_EQ(fcntl(file, F_GETFL) & ~LARGE_FILE, O_RDWR | O_APPEND);
    int copy = dup(file);
    EXPECT_OK(fcntl(file, F_SETFL, O_NONBLOCK));
    EXPECT_EQ(fcntl(copy, F_GETFL) & ~LARGE_FILE, O_RDWR | O_NONBLOCK);
    EXPECT_OK(fcntl(file, F_SETFL, O_RDONLY)); /* the direction stays */
    EXPECT_EQ(fcntl(copy, F_GETFL) & ~LARGE_FILE, O_RDWR);
}

TEST(descriptors, the_limit)
{
    struct rlimit limit;
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 20;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    make_file("a", "a");
    int file;
    while ((file = open("a", O_RDONLY)) >= 0)
        EXPECT(file < 20);
    EXPECT_EQ(errno, EMFILE);
    int ends[2];
    EXPECT_ERROR(dup(0), EMFILE);
    EXPECT_ERROR(pipe(ends), EMFILE);
    EXPECT_ERROR(dup2(0, 20), EBADF);
    EXPECT_ERROR(fcntl(0, F_DUPFD, 20), EINVAL);
    EXPECT_ERROR(fcntl(0, F_DUPFD, 19), EMFILE);
    limit.rlim_cur = 0;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_ERROR(dup(0), EMFILE);
    EXPECT_ERROR(pipe(ends), EMFILE);
    EXPECT_ERROR(fcntl(0, F_DUPFD, 0), EINVAL);
}

int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 0;
}

TEST(descriptors, an_exec_leaves_a_shared_table_as_it_is)
{
    int status, file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t child = (pid_t)CALL(clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) {
        execl("/proc/self/exe", "descriptors", "--child", NULL);
        _exit(1);
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC); /* it is still open */
}

TEST(descriptors, fork_shares_positions_and_not_the_table)
{
    make_file("a", "0123456789");
    int file = open("a", O_RDONLY);
    pid_t child = fork();
    if (child == 0) {
        lseek(file, 7, SEEK_SET);
        close(file);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 7);
}
