/* Process groups and sessions. */
#include "support.h"

TEST(jobs, groups)
{
    EXPECT_EQ(getpgrp(), getpid()); /* each test has its own */
    EXPECT_EQ(getpgid(0), getpid());
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    EXPECT_EQ(getpgid(child), getpid());
    EXPECT_OK(setpgid(child, child));
    EXPECT_EQ(getpgid(child), child);
    EXPECT_OK(setpgid(child, getpid())); /* and back to an older one */
    EXPECT_EQ(getpgid(child), getpid());
    EXPECT_ERROR(setpgid(child, -1), EINVAL);
    EXPECT_ERROR(setpgid(child, 999999999), EPERM);
    EXPECT_ERROR(setpgid(999999999, 0), ESRCH);
    EXPECT_ERROR(getpgid(999999999), ESRCH);
    EXPECT_OK(kill(child, SIGKILL));
}

static void lead_a_session(void)
{
    pid_t child = fork(); /* the child is no leader of its group, so it may */
    if (child == 0)
        _exit(setsid() != getpid() || getsid(0) != getpid() || getpgrp() != getpid() ||
              setpgid(0, 0) == 0 || errno != EPERM || setsid() != -1 || errno != EPERM);
    int status = 1;
    waitpid(child, &status, 0);
    _exit(WEXITSTATUS(status));
}

TEST(jobs, sessions)
{
    EXPECT_ERROR(setsid(), EPERM); /* a leader of a group cannot */
    EXPECT_EQ(status_of(lead_a_session), 0);
    EXPECT_ERROR(getsid(999999999), ESRCH);
}

TEST(jobs, another_session_is_out_of_reach)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        setsid();
        write(ends[1], "x", 1);
        pause();
    }
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_ERROR(setpgid(child, getpid()), EPERM);
    EXPECT_EQ(getsid(child), child);
    EXPECT_OK(kill(child, SIGKILL));
}

static void exec_something(void)
{
    execl("/proc/self/exe", "self", "--child", NULL);
}

int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    pause();
    return 0;
}

TEST(jobs, a_child_that_has_executed_is_on_its_own)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe2(ends, O_CLOEXEC));
    pid_t child = fork();
    if (child == 0) {
        exec_something();
        _exit(1);
    }
    close(ends[1]);
    EXPECT_EQ(read(ends[0], &byte, 1), 0); /* closed by execve() */
    EXPECT_ERROR(setpgid(child, child), EACCES);
    EXPECT_OK(kill(child, SIGKILL));
}

/* When the last one outside that cares for a group ends, its stopped members get SIGHUP and
 * SIGCONT. */
TEST(jobs, an_orphaned_group_is_not_left_stopped)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    pid_t parent = fork();
    if (parent == 0) {
        pid_t child = fork();
        if (child == 0) {
            setpgid(0, 0);
            close(ends[0]);
            raise(SIGSTOP);
            write(ends[1], "x", 1); /* not reached: SIGHUP ends it */
            _exit(0);
        }
        waitpid(child, NULL, WUNTRACED);
        _exit(0);
    }
    close(ends[1]);
    EXPECT_EQ(waitpid(parent, NULL, 0), parent);
    EXPECT_EQ(read(ends[0], &byte, 1), 0);
}
