/* Memory that is locked, and the limits of what a process may map: RLIMIT_MEMLOCK, _AS, _DATA,
 * _STACK. */
#include <sys/resource.h>

#include "mapping_support.h"

/* --- mlock ----------------------------------------------------------------------------------- */

TEST(memory_limits, mlock)
{
    unsigned char there[4];
    char *memory = map(4, DATA);
    EXPECT_OK(mlock(memory + 1, PAGE)); /* two pages */
    EXPECT_OK(mincore(memory, 4 * PAGE, there));
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(there[i] & 1, i < 2);
    EXPECT_ERROR(madvise(memory, PAGE, MADV_DONTNEED), EINVAL);
    EXPECT_OK(munlock(memory, 2 * PAGE));
    EXPECT_OK(madvise(memory, PAGE, MADV_DONTNEED));
    EXPECT_OK(CALL(mlock2, memory, 4 * PAGE, 1 /* MLOCK_ONFAULT */));
    EXPECT_OK(mincore(memory, 4 * PAGE, there));
    EXPECT_EQ(there[3] & 1, 0);
    EXPECT_ERROR(CALL(mlock2, memory, PAGE, 2), EINVAL);
    EXPECT_OK(munmap(memory + PAGE, PAGE));
    EXPECT_ERROR(mlock(memory, 4 * PAGE), ENOMEM);
    EXPECT_ERROR(munlock(memory, 4 * PAGE), ENOMEM);
    EXPECT_ERROR(mlock(map(1, PROT_NONE), PAGE), ENOMEM);
}

TEST(memory_limits, mlockall)
{
    unsigned char there[2];
    EXPECT_ERROR(mlockall(0), EINVAL);
    EXPECT_ERROR(mlockall(0x100), EINVAL);
    EXPECT_ERROR(mlockall(MCL_ONFAULT), EINVAL);
    char *before = map(2, DATA);
    EXPECT_OK(mlockall(MCL_CURRENT | MCL_FUTURE));
    EXPECT_OK(mincore(before, 2 * PAGE, there));
    EXPECT_EQ(there[1] & 1, 1);
    char *after = map(2, DATA);
    EXPECT_OK(mincore(after, 2 * PAGE, there));
    EXPECT_EQ(there[1] & 1, 1);
    EXPECT_ERROR(madvise(after, PAGE, MADV_DONTNEED), EINVAL);
    EXPECT_OK(munlockall());
    EXPECT_OK(madvise(after, PAGE, MADV_DONTNEED));
    after = map(2, DATA);
    EXPECT_OK(mincore(after, 2 * PAGE, there));
    EXPECT_EQ(there[1] & 1, 0);
}

/* For other users than root, which may lock any amount. */
TEST(memory_limits, mlock_has_a_limit)
{
    NEEDS_ROOT();
    const struct rlimit limit = {4 * PAGE, 4 * PAGE}, none = {0, 0};
    char *memory = map(8, DATA);
    EXPECT_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
    EXPECT_OK(setuid(1000));
    EXPECT_OK(mlock(memory, 4 * PAGE));
    EXPECT_ERROR(mlock(memory + 4 * PAGE, PAGE), ENOMEM);
    EXPECT_ERROR(mmap(NULL, PAGE, DATA, ANONYMOUS | MAP_LOCKED, -1, 0), EAGAIN);
    EXPECT_ERROR(mremap(memory, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE), EAGAIN);
    EXPECT_OK(munlock(memory, 4 * PAGE));
    EXPECT_OK(mlock(memory + 4 * PAGE, PAGE));
    EXPECT_OK(setrlimit(RLIMIT_MEMLOCK, &none));
    EXPECT_ERROR(mlock(memory, PAGE), EPERM);
    EXPECT_ERROR(mlock(memory, 0), EPERM);
    EXPECT_ERROR(mlock((char *)-PAGE, 2 * PAGE), EPERM);
    EXPECT_ERROR(mlockall(MCL_FUTURE), EPERM);
}

TEST(memory_limits, pages_that_are_locked_count_once)
{
    NEEDS_ROOT();
    const struct rlimit limit = {6 << 20, 6 << 20};
    char *memory = map(1024, DATA);
    EXPECT_OK(setrlimit(RLIMIT_MEMLOCK, &limit));
    EXPECT_OK(setuid(1000));
    EXPECT_OK(CALL(mlock2, memory, 1024L * PAGE, 1 /* MLOCK_ONFAULT */));
    EXPECT_OK(CALL(mlock2, memory, 1024L * PAGE, 1));
    EXPECT_OK(CALL(mlock2, memory + 512 * PAGE, 512L * PAGE, 1));
    EXPECT_OK(mlockall(MCL_CURRENT | MCL_ONFAULT));
}

/* --- Limits ---------------------------------------------------------------------------------- */

enum { MANY = 16384 }; /* pages */

