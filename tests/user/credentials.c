/* Users and groups, and what only user 0 may do. Where somebody else builds, there is nothing to
 * test: user 0 alone can become others. */
#include <grp.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "support.h"

static bool users_are(uid_t real, uid_t effective, uid_t saved)
{
    uid_t is[3];
    return getresuid(&is[0], &is[1], &is[2]) == 0 && is[0] == real && is[1] == effective &&
           is[2] == saved;
}

static bool groups_are(gid_t real, gid_t effective, gid_t saved)
{
    gid_t is[3];
    return getresgid(&is[0], &is[1], &is[2]) == 0 && is[0] == real && is[1] == effective &&
           is[2] == saved;
}

TEST(credentials, three_of_each_kind)
{
    NEEDS_ROOT();
    EXPECT_OK(CALL(setresgid, 5, 6, 7));
    EXPECT(groups_are(5, 6, 7));
    EXPECT_OK(CALL(setresuid, 1, 2, 3));
    EXPECT(users_are(1, 2, 3));
    EXPECT_ERROR(CALL(setresuid, -1, 0, -1), EPERM);
    EXPECT_ERROR(CALL(setresuid, 1, 2, 4), EPERM);
    EXPECT(users_are(1, 2, 3));
    EXPECT_OK(CALL(setresuid, -1, 3, -1));
    EXPECT(users_are(1, 3, 3));
    EXPECT_OK(CALL(setresgid, 7, 5, 6));
    EXPECT(groups_are(7, 5, 6));
    EXPECT_ERROR(CALL(setresgid, 7, 8, 6), EPERM);
    EXPECT_FAULT_EACH(bad, sizeof(uid_t), CALL(getresuid, bad, bad, bad));
}

TEST(credentials, one_and_two_at_once)
{
    NEEDS_ROOT();
    EXPECT_ERROR(CALL(setuid, -1), EINVAL);
    EXPECT_OK(CALL(setresuid, 0, USER, 0));
    EXPECT_ERROR(CALL(setuid, OTHER), EPERM);
    EXPECT_OK(CALL(setuid, 0)); /* back to the saved one */
    EXPECT(users_are(0, 0, 0));
    EXPECT_OK(CALL(setreuid, -1, USER));
    EXPECT(users_are(0, USER, USER));
    EXPECT_OK(CALL(setreuid, USER, 0));
    EXPECT(users_are(USER, 0, 0));
    EXPECT_OK(CALL(setreuid, -1, USER));
    EXPECT(users_are(USER, USER, 0));
    EXPECT_ERROR(CALL(setreuid, 0, -1), EPERM);
    EXPECT_OK(CALL(setregid, -1, -1));
    EXPECT_OK(CALL(setuid, 0));
    EXPECT_OK(CALL(setuid, OTHER));
    EXPECT(users_are(OTHER, OTHER, OTHER));
    EXPECT_ERROR(CALL(setuid, 0), EPERM);
    EXPECT_ERROR(CALL(setgid, GROUP), EPERM);
}

TEST(credentials, files_are_accessed_as_another_user)
{
    NEEDS_ROOT();
    make_file("a", "secret");
    EXPECT_OK(chmod("a", 0600));
    EXPECT_EQ(CALL(setfsuid, USER), 0);
    EXPECT_EQ(CALL(setfsuid, -1), USER);
    EXPECT_ERROR(open("a", O_RDONLY), EACCES);
    EXPECT_EQ(CALL(setfsuid, 0), USER);
    EXPECT_OK(open("a", O_RDONLY));
    EXPECT_EQ(CALL(setfsgid, GROUP), 0);
    make_file("b", "");
    struct stat status;
    EXPECT_OK(stat("b", &status));
    EXPECT_EQ(status.st_gid, GROUP);
}

TEST(credentials, more_groups)
{
    NEEDS_ROOT();
    gid_t list[4] = {GROUP, 10, 30};
    make_file("a", "for the group");
    EXPECT_OK(chown("a", 0, GROUP));
    EXPECT_OK(chmod("a", 0640));
    EXPECT_OK(CALL(setgroups, 3, list));
    EXPECT_EQ(getgroups(0, NULL), 3);
    EXPECT_EQ(getgroups(4, list), 3);
    EXPECT_EQ(list[0], 10);
    EXPECT_EQ(list[1], 30);
    EXPECT_EQ(list[2], GROUP);
    EXPECT_ERROR(getgroups(2, list), EINVAL);
    EXPECT_ERROR(CALL(getgroups, -1, list), EINVAL);
    EXPECT_FAULT_EACH(bad, sizeof(list), CALL(setgroups, 3, bad));
    EXPECT_FAULT_EACH(bad, 3 * sizeof(gid_t), CALL(getgroups, 3, bad));
    EXPECT_OK(CALL(setresgid, OTHER_GROUP, OTHER_GROUP, OTHER_GROUP));
    EXPECT_OK(CALL(setuid, USER));
    EXPECT_OK(open("a", O_RDONLY));
    EXPECT_ERROR(open("a", O_WRONLY), EACCES);
    EXPECT_ERROR(CALL(setgroups, 0, NULL), EPERM);
    if (fork() == 0)
        _exit(getgroups(4, list) != 3);
    int child;
    EXPECT(wait(&child) > 0);
    EXPECT_EQ(child, 0);
}

