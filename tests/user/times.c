/* Clocks and timers. */
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
    struct timespec now;
    EXPECT_ERROR(CALL(clock_gettime, 99, &now), EINVAL);
    EXPECT_OK(CALL(clock_getres, CLOCK_MONOTONIC, &now));
    EXPECT_EQ(now.tv_sec, 0);
    EXPECT(now.tv_nsec > 0);
}

/* A clock that counts the processor time of a given process, or of a thread of this one. */
TEST(times, clocks_of_processes)
{
    clockid_t clock;
    for (volatile int i = 0; i < 30000000; i++) {
    }
    EXPECT_OK(clock_getcpuclockid(getpid(), &clock));
    EXPECT(clock < 0);
    EXPECT(nanoseconds(clock) > 0);
    EXPECT(nanoseconds(clock | 4) > 0); /* this thread's */
    EXPECT(nanoseconds(clock) <= nanoseconds(CLOCK_PROCESS_CPUTIME_ID));
    struct timespec now;
    EXPECT_ERROR(CALL(clock_gettime, ~99999999 * 8 + 2, &now), EINVAL);
    EXPECT_ERROR(CALL(clock_settime, CLOCK_MONOTONIC, &now), EINVAL);
    EXPECT_ERROR(CALL(clock_gettime, CLOCK_MONOTONIC, NULL), EFAULT);
    EXPECT(nanoseconds(CLOCK_TAI) >= nanoseconds(CLOCK_REALTIME) - 1000000000);
}

TEST(times, of_the_clock_s_state)
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

/* A time that the kernel could not count on from. */
TEST(times, the_time_of_day_has_a_limit)
{
    const struct timespec far = {LONG_MAX / 2, 0};
    const struct timeval near = {9000000000, 0};
    EXPECT_ERROR(CALL(clock_settime, CLOCK_REALTIME, &far), EINVAL);
    EXPECT_ERROR(CALL(settimeofday, &near, NULL), EINVAL);
}

TEST(times, monotonic)
{
    int64_t last = nanoseconds(CLOCK_MONOTONIC);
    for (int i = 0; i < 10000; i++) {
        int64_t now = nanoseconds(CLOCK_MONOTONIC);
        EXPECT(now >= last);
        last = now;
    }
}

TEST(times, processor_time)
{
    int64_t before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    for (volatile int i = 0; i < 30000000; i++) {
    }
    EXPECT(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) > before);
    int64_t busy = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    pause_for(200);
    EXPECT(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - busy < 150000000); /* none while it sleeps */
    struct tms used;
    EXPECT_OK(CALL(times, &used));
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

/* The best of many: a busy host may hold up any of them. */
TEST(times, a_sleep_of_a_millisecond)
{
    const struct timespec time = {0, 1000000};
    int64_t least = INT64_MAX;
    for (int i = 0; i < 200; i++) {
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
    struct timespec time;
    EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &time));
    time.tv_nsec += 20000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL), 0);
    EXPECT(nanoseconds(CLOCK_MONOTONIC) >= (int64_t)time.tv_sec * 1000000000 + time.tv_nsec);
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL),
              0); /* it is past already */
    EXPECT_EQ(clock_nanosleep(99, 0, &time, NULL), EINVAL);
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &time, NULL), EOPNOTSUPP);
    EXPECT_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL), EINVAL);
    EXPECT_OK(clock_gettime(CLOCK_REALTIME, &time));
    int64_t until = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec + 20000000;
    time = (struct timespec){until / 1000000000, until % 1000000000};
    EXPECT_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL), 0);
    EXPECT(nanoseconds(CLOCK_REALTIME) >= until);
}

TEST(times, a_signal_ends_a_sleep)
{
    struct timespec time = {30, 0}, left = {0, 0};
    pid_t self = getpid();
    handle(SIGUSR1, note, SA_RESTART); /* sleeps are never restarted */
    if (fork() == 0) {
        let_sleep(self);
        kill(self, SIGUSR1);
        _exit(0);
    }
    EXPECT_ERROR(nanosleep(&time, &left), EINTR);
    EXPECT(left.tv_sec <= 30 && left.tv_sec >= 20);
    EXPECT_EQ(count, 1);
}

TEST(times, a_sleep_until_a_time_goes_on_after_a_stop)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        time.tv_sec++;
        _exit(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) != 0);
    }
    let_sleep(child);
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, NULL, WUNTRACED), child);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(times, a_sleep_goes_on_after_a_stop)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(nanosleep(&(struct timespec){0, 300000000}, NULL) != 0);
    let_sleep(child);
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, NULL, WUNTRACED), child);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(times, alarm)
{
    handle(SIGALRM, note, 0);
    EXPECT(alarm(100) > 0); /* the test's own limit */
    EXPECT_EQ(alarm(50), 100);
    EXPECT_EQ(alarm(1), 50);
    pause();
    EXPECT_EQ(count, 1);
    EXPECT_EQ(alarm(0), 0);
}

TEST(times, a_timer)
{
    struct itimerval timer = {.it_value = {0, 10000}}, old;
    handle(SIGALRM, note, 0);
    EXPECT_OK(setitimer(ITIMER_REAL, &timer, NULL));
    EXPECT_OK(getitimer(ITIMER_REAL, &old));
    EXPECT_EQ(old.it_value.tv_sec, 0);
    while (count == 0) {
    }
    timer = (struct itimerval){{0, 5000}, {0, 5000}};
    EXPECT_OK(setitimer(ITIMER_REAL, &timer, NULL));
    while (count < 5) {
    }
    timer = (struct itimerval){{0, 0}, {0, 0}};
    EXPECT_OK(setitimer(ITIMER_REAL, &timer, &old));
    EXPECT_EQ(old.it_interval.tv_usec, 5000);
    int so_far = count;
    pause_for(30);
    EXPECT_EQ(count, so_far);
    EXPECT_ERROR(setitimer(99, &timer, NULL), EINVAL);
    timer.it_value.tv_usec = 1000000;
    EXPECT_ERROR(CALL(setitimer, ITIMER_REAL, &timer, NULL), EINVAL);
}

TEST(times, a_child_has_no_timer_and_a_program_keeps_it)
{
    struct itimerval timer;
    EXPECT(alarm(60) > 0);
    pid_t child = fork();
    if (child == 0) {
        getitimer(ITIMER_REAL, &timer);
        _exit(timer.it_value.tv_sec != 0);
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(times, restart_without_a_sleep)
{
    EXPECT_ERROR(CALL(restart_syscall), EINTR);
}
