/* The calls by which the system describes itself. */
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "support.h"

TEST(system, uname)
{
    struct utsname name;
    EXPECT_OK(uname(&name));
    EXPECT_STR(name.sysname, "Linux");
    EXPECT_STR(name.machine, "x86_64");
    EXPECT(atoi(name.release) >= 4);
    EXPECT(name.nodename[0]);
}

TEST(system, sysinfo)
{
    struct sysinfo info;
    EXPECT_OK(sysinfo(&info));
    EXPECT(info.totalram > info.freeram);
    EXPECT(info.freeram > 0);
    EXPECT(info.mem_unit > 0);
    EXPECT(info.procs > 0);
}

TEST(system, limits)
{
    struct rlimit limit, again;
    EXPECT_OK(getrlimit(RLIMIT_STACK, &limit));
    EXPECT(limit.rlim_cur >= 8 << 20);
    EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
    EXPECT(limit.rlim_cur >= 256 && limit.rlim_max >= limit.rlim_cur);
    limit.rlim_cur = 100;
    EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_OK(CALL(prlimit64, getpid(), RLIMIT_NOFILE, NULL, &again));
    EXPECT_EQ(again.rlim_cur, 100);
    limit.rlim_cur = limit.rlim_max + 1;
    EXPECT_ERROR(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
    EXPECT_ERROR(getrlimit(99, &limit), EINVAL);
    EXPECT_ERROR(CALL(prlimit64, 999999999, RLIMIT_NOFILE, NULL, &again), ESRCH);
}

TEST(system, usage)
{
    struct rusage usage;
    EXPECT_OK(getrusage(RUSAGE_SELF, &usage));
    EXPECT(usage.ru_maxrss >= 0);
    EXPECT_OK(getrusage(RUSAGE_CHILDREN, &usage));
    EXPECT_OK(getrusage(RUSAGE_THREAD, &usage));
    EXPECT_ERROR(getrusage(99, &usage), EINVAL);
}

TEST(system, random_bytes)
{
    unsigned char one[64] = {0}, other[64] = {0};
    EXPECT_EQ(getrandom(one, sizeof(one), 0), sizeof(one));
    EXPECT_EQ(getrandom(other, sizeof(other), GRND_NONBLOCK), sizeof(other));
    EXPECT(memcmp(one, other, sizeof(one)) != 0);
    EXPECT_ERROR(CALL(getrandom, one, 1, 0xff00), EINVAL);
    EXPECT_EQ(getrandom(one, 0, 0), 0);
    EXPECT_OK(CALL(getrandom, one, 1, GRND_NONBLOCK | 4 /* GRND_INSECURE */));
    EXPECT_ERROR(CALL(getrandom, one, 1, GRND_RANDOM | 4), EINVAL);
}

TEST(system, as_many_random_bytes_as_there_is_memory)
{
    char *end =
        (char *)mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) +
        PAGE;
    EXPECT_OK(munmap(end, PAGE));
    EXPECT_EQ(getrandom(end - 256, 512, 0), 256);
    EXPECT_EQ(getrandom(end - 2048, 4096, 0), 2048);
    EXPECT_ERROR(getrandom(end, 4096, 0), EFAULT);
}

TEST(system, calls_that_are_not_there)
{
    EXPECT_ERROR(syscall(9999), ENOSYS);
    EXPECT_ERROR(syscall(-5), ENOSYS);
    EXPECT_ERROR(syscall(0x7fffffff), ENOSYS);
    EXPECT_ERROR(syscall(0x123456789abcdef0), ENOSYS);
}

TEST(system, identity)
{
    EXPECT_EQ(getuid(), geteuid());
    EXPECT_EQ(getgid(), getegid());
    EXPECT(getpid() > 1);
    EXPECT_EQ(CALL(gettid), getpid());
    EXPECT_EQ(CALL(set_tid_address, NULL), getpid());
}

TEST(system, structures_of_a_wrong_size)
{
    long head[3] = {0};
    EXPECT_ERROR(CALL(set_robust_list, head, 8), EINVAL);
    EXPECT_ERROR(CALL(clone3, NULL, 8), EINVAL);
}

TEST(system, names_of_processes)
{
    char name[16] = "";
    EXPECT_OK(CALL(prctl, 16, name)); /* PR_GET_NAME */
    EXPECT_STR(name, "system");
    EXPECT_OK(CALL(prctl, 15, "a-name-of-more-than-fifteen")); /* PR_SET_NAME */
    EXPECT_OK(CALL(prctl, 16, name));
    EXPECT_STR(name, "a-name-of-more-");
    EXPECT_ERROR(CALL(prctl, 99999, 0), EINVAL);
}

TEST(system, file_systems)
{
    EXPECT_OK(CALL(sync));
    make_file("a", "text");
    int file = open("a", O_RDWR);
    EXPECT_OK(fsync(file));
    EXPECT_OK(fdatasync(file));
    int ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_ERROR(fsync(ends[0]), EINVAL);
}