TEST(credentials, a_user_has_no_access_to_roots_files)
{
    NEEDS_ROOT();
    make_file("secret", "text");
    EXPECT_OK(chmod("secret", 0600));
    EXPECT_OK(mkdir("closed", 0700));
    EXPECT_OK(mkdir("open", 0755));
    make_file("open/file", "text");
    EXPECT_OK(mkdir("own", 0755));
    EXPECT_OK(chown("own", USER, GROUP));
    EXPECT_OK(mkdir("own/a", 0755));
    EXPECT_OK(chown("own/a", USER, GROUP));
    EXPECT_OK(mkdir("own/roots", 0755));
    make_file("script", "#!/bin/true\n");
    EXPECT_OK(chmod("script", 0644));
    become_user();
    EXPECT_ERROR(open("secret", O_RDONLY), EACCES);
    EXPECT_ERROR(open("secret", O_WRONLY), EACCES);
    EXPECT_ERROR(truncate("secret", 0), EACCES);
    EXPECT_ERROR(access("secret", R_OK), EACCES);
    EXPECT_ERROR(chmod("secret", 0777), EPERM);
    EXPECT_ERROR(chown("secret", USER, GROUP), EPERM);
    EXPECT_ERROR(open("closed/x", O_RDONLY), EACCES);
    EXPECT_ERROR(open("closed", O_RDONLY | O_DIRECTORY), EACCES);
    EXPECT_ERROR(chdir("closed"), EACCES);
    EXPECT_ERROR(unlink("open/file"), EACCES);
    EXPECT_ERROR(rename("open/file", "own/file"), EACCES);
    EXPECT_OK(rename("own/roots", "own/same"));
    EXPECT_ERROR(rename("own/same", "own/a/other"), EACCES); /* it would get another ".." */
    EXPECT_ERROR(open("open/new", O_WRONLY | O_CREAT, 0666), EACCES);
    EXPECT_ERROR(mkdir("open/new", 0777), EACCES);
    EXPECT_ERROR(symlink("x", "open/new"), EACCES);
    EXPECT_ERROR(execl("script", "script", NULL), EACCES);
    EXPECT_OK(chdir("own"));
    make_file("mine", "text");
    struct stat status;
    EXPECT_OK(stat("mine", &status));
    EXPECT_EQ(status.st_uid, USER);
    EXPECT_EQ(status.st_gid, GROUP);
    EXPECT_ERROR(chown("mine", OTHER, -1), EPERM);
    EXPECT_ERROR(chown("mine", -1, OTHER_GROUP), EPERM);
    EXPECT_OK(unlink("mine"));
}

TEST(credentials, a_sticky_directory_keeps_names_of_others)
{
    NEEDS_ROOT();
    EXPECT_OK(mkdir("tmp", 0777));
    EXPECT_OK(chmod("tmp", 01777));
    make_file("tmp/roots", "");
    become_user();
    make_file("tmp/mine", "");
    EXPECT_ERROR(unlink("tmp/roots"), EPERM);
    EXPECT_ERROR(rename("tmp/roots", "tmp/other"), EPERM);
    EXPECT_ERROR(rename("tmp/mine", "tmp/roots"), EPERM);
    EXPECT_OK(rename("tmp/mine", "tmp/other"));
    EXPECT_OK(unlink("tmp/other"));
}

TEST(credentials, a_user_signals_only_own_processes)
{
    NEEDS_ROOT();
    pid_t roots = fork();
    if (roots == 0) {
        pause_for(60000);
        _exit(0);
    }
    become_user();
    pid_t own = fork();
    if (own == 0) {
        pause_for(60000);
        _exit(0);
    }
    EXPECT_ERROR(kill(roots, SIGKILL), EPERM);
    EXPECT_ERROR(kill(roots, 0), EPERM);
    EXPECT_ERROR(kill(1, SIGTERM), EPERM);
    EXPECT_OK(kill(own, SIGKILL));
    int status;
    EXPECT_EQ(waitpid(own, &status, 0), own);
    EXPECT_EQ(status, SIGKILL);
}

