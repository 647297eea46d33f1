/* What of root's rights a process has. */
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
    EXPECT_ERROR(CALL(capget, &header, 8), EFAULT);
    EXPECT_ERROR(CALL(capset, &header, 8), EFAULT);
}
