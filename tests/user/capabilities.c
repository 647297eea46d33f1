/* What of root's rights a process has. */
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/time.h>

#include "support.h"

enum { VERSION_1 = 0x19980330, VERSION_3 = 0x20080522, CAP_KILL = 5 };

struct header {
    unsigned version;
    int process;
};

struct sets {
    struct {
        unsigned effective, permitted, inheritable;
    } halves[2];
};

static long get(int process, struct sets *sets)
{
    struct header header = {VERSION_3, process};
    memset(sets, 0xff, sizeof(*sets));
    return CALL(capget, &header, sets);
}

static long set(int process, const struct sets *sets)
{
    struct header header = {VERSION_3, process};
    return CALL(capset, &header, sets);
}

TEST(capabilities, of_root)
{
    NEEDS_ROOT();
    struct sets sets;
    EXPECT_OK(get(0, &sets));
    EXPECT_EQ(sets.halves[0].effective, sets.halves[0].permitted);
    EXPECT_EQ(sets.halves[1].effective, sets.halves[1].permitted);
    EXPECT(sets.halves[0].effective & 1 << CAP_KILL);
    EXPECT_OK(set(0, &sets));
    EXPECT_OK(set(getpid(), &sets));
    EXPECT_OK(get(getppid(), &sets));
    EXPECT_ERROR(set(getppid(), &sets), EPERM);
    EXPECT_ERROR(get(1 << 30, &sets), ESRCH);
    EXPECT_ERROR(get(-1, &sets), EINVAL);
}

TEST(capabilities, of_others)
{
    NEEDS_ROOT();
    struct sets sets;
    EXPECT_OK(setresuid(1000, 1000, 1000));
    EXPECT_OK(get(0, &sets));
    EXPECT_EQ(sets.halves[0].effective | sets.halves[0].permitted, 0);
    EXPECT_EQ(sets.halves[1].effective | sets.halves[1].permitted, 0);
    EXPECT_OK(set(0, &sets));
    sets.halves[0].permitted = 1 << CAP_KILL;
    EXPECT_ERROR(set(0, &sets), EPERM);
}

/* A process of another effective user keeps what it may take back. */
TEST(capabilities, of_root_for_a_while)
{
    NEEDS_ROOT();
    struct sets sets;
    EXPECT_OK(setresuid(0, 1000, 0));
    EXPECT_OK(get(0, &sets));
    EXPECT_EQ(sets.halves[0].effective, 0);
    EXPECT(sets.halves[0].permitted & 1 << CAP_KILL);
}

TEST(capabilities, versions)
{
    struct header header = {.version = 1};
    struct sets sets;
    EXPECT_ERROR(CALL(capget, &header, &sets), EINVAL);
    EXPECT_EQ(header.version, VERSION_3);
    header.version = 1;
    EXPECT_OK(CALL(capget, &header, NULL)); /* asks for the version */
    EXPECT_EQ(header.version, VERSION_3);
    memset(&sets, 0xff, sizeof(sets));
    header.version = VERSION_1;
    EXPECT_OK(CALL(capget, &header, &sets));
    EXPECT_EQ(sets.halves[1].effective, 0xffffffff); /* one half alone is written */
    EXPECT_ERROR(CALL(capget, 8, &sets), EFAULT);
    header.version = VERSION_3;
    header.process = -5; /* not looked at, as nothing is asked for */
    EXPECT_OK(CALL(capget, &header, NULL));
    header.process = 0;
    EXPECT_ERROR(CALL(capget, &header, 8), EFAULT);
    EXPECT_ERROR(CALL(capset, &header, 8), EFAULT);
}

static bool gives_up_all(void)
{
    const struct sets none = {0};
    return set(0, &none) == 0;
}

/* Who gives up all rights is root by name alone. */
static void act_without(void)
{
    struct sets sets;
    if (!gives_up_all() || get(0, &sets) < 0 || sets.halves[0].effective ||
        sets.halves[0].permitted)
        _exit(2);
    sets.halves[0].permitted = 1 << CAP_KILL;
    if (set(0, &sets) == 0 || errno != EPERM)
        _exit(3);
    if (open("of_another", O_RDONLY) >= 0 || errno != EACCES)
        _exit(4);
    if (chown("of_root", 5, 5) == 0 || errno != EPERM)
        _exit(5);
    if (setuid(1000) == 0 || errno != EPERM)
        _exit(6);
    if (kill(getppid(), 0) < 0) /* of the same user */
        _exit(7);
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(open("of_another", O_RDONLY) >= 0);
    waitpid(child, &status, 0);
    _exit(status ? 8 : geteuid() || open("of_root", O_RDONLY) < 0 ? 9 : 0);
}

TEST(capabilities, given_up)
{
    NEEDS_ROOT();
    make_file("of_root", "");
    make_file("of_another", "");
    EXPECT_OK(chown("of_another", 1000, 1000));
    EXPECT_OK(chmod("of_another", 0600));
    EXPECT_EQ(status_of(act_without), 0);
    EXPECT(open("of_another", O_RDONLY) >= 0); /* it was the child's affair */
}

TEST(capabilities, calls_that_need_those_given_up)
{
    struct timeval now;
    int ends[2];
    EXPECT_OK(gettimeofday(&now, NULL));
    EXPECT_OK(mkdir("d", 0755));
    EXPECT_OK(pipe(ends));
    EXPECT(gives_up_all());
    EXPECT_ERROR(mount("none", "d", "tmpfs", 0, NULL), EPERM);
    EXPECT_ERROR(umount("d"), EPERM);
    EXPECT_ERROR(CALL(pivot_root, "d", "d"), EPERM);
    EXPECT_ERROR(chroot("d"), EPERM);
    EXPECT_ERROR(mknod("null", S_IFCHR | 0666, 0x103), EPERM);
    EXPECT_ERROR(sethostname("x", 1), EPERM);
    EXPECT_ERROR(settimeofday(&now, NULL), EPERM);
    EXPECT_ERROR(CALL(reboot, 0, 0, 0, 0), EPERM);
    EXPECT_ERROR(fcntl(ends[0], F_SETPIPE_SZ, 4 << 20), EPERM);
}

/* What is permitted comes back: when it is asked for, or with the user. */
static void act_again(void)
{
    struct sets all, sets;
    get(0, &all);
    sets = all;
    sets.halves[0].effective = sets.halves[1].effective = 0;
    if (set(0, &sets) < 0 || open("of_another", O_RDONLY) >= 0)
        _exit(2);
    if (set(0, &all) < 0 || open("of_another", O_RDONLY) < 0)
        _exit(3);
    if (set(0, &sets) < 0 || setresuid(-1, 0, -1) < 0 || open("of_another", O_RDONLY) >= 0)
        _exit(4);
    _exit(0);
}

TEST(capabilities, not_used)
{
    NEEDS_ROOT();
    make_file("of_another", "");
    EXPECT_OK(chown("of_another", 1000, 1000));
    EXPECT_OK(chmod("of_another", 0600));
    EXPECT_EQ(status_of(act_again), 0);
}
