/* A process learns of its children's ends and stops, and they of its end. */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "support.h"

#ifndef __WALL
#define __WALL 0x40000000
#endif
#ifndef __WCLONE
#define __WCLONE 0x80000000
#endif
#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

static siginfo_t info;

static pid_t start(void (*body)(void))
{
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    return child;
}

static void end_with_9(void)
{
    _exit(9);
}

static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static void stop(void)
{
    raise(SIGSTOP);
    pause_for(50);
    _exit(1);
}

TEST(children, waitid_tells_each_change)
{
    pid_t child = start(stop);
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WSTOPPED));
    EXPECT_EQ(info.si_signo, SIGCHLD);
    EXPECT_EQ(info.si_code, CLD_STOPPED);
    EXPECT_EQ(info.si_status, SIGSTOP);
    EXPECT_EQ(info.si_pid, child);
    EXPECT_EQ(info.si_uid, getuid());
    kill(child, SIGCONT);
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WCONTINUED));
    EXPECT_EQ(info.si_code, CLD_CONTINUED);
    EXPECT_EQ(info.si_status, SIGCONT);
    EXPECT_OK(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
    EXPECT_EQ(info.si_code, CLD_EXITED);
    EXPECT_EQ(info.si_status, 1);
    memset(&info, 0, sizeof(info));
    EXPECT_OK(waitid(P_PGID, (id_t)getpgrp(), &info, WEXITED));
    EXPECT_EQ(info.si_pid, child);
    EXPECT_ERROR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
    child = start(wait_for_ever);
    kill(child, SIGTERM);
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WEXITED));
    EXPECT_EQ(info.si_code, CLD_KILLED);
    EXPECT_EQ(info.si_status, SIGTERM);
}

TEST(children, waitid_checks)
{
    struct rusage usage;
    pid_t child = start(wait_for_ever);
    EXPECT_ERROR(CALL(waitid, P_PID, child, &info, 0, NULL), EINVAL);
    EXPECT_ERROR(CALL(waitid, P_PID, child, &info, WNOHANG, NULL), EINVAL);
    EXPECT_ERROR(CALL(waitid, P_PID, child, &info, WEXITED | 0x100, NULL), EINVAL);
    EXPECT_ERROR(CALL(waitid, 9, child, &info, WEXITED, NULL), EINVAL);
    EXPECT_ERROR(CALL(waitid, P_PID, 0, &info, WEXITED, NULL), EINVAL);
    EXPECT_ERROR(CALL(waitid, P_PID, -1, &info, WEXITED, NULL), EINVAL);
    EXPECT_ERROR(CALL(waitid, P_PGID, -1, &info, WEXITED, NULL), EINVAL);
    EXPECT_OK(CALL(waitid, P_PGID, 0, &info, WEXITED | WNOHANG, NULL));
    info.si_pid = info.si_signo = 1;
    EXPECT_OK(CALL(waitid, P_PID, child, &info, WEXITED | WNOHANG, &usage));
    EXPECT_EQ(info.si_pid, 0);
    EXPECT_EQ(info.si_signo, 0);
    kill(child, SIGKILL);
    EXPECT_OK(CALL(waitid, P_PID, child, NULL, WEXITED, &usage));
}

/* Children whose end gives another signal than SIGCHLD. */
TEST(children, those_of_clone)
{
    int status;
    signal(SIGUSR1, SIG_IGN);
    pid_t child = (pid_t)CALL(clone, SIGUSR1, NULL, NULL, NULL, NULL);
    if (child == 0)
        _exit(3);
    pid_t usual = start(end_with_9);
    EXPECT_EQ(waitpid(-1, &status, 0), usual);
    EXPECT_ERROR(waitpid(-1, &status, 0), ECHILD);
    EXPECT_ERROR(waitpid(child, &status, 0), ECHILD);
    EXPECT_OK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT | __WALL));
    EXPECT_EQ(CALL(wait4, -1, &status, (int)__WCLONE | __WNOTHREAD, NULL), child);
    EXPECT_EQ(status, 3 << 8);
    EXPECT_ERROR(CALL(wait4, -1, &status, (int)(__WCLONE | __WALL), NULL), ECHILD);
}

TEST(children, usage_is_told)
{
    struct rusage usage = {.ru_utime = {-1, 0}};
    int status;
    pid_t child = start(end_with_9);
    EXPECT_EQ(wait4(child, &status, 0, &usage), child);
    EXPECT(usage.ru_utime.tv_sec >= 0);
}

/* --- Orphans ---------------------------------------------------------------------------------- */

static int ends[2];

/* Leaves a grandchild, whose number goes through the pipe. */
static void leave_grandchild(void)
{
    pid_t grandchild = fork();
    if (grandchild == 0) {
        pause_for(30);
        _exit(getppid() == 1 ? 1 : 12);
    }
    (void)!write(ends[1], &grandchild, sizeof(grandchild));
    _exit(0);
}

TEST(children, a_subreaper_gets_orphans)
{
    int status, set;
    pid_t grandchild;
    EXPECT_OK(prctl(PR_GET_CHILD_SUBREAPER, &set));
    EXPECT_EQ(set, 0);
    EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    EXPECT_OK(prctl(PR_GET_CHILD_SUBREAPER, &set));
    EXPECT_EQ(set, 1);
    EXPECT_OK(pipe(ends));
    pid_t child = start(leave_grandchild);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(read(ends[0], &grandchild, sizeof(grandchild)), (ssize_t)sizeof(grandchild));
    EXPECT_EQ(waitpid(grandchild, &status, 0), grandchild);
    EXPECT_EQ(status, 12 << 8);
    pid_t other = fork();
    if (other == 0) {
        prctl(PR_GET_CHILD_SUBREAPER, &set);
        _exit(set);
    }
    EXPECT_EQ(waitpid(other, &status, 0), other);
    EXPECT_EQ(status, 0);
}

