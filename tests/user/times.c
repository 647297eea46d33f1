/* Clocks, sleeps, and the timers of alarm() and setitimer(). Other timers are in timers.c. */
#include <limits.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>

#include "support.h"

static volatile int count;

static void note(int signal)
{
    (void)signal;
    count++;
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    if (CALL(clock_gettime, clock, &now) < 0)
        return -1;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct timespec as_timespec(int64_t nanoseconds)
{
    return (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
}

/* Returns once the process has used 50 ms more of the processor's time. */
static void use_processor(void)
{
    int64_t until = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) + 50000000;
    while (nanoseconds(CLOCK_PROCESS_CPUTIME_ID) < until) {
    }
}

TEST(times, clocks_go_on)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME,        CLOCK_MONOTONIC,
                                       CLOCK_MONOTONIC_RAW,   CLOCK_BOOTTIME,
                                       CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE};
    for (int i = 0; i < 6; i++) {
        int64_t before = nanoseconds(clocks[i]);
        EXPECT(before >= 0);
        pause_for(20);
        EXPECT(nanoseconds(clocks[i]) > before);
    }
    struct timespec resolution;
    EXPECT_OK(CALL(clock_getres, CLOCK_MONOTONIC, &resolution));
    EXPECT_EQ(resolution.tv_sec, 0);
    EXPECT(resolution.tv_nsec > 0);
}

/* These clocks count the processor's time of a given process, or of a thread of this one. */
TEST(times, clocks_of_processes)
{
    clockid_t clock;
    int64_t before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    use_processor();
    EXPECT_OK(clock_getcpuclockid(getpid(), &clock));
    EXPECT(clock < 0);
    int64_t used = nanoseconds(clock);
    EXPECT(used >= before + 50000000);
    EXPECT(used <= nanoseconds(CLOCK_PROCESS_CPUTIME_ID));
    EXPECT(nanoseconds(clock | 4) >= used); /* this thread's, and there is no other */
    struct timespec now;
    EXPECT_ERROR(CALL(clock_gettime, ~99999999 * 8 + 2, &now), EINVAL);
}

TEST(times, clocks_that_cannot_be_read_or_set)
{
    struct timespec now = {1, 0};
    EXPECT_ERROR(CALL(clock_gettime, 99, &now), EINVAL);
    EXPECT_ERROR(CALL(clock_settime, CLOCK_MONOTONIC, &now), EINVAL);
    EXPECT_ERROR(CALL(clock_gettime, CLOCK_MONOTONIC, NULL), EFAULT);
}

TEST(times, atomic_time_is_not_behind)
{
    int64_t real = nanoseconds(CLOCK_REALTIME);
    EXPECT(nanoseconds(CLOCK_TAI) >= real);
}

TEST(times, adjtimex_reads_the_clock)
{
    struct timex state = {.modes = 0};
    EXPECT(CALL(adjtimex, &state) >= 0);
    EXPECT_EQ(state.tick, 10000);
    EXPECT(state.time.tv_sec > 1600000000);
}

TEST(times, the_time_of_day)
{
    struct timeval now;
    time_t kept;
    EXPECT_OK(CALL(gettimeofday, &now, NULL));
    EXPECT(now.tv_sec > 1600000000);
    EXPECT(now.tv_usec >= 0 && now.tv_usec < 1000000);
    long seconds = CALL(time, &kept);
    EXPECT_EQ(seconds, kept);
    /* Linux's time() is that of the last tick. */
    EXPECT(seconds >= now.tv_sec - 1 && seconds <= now.tv_sec + 600);
    int64_t real = nanoseconds(CLOCK_REALTIME) / 1000000000;
    EXPECT(real >= now.tv_sec && real <= now.tv_sec + 600);
}

/* 64 bits of nanoseconds would soon overflow from there. */
TEST(times, the_time_of_day_has_a_limit)
{
    const struct timespec last = {LONG_MAX / 2, 0};
    const struct timeval in_2255 = {9000000000, 0};
    EXPECT_ERROR(CALL(clock_settime, CLOCK_REALTIME, &last), EINVAL);
    EXPECT_ERROR(CALL(settimeofday, &in_2255, NULL), EINVAL);
}

TEST(times, the_monotonic_clock_never_goes_back)
{
    int64_t last = nanoseconds(CLOCK_MONOTONIC);
    for (int i = 0; i < 10000; i++) {
        int64_t now = nanoseconds(CLOCK_MONOTONIC);
        EXPECT(now >= last);
        last = now;
    }
}

TEST(times, of_the_processor)
{
    struct tms used;
    use_processor();
    EXPECT_OK(CALL(times, &used));
    EXPECT(used.tms_utime + used.tms_stime > 0);
}

/* The least of many: a machine that stands still may hold up any of them. */
TEST(times, a_sleep_uses_no_processor)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 50 && least >= 50000000; i++) {
        int64_t before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        pause_for(100);
        int64_t used = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - before;
        least = used < least ? used : least;
    }
    EXPECT(least < 50000000);
}

