/* Processes: how they begin, how they end, and how others wait for them. */
#include <limits.h>
#include <sys/resource.h>

#include "support.h"

static void end_with_7(void)
{
    _exit(7);
}

static void end_with_300(void)
{
    _exit(300);
}

static void end_by_signal(void)
{
    kill(getpid(), SIGKILL);
}

TEST(processes, exit_statuses)
{
    EXPECT_EQ(status_of(end_with_7), 7 << 8);
    EXPECT_EQ(status_of(end_with_300), (300 & 0xff) << 8);
    EXPECT_EQ(status_of(end_by_signal), SIGKILL);
}

TEST(processes, fork_copies)
{
    int value = 1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        value = 2;
        _exit(getppid() == parent && getpid() != parent && value == 2 ? 0 : 1);
    }
    EXPECT(child > 0);
    int status;
    EXPECT_EQ(wait(&status), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(value, 1);
}

TEST(processes, wait_without_children)
{
    EXPECT_ERROR(wait(NULL), ECHILD);
    EXPECT_ERROR(waitpid(getpid(), NULL, 0), ECHILD);
    EXPECT_ERROR(waitpid(1, NULL, WNOHANG), ECHILD);
    EXPECT_ERROR(CALL(wait4, -1, NULL, 0x80, NULL), EINVAL);
}

TEST(processes, wait_for_one_of_several)
{
    pid_t children[3];
    int status;
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(i);
    }
    EXPECT_EQ(waitpid(children[1], &status, 0), children[1]);
    EXPECT_EQ(WEXITSTATUS(status), 1);
    EXPECT_ERROR(waitpid(children[1], &status, 0), ECHILD);
    int sum = 0;
    for (int i = 0; i < 2; i++) {
        EXPECT(wait(&status) > 0);
        sum += WEXITSTATUS(status);
    }
    EXPECT_EQ(sum, 2);
    EXPECT_ERROR(wait(&status), ECHILD);
}

TEST(processes, wait_does_not_hang)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit((int)read(ends[0], &byte, 1));
    }
    EXPECT_EQ(waitpid(child, NULL, WNOHANG), 0);
    close(ends[1]);
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(processes, wait_for_a_group)
{
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        _exit(5);
    }
    setpgid(child, child);
    int status;
    EXPECT_ERROR(waitpid(0, &status, 0), ECHILD); /* none in the test's own group */
    EXPECT_EQ(waitpid(-child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(processes, waitid)
{
    siginfo_t info = {0};
    pid_t child = fork();
    if (child == 0)
        _exit(9);
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    EXPECT_EQ(info.si_signo, SIGCHLD);
    EXPECT_EQ(info.si_code, CLD_EXITED);
    EXPECT_EQ(info.si_status, 9);
    EXPECT_EQ(info.si_pid, child);
    EXPECT_EQ(waitpid(child, NULL, 0), child);
}

TEST(processes, usage_of_a_child)
{
    struct rusage usage;
    memset(&usage, 0xff, sizeof(usage));
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    EXPECT_EQ(wait4(child, NULL, 0, &usage), child);
    EXPECT(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_sec < 60);
    EXPECT(usage.ru_stime.tv_usec >= 0 && usage.ru_stime.tv_usec < 1000000);
}

/* When a parent ends, its child gets another one: the first program, or another reaper. */
TEST(processes, orphans)
{
    int ends[2], wait_ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_OK(pipe(wait_ends));
    pid_t parent = fork();
    if (parent == 0) {
        if (fork() == 0) {
            char byte;
            close(wait_ends[1]);
            read(wait_ends[0], &byte, 1); /* until the parent is gone */
            pid_t now = getppid();
            _exit(write(ends[1], &now, sizeof(now)) != sizeof(now));
        }
        _exit(0);
    }
    pid_t now = 0;
    EXPECT_EQ(waitpid(parent, NULL, 0), parent);
    close(wait_ends[1]);
    EXPECT_EQ(read(ends[0], &now, sizeof(now)), sizeof(now));
    EXPECT(now != parent && now > 0);
}

static volatile int shared;

TEST(processes, vfork_shares_memory_and_waits)
{
    shared = 1;
    pid_t child = vfork();
    if (child == 0) {
        shared = 2;
        _exit(3);
    }
    EXPECT_EQ(shared, 2);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(processes, many_in_a_row)
{
    for (int i = 0; i < 200; i++)
        EXPECT_EQ(status_of(end_with_7), 7 << 8);
}

TEST(processes, many_at_once)
{
    enum { MANY = 50 };
    int ends[2], status, sum = 0;
    EXPECT_OK(pipe(ends));
    for (int i = 0; i < MANY; i++) {
        pid_t child = fork();
        if (child == 0) {
            char byte;
            close(ends[1]);
            read(ends[0], &byte, 1);
            _exit(i);
        }
        EXPECT(child > 0);
    }
    close(ends[1]);
    while (wait(&status) > 0)
        sum += WEXITSTATUS(status);
    EXPECT_EQ(sum, MANY * (MANY - 1) / 2);
}

TEST(processes, spinners_share_the_processor)
{
    pid_t children[3];
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (volatile int spin = 1; spin;) {
            }
        }
    }
    pause_for(100); /* this process runs again all the same */
    for (int i = 0; i < 3; i++) {
        int status;
        EXPECT_OK(kill(children[i], SIGTERM));
        EXPECT_EQ(waitpid(children[i], &status, 0), children[i]);
        EXPECT_EQ(status, SIGTERM);
    }
}

TEST(processes, kill_with_signal_0_sends_none)
{
    pid_t child = start_sleeper();
    EXPECT_OK(kill(child, 0));
    EXPECT_ERROR(kill(child, 65), EINVAL);
    EXPECT_ERROR(kill(child, -1), EINVAL);
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    EXPECT_ERROR(kill(child, 0), ESRCH);
    EXPECT_ERROR(kill(-child, 0), ESRCH);
}

TEST(processes, numbers_that_no_process_can_have)
{
    EXPECT_ERROR(CALL(wait4, INT_MIN, NULL, 0, NULL), ESRCH);
    EXPECT_ERROR(CALL(waitid, P_PGID, INT_MIN, NULL, WEXITED, NULL), EINVAL);
    EXPECT_ERROR(kill(INT_MIN, 0), ESRCH);
    EXPECT_ERROR(kill(-999999999, 65), ESRCH);
    EXPECT_ERROR(kill(999999999, 65), ESRCH);
    EXPECT_ERROR(kill(0, 65), EINVAL);
    EXPECT_ERROR(setpgid(999999999, -1), EINVAL);
}

int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    pause();
    return 0;
}

/* setpgid() has two reasons to refuse this child: it runs another program (EACCES) and is in
 * another session (EPERM), which is the one that it gives. */
TEST(processes, a_child_in_another_session_is_not_moved)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe2(ends, O_CLOEXEC));
    pid_t child = fork();
    if (child == 0) {
        setsid();
        execl("/proc/self/exe", "processes", "--child", NULL);
        _exit(1);
    }
    close(ends[1]);
    EXPECT_EQ(read(ends[0], &byte, 1), 0); /* the program runs */
    EXPECT_ERROR(setpgid(child, child), EPERM);
    EXPECT_OK(kill(child, SIGKILL));
}

TEST(processes, a_zombie_can_be_signalled)
{
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        _exit(4);
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    EXPECT_OK(kill(child, SIGKILL));
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 4 << 8);
}

TEST(processes, no_zombies_where_sigchld_is_ignored)
{
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    EXPECT_ERROR(waitpid(child, NULL, 0), ECHILD);
}
