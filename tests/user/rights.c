/* What a process may do to others and to their files, and what it loses when it becomes another
 * user. Where somebody else than root builds, there is nothing to test. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "support.h"

enum { THIRD = 1002 };

/* --- Files ------------------------------------------------------------------------------------ */

TEST(rights, only_the_owner_hides_accesses)
{
    NEEDS_ROOT();
    make_file("a", "");
    int file = open("a", O_RDONLY), hidden = open("a", O_RDONLY | O_NOATIME);
    EXPECT_OK(fcntl(file, F_SETFL, O_NOATIME));
    EXPECT_OK(fcntl(file, F_SETFL, 0));
    EXPECT_OK(setresuid(USER, USER, USER));
    EXPECT_ERROR(fcntl(file, F_SETFL, O_NOATIME), EPERM);
    EXPECT_OK(fcntl(hidden, F_SETFL, O_NOATIME)); /* it is so already */
}

/* Who is given an open file does not get a name of it. */
TEST(rights, only_root_names_an_open_file)
{
    NEEDS_ROOT();
    make_file("a", "");
    int file = open("a", O_RDONLY);
    EXPECT_OK(linkat(file, "", AT_FDCWD, "b", AT_EMPTY_PATH));
    EXPECT_OK(chown("a", USER, USER));
    EXPECT_OK(setresuid(USER, USER, USER));
    EXPECT_ERROR(linkat(file, "", AT_FDCWD, "c", AT_EMPTY_PATH), ENOENT);
}

/* access() is as the real user already on the way to the file. */
TEST(rights, access_walks_as_the_real_user)
{
    NEEDS_ROOT();
    EXPECT_OK(mkdir("d", 0700));
    make_file("d/a", "");
    EXPECT_OK(chmod("d/a", 0666));
    EXPECT_OK(setresuid(0, USER, 0));
    EXPECT_OK(access("d/a", R_OK | W_OK));
    EXPECT_ERROR(CALL(faccessat2, AT_FDCWD, "d/a", R_OK, AT_EACCESS), EACCES);
    EXPECT_OK(setresuid(0, 0, 0));
    EXPECT_OK(setresgid(USER, 0, 0));
    EXPECT_OK(setresuid(USER, 0, 0));
    EXPECT_ERROR(access("d/a", F_OK), EACCES);
    EXPECT_OK(CALL(faccessat2, AT_FDCWD, "d/a", R_OK, AT_EACCESS));
}

/* A user learns first that a name is wrong. */
TEST(rights, names_come_before_permissions)
{
    NEEDS_ROOT();
    EXPECT_OK(setresuid(USER, USER, USER));
    EXPECT_ERROR(chroot("none"), ENOENT);
    EXPECT_ERROR(chroot("."), EPERM);
    EXPECT_ERROR(mount("none", "none", "tmpfs", 0, NULL), ENOENT);
    EXPECT_ERROR(mount("none", ".", "tmpfs", 0, NULL), EPERM);
    EXPECT_ERROR(umount("none"), ENOENT);
    EXPECT_ERROR(umount("."), EPERM);
}

/* --- Processes -------------------------------------------------------------------------------- */

static void wait_as_a_user_that_can_go_back(void)
{
    if (setresuid(USER, USER, 0) == 0)
        pause();
}

TEST(rights, limits_of_a_process_that_can_become_root)
{
    NEEDS_ROOT();
    struct rlimit limit;
    pid_t child = fork();
    if (child == 0) {
        wait_as_a_user_that_can_go_back();
        _exit(1);
    }
    let_sleep(child);
    EXPECT_OK(setresuid(USER, USER, USER));
    EXPECT_ERROR(prlimit(child, RLIMIT_CORE, NULL, &limit), EPERM);
}

/* Of a group with a process of root, the user's own get nicer, and the call fails. */
TEST(rights, niceness_and_processors_of_a_group)
{
    NEEDS_ROOT();
    cpu_set_t processors;
    pid_t self = getpid();
    CPU_ZERO(&processors);
    CPU_SET(0, &processors);
    EXPECT_OK(setpriority(PRIO_PROCESS, 0, 0)); /* whatever the tests run with */
    pid_t child = fork();
    if (child == 0) {
        if (setresuid(USER, USER, USER) < 0)
            _exit(2);
        if (setpriority(PRIO_PGRP, 0, 5) == 0 || errno != EPERM)
            _exit(3);
        if (getpriority(PRIO_PROCESS, 0) != 5 || getpriority(PRIO_PROCESS, self) != 0)
            _exit(4);
        _exit(sched_setaffinity(self, sizeof(processors), &processors) == 0 || errno != EPERM);
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

/* kill(-1) does not tell of those that it may not signal. */
TEST(rights, a_signal_to_all_that_nobody_gets)
{
    NEEDS_ROOT();
    EXPECT_OK(setresuid(54321, 54321, 54321));
    EXPECT_OK(kill(-1, 0));
}

TEST(rights, a_saved_user_can_be_sent_along)
{
    NEEDS_ROOT();
    char control[CMSG_SPACE(sizeof(struct ucred))] = "", byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int ends[2], on = 1;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    EXPECT_OK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    EXPECT_OK(setresgid(USER, OTHER, THIRD));
    EXPECT_OK(setresuid(USER, OTHER, THIRD));
    header->cmsg_len = CMSG_LEN(sizeof(struct ucred));
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    struct ucred saved = {getpid(), THIRD, THIRD}, wrong = {getpid(), THIRD, USER + 5};
    memcpy(CMSG_DATA(header), &saved, sizeof(saved));
    EXPECT_EQ(sendmsg(ends[0], &message, 0), 1);
    memcpy(CMSG_DATA(header), &wrong, sizeof(wrong));
    EXPECT_ERROR(sendmsg(ends[0], &message, 0), EPERM);
}

/* --- Becoming another user -------------------------------------------------------------------- */

TEST(rights, another_user_is_not_looked_into_and_gets_no_signal)
{
    NEEDS_ROOT();
    int signal = 0;
    EXPECT_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    EXPECT_OK(setresuid(-1, -1, USER)); /* only the effective user counts */
    EXPECT_OK(prctl(PR_GET_PDEATHSIG, &signal));
    EXPECT_EQ(signal, SIGUSR1);
    EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1);
    EXPECT_OK(setresuid(USER, USER, USER));
    EXPECT_OK(prctl(PR_GET_PDEATHSIG, &signal));
    EXPECT_EQ(signal, 0);
    EXPECT_EQ(prctl(PR_GET_DUMPABLE), 0);
}

int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    return (int)prctl(PR_GET_DUMPABLE);
}

static void execute_not_dumpable(void)
{
    if (prctl(PR_SET_DUMPABLE, 0) == 0)
        execl("/proc/self/exe", "rights", "--child", NULL);
}

TEST(rights, a_new_program_can_be_looked_into)
{
    EXPECT_EQ(status_of(execute_not_dumpable), 1 << 8);
}