TEST(times, nanosleep)
{
    struct timespec time = {0, 20000000};
    int64_t before = nanoseconds(CLOCK_MONOTONIC);
    EXPECT_OK(nanosleep(&time, NULL));
    EXPECT(nanoseconds(CLOCK_MONOTONIC) - before >= 20000000);
    EXPECT_ERROR(nanosleep(&(struct timespec){0, 1000000000}, NULL), EINVAL);
    EXPECT_ERROR(nanosleep(&(struct timespec){-1, 0}, NULL), EINVAL);
    EXPECT_OK(nanosleep(&(struct timespec){0, 0}, NULL));
}

/* The least of many, as above. */
TEST(times, a_sleep_of_a_millisecond)
{
    const struct timespec time = {0, 1000000};
    int64_t least = INT64_MAX;
    for (int i = 0; i < 5000 && least >= 1200000; i++) {
        int64_t before = nanoseconds(CLOCK_MONOTONIC);
        nanosleep(&time, NULL);
        int64_t took = nanoseconds(CLOCK_MONOTONIC) - before;
        EXPECT(took >= 1000000);
        least = took < least ? took : least;
    }
    EXPECT(least < 1200000);
}

TEST(times, sleep_until)
{
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME};
    for (int i = 0; i < 2; i++) {
        int64_t until = nanoseconds(clocks[i]) + 20000000;
        const struct timespec time = as_timespec(until);
        EXPECT_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &time, NULL), 0);
        EXPECT(nanoseconds(clocks[i]) >= until);
        EXPECT_EQ(clock_nanosleep(clocks[i], TIMER_ABSTIME, &time, NULL), 0); /* it has passed */
    }
}

TEST(times, clocks_that_cannot_be_slept_on)
{
    const struct timespec time = {0, 1};
    EXPECT_EQ(clock_nanosleep(99, 0, &time, NULL), EINVAL);
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &time, NULL), EOPNOTSUPP);
    EXPECT_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL), EINVAL);
}

TEST(times, an_interrupted_sleep_says_what_is_left)
{
    struct timespec time = {1000, 0}, left = {0, 0};
    pid_t self = getpid();
    handle(SIGUSR1, note, 0);
    if (fork() == 0) {
        let_sleep(self);
        kill(self, SIGUSR1);
        _exit(0);
    }
    EXPECT_ERROR(nanosleep(&time, &left), EINTR);
    EXPECT(left.tv_sec <= 1000 && left.tv_sec >= 900);
    EXPECT_EQ(count, 1);
}

/* Sleeps for so many milliseconds, and stops meanwhile. `flags`: TIMER_ABSTIME, or 0. */
static void sleep_and_stop(int flags, long milliseconds)
{
    const int64_t until = nanoseconds(CLOCK_MONOTONIC) + milliseconds * 1000000;
    pid_t child = fork();
    if (child == 0) {
        struct timespec time = as_timespec(flags ? until : milliseconds * 1000000);
        _exit(clock_nanosleep(CLOCK_MONOTONIC, flags, &time, NULL) != 0);
    }
    int status;
    let_sleep(child);
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT(WIFSTOPPED(status));
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT(nanoseconds(CLOCK_MONOTONIC) >= until);
}

/* So long that the child still sleeps when it is stopped, even if the machine stands still. */
TEST(times, a_sleep_goes_on_after_a_stop)
{
    sleep_and_stop(0, 2000);
    sleep_and_stop(TIMER_ABSTIME, 2000);
}

TEST(times, alarm)
{
    handle(SIGALRM, note, 0);
    EXPECT(alarm(1000) > 0); /* the test's own limit */
    unsigned left = alarm(1);
    EXPECT(left <= 1000 && left >= 900);
    while (count == 0)
        pause_for(5);
    EXPECT_EQ(alarm(0), 0);
    EXPECT_EQ(count, 1);
}

TEST(times, setitimer)
{
    struct itimerval timer = {.it_value = {0, 10000}}, old;
    handle(SIGALRM, note, 0);
    EXPECT_OK(setitimer(ITIMER_REAL, &timer, NULL));
    EXPECT_OK(getitimer(ITIMER_REAL, &old));
    EXPECT(old.it_value.tv_sec == 0 && old.it_value.tv_usec <= 10000);
    while (count == 0) {
    }
    timer = (struct itimerval){{0, 5000}, {0, 5000}};
    EXPECT_OK(setitimer(ITIMER_REAL, &timer, NULL));
    while (count < 5) {
    }
    timer = (struct itimerval){0};
    EXPECT_OK(setitimer(ITIMER_REAL, &timer, &old));
    EXPECT_EQ(old.it_interval.tv_usec, 5000);
    int so_far = count;
    pause_for(30);
    EXPECT_EQ(count, so_far);
    EXPECT_ERROR(setitimer(99, &timer, NULL), EINVAL);
    timer.it_value.tv_usec = 1000000;
    EXPECT_ERROR(CALL(setitimer, ITIMER_REAL, &timer, NULL), EINVAL);
}

int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    return alarm(0) == 0;
}

static void run_with_a_timer(void)
{
    if (alarm(1000) != 0) /* the parent has one */
        _exit(2);
    execl("/proc/self/exe", "times", "--child", (char *)NULL);
    _exit(3);
}

TEST(times, a_child_has_no_timer_and_the_next_program_keeps_it)
{
    EXPECT_EQ(status_of(run_with_a_timer), 0);
    EXPECT(alarm(0) > 0);
}

TEST(times, restart_syscall_without_a_sleep)
{
    EXPECT_ERROR(CALL(restart_syscall), EINTR);
}
