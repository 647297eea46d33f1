/* How the processor is shared: niceness, policies, affinity. */
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#include "support.h"

TEST(schedule, affinity)
{
    unsigned long mask[16] = {0};
    long size = CALL(sched_getaffinity, 0, sizeof(mask), mask);
    EXPECT(size >= 8);
    EXPECT_EQ(size % 8, 0);
    EXPECT(mask[0] & 1);
    EXPECT_ERROR(CALL(sched_getaffinity, 0, 4, mask), EINVAL);
    EXPECT_ERROR(CALL(sched_getaffinity, 0, 12, mask), EINVAL);
    EXPECT_ERROR(CALL(sched_getaffinity, 1 << 30, sizeof(mask), mask), ESRCH);
    mask[0] = 1;
    EXPECT_OK(CALL(sched_setaffinity, 0, 8, mask));
    EXPECT_OK(CALL(sched_getaffinity, 0, sizeof(mask), mask));
    EXPECT_EQ(mask[0], 1);
    mask[0] = 0;
    EXPECT_ERROR(CALL(sched_setaffinity, 0, 8, mask), EINVAL);
    EXPECT_ERROR(CALL(sched_setaffinity, 1 << 30, 8, mask), ESRCH);
    EXPECT_FAULT_EACH(bad, 8, CALL(sched_setaffinity, 0, 8, bad));
}

TEST(schedule, niceness)
{
    NEEDS_ROOT();
    EXPECT_OK(setpriority(PRIO_PROCESS, 0, 0)); /* what the test was started with may differ */
    EXPECT_EQ(CALL(getpriority, PRIO_PROCESS, 0), 20);
    EXPECT_OK(setpriority(PRIO_PROCESS, 0, 5));
    EXPECT_EQ(getpriority(PRIO_PROCESS, 0), 5);
    EXPECT_EQ(getpriority(PRIO_PROCESS, getpid()), 5);
    EXPECT_OK(setpriority(PRIO_PROCESS, getpid(), 100));
    EXPECT_EQ(CALL(getpriority, PRIO_PROCESS, 0), 1);
    EXPECT_OK(setpriority(PRIO_PGRP, 0, 7));
    EXPECT_EQ(getpriority(PRIO_PGRP, 0), 7);
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(getpriority(PRIO_PROCESS, 0));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 7 << 8);
    EXPECT_ERROR(getpriority(3, 0), EINVAL);
    EXPECT_ERROR(setpriority(3, 0, 0), EINVAL);
    EXPECT_ERROR(getpriority(PRIO_PROCESS, 1 << 30), ESRCH);
    EXPECT_ERROR(setpriority(PRIO_PROCESS, 1 << 30, 0), ESRCH);
    EXPECT_ERROR(getpriority(PRIO_PGRP, 1 << 30), ESRCH);
}

TEST(schedule, policies)
{
    struct sched_param parameter = {.sched_priority = 1};
    EXPECT_EQ(CALL(sched_getscheduler, 0), SCHED_OTHER);
    EXPECT_ERROR(CALL(sched_getscheduler, 1 << 30), ESRCH);
    EXPECT_ERROR(CALL(sched_getscheduler, -1), EINVAL);
    EXPECT_OK(CALL(sched_getparam, 0, &parameter));
    EXPECT_EQ(parameter.sched_priority, 0);
    EXPECT_OK(CALL(sched_setparam, 0, &parameter));
    EXPECT_OK(CALL(sched_setscheduler, 0, SCHED_OTHER, &parameter));
    parameter.sched_priority = 1;
    EXPECT_ERROR(CALL(sched_setscheduler, 0, SCHED_OTHER, &parameter), EINVAL);
    EXPECT_ERROR(CALL(sched_setscheduler, 0, 77, &parameter), EINVAL);
    EXPECT_EQ(CALL(sched_get_priority_max, SCHED_FIFO), 99);
    EXPECT_EQ(CALL(sched_get_priority_min, SCHED_FIFO), 1);
    EXPECT_EQ(CALL(sched_get_priority_max, SCHED_OTHER), 0);
    EXPECT_EQ(CALL(sched_get_priority_min, SCHED_OTHER), 0);
    EXPECT_ERROR(CALL(sched_get_priority_max, 77), EINVAL);
    struct timespec slice;
    EXPECT_OK(CALL(sched_rr_get_interval, 0, &slice));
    EXPECT(slice.tv_sec == 0 && slice.tv_nsec >= 0);
    EXPECT_ERROR(CALL(sched_rr_get_interval, -1, &slice), EINVAL);
    EXPECT_ERROR(CALL(sched_rr_get_interval, 1 << 30, &slice), ESRCH);
    EXPECT_ERROR(CALL(sched_rr_get_interval, 0, (void *)8), EFAULT);
    EXPECT_OK(sched_yield());
}

static volatile long *counts;

static pid_t spin(int which, int niceness)
{
    pid_t child = fork();
    if (child == 0) {
        setpriority(PRIO_PROCESS, 0, niceness);
        for (;;)
            counts[which]++;
    }
    return child;
}