/* A process with another effective user can still be signalled by its real user. */
TEST(credentials, a_process_can_be_signalled_by_its_real_and_saved_user)
{
    NEEDS_ROOT();
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        if (CALL(setresuid, OTHER, 0, USER) || write(ends[1], "x", 1) != 1)
            _exit(1);
        pause_for(60000);
        _exit(0);
    }
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    become_user();
    EXPECT_OK(kill(child, SIGKILL));
}

TEST(credentials, only_root_changes_the_system)
{
    NEEDS_ROOT();
    struct timeval now = {.tv_sec = 1000000000};
    struct timespec time = {.tv_sec = 1000000000};
    struct rlimit limit;
    EXPECT_OK(mkdir("place", 0777));
    EXPECT_OK(chmod("place", 0777));
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_max = limit.rlim_cur = 64;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    become_user();
    EXPECT_ERROR(settimeofday(&now, NULL), EPERM);
    EXPECT_ERROR(CALL(clock_settime, CLOCK_REALTIME, &time), EPERM);
    EXPECT_ERROR(sethostname("x", 1), EPERM);
    EXPECT_ERROR(mount("none", "place", "tmpfs", 0, NULL), EPERM);
    EXPECT_ERROR(umount("/proc"), EPERM);
    EXPECT_ERROR(chroot("place"), EPERM);
    EXPECT_ERROR(mknod("place/x", S_IFCHR | 0666, 0x103), EPERM);
    EXPECT_OK(mknod("place/fifo", S_IFIFO | 0666, 0));
    EXPECT_ERROR(CALL(reboot, 0xfee1dead, 672274793, 0, NULL), EPERM);
    limit.rlim_max = 65;
    EXPECT_ERROR(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
}

/* The program of the next tests: its exit status says as whom it acts. */
int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    if (getuid() != USER || getgid() != GROUP)
        return 1;
    if (getauxval(AT_UID) != USER || getauxval(AT_EUID) != geteuid() ||
        getauxval(AT_GID) != GROUP || getauxval(AT_EGID) != getegid())
        return 2;
    if (!getauxval(AT_SECURE) != (geteuid() == USER && getegid() == GROUP))
        return 3;
    if (geteuid() == OTHER && users_are(USER, OTHER, OTHER))
        return 10;
    if (getegid() == OTHER_GROUP && groups_are(GROUP, OTHER_GROUP, OTHER_GROUP))
        return 20;
    return geteuid() == USER && getegid() == GROUP ? 30 : 4;
}

/* Makes a copy of this program. */
static void copy_program(const char *path, uid_t user, gid_t group, mode_t mode)
{
    static char buffer[65536];
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT, 0755);
    for (ssize_t count; (count = read(from, buffer, sizeof(buffer))) > 0;) {
        if (write(to, buffer, (size_t)count) != count)
            _exit(1);
    }
    close(from);
    close(to);
    if (chown(path, user, group) || chmod(path, mode))
        _exit(1);
}

static int run_as_user(const char *path)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        become_user();
        execl(path, path, "--child", NULL);
        _exit(100);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(credentials, programs_that_run_as_their_owner)
{
    NEEDS_ROOT();
    copy_program("plain", OTHER, OTHER_GROUP, 0755);
    copy_program("user", OTHER, OTHER_GROUP, 04755);
    copy_program("group", OTHER, OTHER_GROUP, 02755);
    copy_program("no_group", OTHER, OTHER_GROUP, 02745);
    copy_program("hidden", OTHER, OTHER_GROUP, 04700);
    EXPECT_EQ(run_as_user("./plain"), 30);
    EXPECT_EQ(run_as_user("./user"), 10);
    EXPECT_EQ(run_as_user("./group"), 20);
    EXPECT_EQ(run_as_user("./no_group"), 30);
    EXPECT_EQ(run_as_user("./hidden"), 100);
}