static void note_death(int signal)
{
    char byte = (char)signal;
    (void)!write(ends[1], &byte, 1);
    _exit(0);
}

static void have_a_child_that_learns(void)
{
    pid_t child = fork();
    int set;
    if (child == 0) {
        handle(SIGUSR1, note_death, 0);
        prctl(PR_GET_PDEATHSIG, &set);
        if (set == 0 && prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0)
            (void)!write(ends[1], "r", 1);
        wait_for_ever();
    }
    char byte;
    (void)!read(ends[0], &byte, 1);
    _exit(0);
}

TEST(children, a_signal_at_the_parents_death)
{
    char byte = 0;
    int set;
    EXPECT_ERROR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
    EXPECT_OK(prctl(PR_SET_PDEATHSIG, SIGUSR2));
    EXPECT_OK(prctl(PR_GET_PDEATHSIG, &set));
    EXPECT_EQ(set, SIGUSR2);
    EXPECT_OK(prctl(PR_SET_PDEATHSIG, 0));
    EXPECT_OK(pipe(ends));
    pid_t child = start(have_a_child_that_learns);
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(byte, SIGUSR1);
}

TEST(children, no_new_privileges)
{
    EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
    EXPECT_ERROR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
    EXPECT_ERROR(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
    EXPECT_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 5 : 6);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 5 << 8);
}

TEST(children, other_operations)
{
    char name[17] = "";
    long address = 1;
    EXPECT_OK(prctl(PR_SET_NAME, "a/b"));
    EXPECT_OK(prctl(PR_GET_NAME, name));
    EXPECT_STR(name, "a/b");
    EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1);
    EXPECT_OK(prctl(PR_SET_DUMPABLE, 0));
    EXPECT_EQ(prctl(PR_GET_DUMPABLE), 0);
    EXPECT_ERROR(prctl(PR_SET_DUMPABLE, 2), EINVAL);
    EXPECT_EQ(prctl(PR_GET_TIMERSLACK), 50000);
    CALL(set_tid_address, &address);
    long told = 0;
    EXPECT_OK(prctl(PR_GET_TID_ADDRESS, &told));
    EXPECT_EQ(told, (long)&address);
    CALL(set_tid_address, NULL);
    EXPECT_ERROR(prctl(9999, 0), EINVAL);
}

/* A child of clone() with CLONE_PARENT is a sibling. */
TEST(children, siblings)
{
    enum { PARENT = 0x8000 };
    pid_t self = getpid();
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        pid_t sibling = (pid_t)CALL(clone, PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
        if (sibling == 0)
            _exit(getppid() == self ? 4 : 5);
        (void)!write(ends[1], &sibling, sizeof(sibling));
        _exit(waitpid(sibling, NULL, 0) == -1 && errno == ECHILD ? 6 : 7);
    }
    pid_t sibling;
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 6 << 8);
    EXPECT_EQ(read(ends[0], &sibling, sizeof(sibling)), (ssize_t)sizeof(sibling));
    EXPECT_EQ(waitpid(sibling, &status, 0), sibling);
    EXPECT_EQ(status, 4 << 8);
}

TEST(children, vfork_of_a_sibling_waits_as_well)
{
    enum { VFORK = 0x4000, PARENT = 0x8000 };
    char order[2] = "";
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        if (CALL(clone, VFORK | PARENT | SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
            pause_for(100);
            _exit(write(ends[1], "s", 1) != 1);
        }
        _exit(write(ends[1], "c", 1) != 1);
    }
    EXPECT_EQ(read(ends[0], order, 1), 1);
    EXPECT_EQ(read(ends[0], order + 1, 1), 1);
    EXPECT(order[0] == 's' && order[1] == 'c');
}

TEST(children, clone_checks)
{
    enum { VM = 0x100, SIGHAND = 0x800, THREAD = 0x10000, SETTLS = 0x80000, DETACHED = 0x400000 };
    EXPECT_ERROR(CALL(clone, THREAD | VM, NULL, NULL, NULL, NULL), EINVAL);
    EXPECT_ERROR(CALL(clone, SIGHAND, NULL, NULL, NULL, NULL), EINVAL);
    EXPECT_ERROR(CALL(clone, SETTLS | SIGCHLD, NULL, NULL, NULL, 0x7ffffffff000), EPERM);
    unsigned long arguments[12] = {0};
    EXPECT_ERROR(CALL(clone3, arguments, 63), EINVAL);
    EXPECT_ERROR(CALL(clone3, arguments, 4097), E2BIG);
    arguments[11] = 1;
    EXPECT_ERROR(CALL(clone3, arguments, 96), E2BIG);
    arguments[11] = 0;
    arguments[0] = 17; /* the signal has a field of its own */
    EXPECT_ERROR(CALL(clone3, arguments, 64), EINVAL);
    arguments[0] = DETACHED;
    EXPECT_ERROR(CALL(clone3, arguments, 64), EINVAL);
    arguments[0] = 0;
    arguments[4] = 65;
    EXPECT_ERROR(CALL(clone3, arguments, 64), EINVAL);
    arguments[4] = SIGCHLD;
    arguments[5] = 4096; /* a stack without a size */
    EXPECT_ERROR(CALL(clone3, arguments, 64), EINVAL);
    arguments[5] = 0;
    int status;
    pid_t child = (pid_t)CALL(clone3, arguments, 64);
    if (child == 0)
        _exit(8);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 8 << 8);
}