static long long milliseconds_of(pid_t child)
{
    clockid_t clock;
    struct timespec time = {0};
    if (clock_getcpuclockid(child, &clock) == 0)
        clock_gettime(clock, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* Both spin for a while. Linux gives niceness 10 about a tenth of what 0 gets: 110 of 1024. */
static bool nice_gets_less(void)
{
    counts[0] = counts[1] = 0;
    pid_t usual = spin(0, 0), nice = spin(1, 10);
    for (int i = 0; i < 1200 && milliseconds_of(usual) < 1400; i++)
        pause_for(50); /* longer where others use the processor */
    kill(usual, SIGKILL);
    kill(nice, SIGKILL);
    waitpid(usual, NULL, 0);
    waitpid(nice, NULL, 0);
    return counts[1] > 0 && counts[0] / 4 > counts[1] && counts[0] / 40 < counts[1];
}

/* A virtual machine that stands still for a second takes that second for one of the process that
 * was running. So there are several tries. */
TEST(schedule, the_nice_get_less)
{
    unsigned long mask = 1;
    bool less = false;
    CALL(sched_setaffinity, 0, sizeof(mask), &mask); /* all on one processor */
    counts = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(counts != MAP_FAILED);
    for (int i = 0; i < 6 && !less; i++)
        less = nice_gets_less();
    EXPECT(less);
}

TEST(schedule, policies_are_remembered)
{
    NEEDS_ROOT();
    struct sched_param none = {0};
    int flag = 0x40000000; /* SCHED_RESET_ON_FORK */
    EXPECT_OK(CALL(sched_setscheduler, 0, SCHED_BATCH, &none));
    EXPECT_EQ(CALL(sched_getscheduler, 0), SCHED_BATCH);
    EXPECT_OK(CALL(sched_setparam, 0, &none));
    EXPECT_EQ(CALL(sched_getscheduler, getpid()), SCHED_BATCH);
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit((int)CALL(sched_getscheduler, 0));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, SCHED_BATCH << 8);
    EXPECT_OK(CALL(sched_setscheduler, 0, SCHED_IDLE | flag, &none));
    EXPECT_EQ(CALL(sched_getscheduler, 0), SCHED_IDLE | flag);
    child = fork();
    if (child == 0)
        _exit(CALL(sched_getscheduler, 0) == SCHED_IDLE ? 0 : 1); /* the flag alone is gone */
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_OK(CALL(sched_setscheduler, 0, SCHED_OTHER, &none));
    EXPECT_EQ(CALL(sched_getscheduler, 0), SCHED_OTHER);
}

/* The field of /proc/self/stat with that number, of those behind the name. */
static long stat_field(int number)
{
    char line[512] = "";
    int file = open("/proc/self/stat", O_RDONLY);
    long length = read(file, line, sizeof(line) - 1);
    close(file);
    char *at = length > 0 ? strrchr(line, ')') : NULL;
    for (int i = 2; at && i < number; i++)
        at = strchr(at + 1, ' ');
    return at ? atol(at) : -1;
}

TEST(schedule, policy_in_proc)
{
    struct sched_param none = {0};
    EXPECT_EQ(stat_field(41), SCHED_OTHER);
    EXPECT_OK(CALL(sched_setscheduler, 0, SCHED_BATCH, &none));
    EXPECT_EQ(stat_field(41), SCHED_BATCH);
}

enum { OF_PROCESS = 1, OF_GROUP, OF_USER };
enum { CLASS_BEST_EFFORT = 2 << 13, CLASS_IDLE = 3 << 13 };

TEST(schedule, io_priority)
{
    EXPECT_OK(CALL(ioprio_set, OF_PROCESS, 0, CLASS_BEST_EFFORT | 6));
    EXPECT_EQ(CALL(ioprio_get, OF_PROCESS, 0), CLASS_BEST_EFFORT | 6);
    EXPECT_EQ(CALL(ioprio_get, OF_PROCESS, getpid()), CLASS_BEST_EFFORT | 6);
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(CALL(ioprio_get, OF_PROCESS, 0) == (CLASS_BEST_EFFORT | 6) ? 0 : 1);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_OK(setpgid(0, 0));
    EXPECT_OK(CALL(ioprio_set, OF_GROUP, 0, CLASS_IDLE));
    EXPECT_EQ(CALL(ioprio_get, OF_GROUP, getpid()), CLASS_IDLE);
    EXPECT_ERROR(CALL(ioprio_set, OF_PROCESS, 0, 4 << 13), EINVAL);
    EXPECT_ERROR(CALL(ioprio_set, OF_PROCESS, 0, 1), EINVAL);
    EXPECT_ERROR(CALL(ioprio_set, 0, 0, CLASS_IDLE), EINVAL);
    EXPECT_ERROR(CALL(ioprio_get, 4, 0), EINVAL);
    EXPECT_ERROR(CALL(ioprio_get, OF_PROCESS, 1 << 30), ESRCH);
    EXPECT_ERROR(CALL(ioprio_set, OF_GROUP, 1 << 30, CLASS_IDLE), ESRCH);
}