/* Linux's vm.max_map_count: every second page gets another permission. */
TEST(memory_limits, there_may_not_be_too_many_areas)
{
    enum { MOST = 65530, ROOM = 2 * MOST, TOLERANCE = 200 /* those of the program itself */ };
    const int flags = ANONYMOUS | MAP_NORESERVE;
    char *memory = mmap(NULL, (size_t)ROOM * PAGE, PROT_NONE, flags, -1, 0);
    int areas = 1;
    EXPECT(memory != MAP_FAILED);
    for (size_t page = 1; mprotect(memory + page * PAGE, PAGE, PROT_READ) == 0; page += 2)
        areas += 2;
    EXPECT_EQ(errno, ENOMEM);
    EXPECT(areas <= MOST && areas > MOST - TOLERANCE);
    mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_ERROR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), ENOMEM);
    EXPECT_ERROR(munmap(memory + (size_t)(ROOM - 2) * PAGE, PAGE), ENOMEM);
    EXPECT_ERROR(mremap(memory, PAGE, 2 * PAGE, MREMAP_MAYMOVE), ENOMEM);
    EXPECT_OK(munmap(memory, (size_t)ROOM / 2 * PAGE));
    EXPECT(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void limit(int resource, rlim_t bytes)
{
    const struct rlimit to = {bytes, RLIM_INFINITY};
    EXPECT_OK(setrlimit(resource, &to));
}

TEST(memory_limits, rlimit_as)
{
    enum { OWN = 4000 }; /* more than the program has itself */
    char *memory = map(MANY, PROT_NONE);
    limit(RLIMIT_AS, (MANY + OWN) * PAGE);
    EXPECT_ERROR(map(OWN, PROT_NONE), ENOMEM);
    char *heap = (char *)CALL(brk, 0);
    EXPECT_EQ(CALL(brk, heap + OWN * PAGE), (uintptr_t)heap);
    EXPECT_ERROR(mremap(memory, MANY * PAGE, (MANY + OWN) * PAGE, MREMAP_MAYMOVE), ENOMEM);
    EXPECT_EQ(mmap(memory, MANY * PAGE, PROT_READ, ANONYMOUS | MAP_FIXED, -1, 0), memory);
    EXPECT_OK(munmap(memory, MANY * PAGE));
    EXPECT(map(OWN, PROT_NONE) != MAP_FAILED);
}

TEST(memory_limits, rlimit_data)
{
    char *memory = map(MANY, PROT_READ);
    limit(RLIMIT_DATA, MANY * PAGE);
    EXPECT_ERROR(mprotect(memory, MANY * PAGE, DATA), ENOMEM);
    EXPECT_OK(mprotect(memory, MANY / 2 * PAGE, DATA));
    EXPECT_ERROR(map(MANY / 2, DATA), ENOMEM);
    EXPECT(map(MANY, PROT_READ) != MAP_FAILED);
    EXPECT(mmap(NULL, MANY * PAGE, DATA, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    EXPECT_OK(munmap(memory, MANY * PAGE));
    EXPECT(map(MANY / 2, DATA) != MAP_FAILED);
}

static int deep(int rest)
{
    volatile char block[PAGE];
    block[0] = (char)rest;
    return rest == 0 ? 0 : deep(rest - 1) + (block[0] == (char)rest);
}

static void need_a_mebibyte(void)
{
    _exit(deep(300) != 300);
}

TEST(memory_limits, rlimit_stack)
{
    EXPECT_EQ(status_of(need_a_mebibyte), 0);
    limit(RLIMIT_STACK, 512 << 10);
    EXPECT_EQ(status_of(need_a_mebibyte), SIGSEGV);
    limit(RLIMIT_STACK, 16 << 20);
    EXPECT_EQ(status_of(need_a_mebibyte), 0);
}

TEST(memory_limits, limits_are_inherited_and_only_fall)
{
    NEEDS_ROOT();
    struct rlimit limit = {1 << 20, 2 << 20}, old;
    EXPECT_OK(setrlimit(RLIMIT_DATA, &limit));
    limit.rlim_cur = 3 << 20;
    EXPECT_ERROR(CALL(setrlimit, RLIMIT_DATA, &limit), EINVAL);
    EXPECT_ERROR(CALL(setrlimit, 16, &limit), EINVAL);
    EXPECT_ERROR(CALL(setrlimit, RLIMIT_DATA, 8), EFAULT);
    EXPECT_ERROR(CALL(prlimit64, 99999999, RLIMIT_DATA, NULL, &old), ESRCH);
    EXPECT_OK(setuid(1000));
    limit = (struct rlimit){1 << 20, 3 << 20};
    EXPECT_ERROR(CALL(setrlimit, RLIMIT_DATA, &limit), EPERM);
    pid_t child = fork();
    if (child == 0)
        _exit(getrlimit(RLIMIT_DATA, &old) || old.rlim_cur != 1 << 20 || old.rlim_max != 2 << 20);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}