TEST(credentials, no_new_privileges)
{
    NEEDS_ROOT();
    copy_program("user", OTHER, OTHER_GROUP, 06755);
    EXPECT_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    EXPECT_EQ(run_as_user("./user"), 30);
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST(credentials, a_change_ends_that_a_program_runs_as_its_owner)
{
    NEEDS_ROOT();
    make_file("by_root", "");
    make_file("by_other", "");
    make_file("cut", "1234");
    EXPECT_OK(chmod("by_root", 06777));
    EXPECT_OK(chmod("by_other", 06777));
    EXPECT_OK(chmod("cut", 04777));
    EXPECT_EQ(write(open("by_root", O_WRONLY), "x", 1), 1);
    EXPECT_EQ(mode_of("by_root"), 06777);
    EXPECT_OK(chown("by_root", 0, GROUP));
    EXPECT_EQ(mode_of("by_root"), 0777);
    become_user();
    EXPECT_EQ(write(open("by_other", O_WRONLY), "x", 1), 1);
    EXPECT_EQ(mode_of("by_other"), 0777);
    EXPECT_OK(ftruncate(open("cut", O_WRONLY), 2));
    EXPECT_EQ(mode_of("cut"), 0777);
}

TEST(credentials, a_change_counts_for_those_who_make_it)
{
    NEEDS_ROOT();
    make_file("of_others", "");
    make_file("of_group", "");
    EXPECT_OK(chown("of_group", 0, GROUP));
    EXPECT_OK(chmod("of_others", 06606)); /* no group may run it */
    EXPECT_OK(chmod("of_group", 06606));
    int of_others = open("of_others", O_RDWR), of_group = open("of_group", O_RDWR);
    EXPECT_EQ(write(of_others, "x", 1), 1);
    EXPECT_EQ(mode_of("of_others"), 06606);
    become_user();
    EXPECT_EQ(write(of_others, "x", 0), 0);
    EXPECT_EQ(mode_of("of_others"), 06606);
    EXPECT_EQ(write(of_others, "x", 1), 1);
    EXPECT_EQ(mode_of("of_others"), 0606);
    EXPECT_EQ(pwrite(of_group, "x", 1, 0), 1);
    EXPECT_EQ(mode_of("of_group"), 02606);
}

TEST(credentials, a_fifo_loses_such_bits_with_its_owner_but_not_by_a_write)
{
    NEEDS_ROOT();
    EXPECT_OK(mkfifo("fifo", 0));
    EXPECT_OK(chmod("fifo", 06777));
    EXPECT_OK(chown("fifo", USER, GROUP));
    EXPECT_EQ(mode_of("fifo"), 0777);
    EXPECT_OK(mkdir("directory", 0));
    EXPECT_OK(chmod("directory", 06777));
    EXPECT_OK(chown("directory", USER, GROUP));
    EXPECT_EQ(mode_of("directory"), 06777);
    EXPECT_OK(chmod("fifo", 06777));
    become_user();
    EXPECT_EQ(write(open("fifo", O_RDWR), "x", 1), 1);
    EXPECT_EQ(mode_of("fifo"), 06777);
}

TEST(credentials, no_program_for_a_group_to_which_one_does_not_belong)
{
    NEEDS_ROOT();
    make_file("a", "");
    EXPECT_OK(chown("a", USER, OTHER_GROUP));
    become_user();
    EXPECT_OK(chmod("a", 02755));
    EXPECT_EQ(mode_of("a"), 0755);
    EXPECT_OK(chown("a", -1, GROUP));
    EXPECT_OK(chmod("a", 02755));
    EXPECT_EQ(mode_of("a"), 02755);
}

TEST(credentials, what_proc_has_of_others)
{
    NEEDS_ROOT();
    char text[4096], path[64];
    become_user();
    snprintf(path, sizeof(path), "/proc/%d/status", getpid());
    int file = open(path, O_RDONLY);
    EXPECT_OK(file);
    ssize_t length = read(file, text, sizeof(text) - 1);
    EXPECT(length > 0);
    text[length] = '\0';
    EXPECT(strstr(text, "\nUid:\t1000\t1000\t1000\t1000\nGid:\t2000\t2000\t2000\t2000\n"));
    const char *const private[] = {"environ", "fd", "fdinfo", "maps", "smaps", "task/1/maps"};
    for (size_t i = 0; i < 6; i++) {
        snprintf(path, sizeof(path), "/proc/1/%s", private[i]);
        EXPECT_ERROR(open(path, O_RDONLY), EACCES);
    }
    EXPECT_OK(open("/proc/self/maps", O_RDONLY));
    EXPECT_OK(open("/proc/1/oom_score", O_RDONLY));
    EXPECT_ERROR(open("/proc/1/cwd/x", O_RDONLY), EACCES);
    EXPECT_ERROR(readlink("/proc/1/exe", text, sizeof(text)), EACCES);
    EXPECT(readlink("/proc/self/exe", text, sizeof(text)) > 0);
}
