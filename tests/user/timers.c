/* Timers that send signals, and timers that are files. */
#include <poll.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "support.h"

enum { MILLISECOND = 1000000 };

static volatile int count, code, overrun, id;
static volatile long fired; /* how often timers did, as the signals say */
static void *volatile value;

static void note(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    count++;
    code = info->si_code;
    overrun = info->si_overrun;
    fired += 1 + info->si_overrun;
    id = info->si_timerid;
    value = info->si_value.sival_ptr;
}

static void note_signals(int signal)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    EXPECT_OK(sigaction(signal, &action, NULL));
}

static void spin(volatile int *until, int least)
{
    while (*until < least) {
    }
}

static struct itimerspec every(long first, long period)
{
    return (struct itimerspec){{0, period * MILLISECOND}, {0, first * MILLISECOND}};
}

static int64_t now(clockid_t clock)
{
    struct timespec time;
    if (CALL(clock_gettime, clock, &time) < 0)
        return -1;
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* The kernel's own numbers; the C library has others. -1: no timer. */
static int make_timer(clockid_t clock, int signal, void *with)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
    int timer = -1;
    event.sigev_value.sival_ptr = with;
    return CALL(timer_create, clock, &event, &timer) < 0 ? -1 : timer;
}

/* --- setitimer ------------------------------------------------------------------------------- */

TEST(timers, of_the_processors_time)
{
    struct itimerval timer = {{0, 20000}, {0, 20000}}, left;
    static const struct {
        int which, signal;
    } kinds[] = {{ITIMER_VIRTUAL, SIGVTALRM}, {ITIMER_PROF, SIGPROF}};
    for (int i = 0; i < 2; i++) {
        count = 0;
        note_signals(kinds[i].signal);
        EXPECT_OK(setitimer(kinds[i].which, &timer, NULL));
        pause_for(200); /* a sleep takes no time of the processor */
        EXPECT(count <= 2);
        spin(&count, 4);
        EXPECT_OK(getitimer(kinds[i].which, &left));
        EXPECT_EQ(left.it_interval.tv_usec, 20000);
        EXPECT(left.it_value.tv_sec == 0 && left.it_value.tv_usec > 0);
        EXPECT_OK(setitimer(kinds[i].which, &(struct itimerval){0}, NULL));
    }
}

/* The timer may expire before it is asked, when the machine stands still. */
TEST(timers, alarm_says_that_a_second_is_left_for_less)
{
    struct itimerval timer = {.it_value = {.tv_usec = 400000}};
    long left = 0;
    EXPECT(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    for (int i = 0; i < 100 && left == 0; i++) {
        EXPECT_OK(setitimer(ITIMER_REAL, &timer, NULL));
        left = CALL(alarm, 0);
    }
    EXPECT_EQ(left, 1);
}

/* --- timer_create ---------------------------------------------------------------------------- */

TEST(timers, send_their_value)
{
    int other;
    note_signals(SIGUSR1);
    int timer = make_timer(CLOCK_MONOTONIC, SIGUSR1, &other);
    struct itimerspec setting = every(5, 0), left;
    EXPECT_OK(CALL(timer_gettime, timer, &left));
    EXPECT(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    spin(&count, 1);
    EXPECT_EQ(code, SI_TIMER);
    EXPECT_EQ(id, timer);
    EXPECT_EQ(overrun, 0);
    EXPECT(value == &other);
    EXPECT_OK(CALL(timer_gettime, timer, &left));
    EXPECT(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    EXPECT_OK(CALL(timer_delete, timer));
    EXPECT_ERROR(CALL(timer_delete, timer), EINVAL);
    EXPECT_ERROR(CALL(timer_gettime, timer, &left), EINVAL);
    EXPECT_ERROR(CALL(timer_settime, timer, 0, &setting, NULL), EINVAL);
    EXPECT_ERROR(CALL(timer_getoverrun, timer), EINVAL);
}

TEST(timers, without_an_event_send_sigalrm_with_their_number)
{
    int first = -1, second = -1;
    note_signals(SIGALRM);
    EXPECT_OK(CALL(timer_create, CLOCK_REALTIME, NULL, &first));
    EXPECT_OK(CALL(timer_create, CLOCK_BOOTTIME, NULL, &second));
    EXPECT(first >= 0 && second > first);
    struct itimerspec setting = every(5, 0);
    EXPECT_OK(CALL(timer_settime, second, 0, &setting, NULL));
    spin(&count, 1);
    EXPECT_EQ((intptr_t)value & INT32_MAX, second);
}

TEST(timers, count_what_is_blocked)
{
    sigset_t set;
    note_signals(SIGUSR1);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int timer = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
    struct itimerspec setting = every(10, 10), off = every(0, 0);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    pause_for(105);
    EXPECT_EQ(count, 0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    EXPECT(count == 1 || count == 2);
    EXPECT(overrun >= 8 || count == 2);
    int got = CALL(timer_getoverrun, timer);
    EXPECT(got >= 0 && (got >= 8 || count > 1));
    sigprocmask(SIG_BLOCK, &set, NULL);
    pause_for(35);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t elapsed =
        (end.tv_sec - start.tv_sec) * INT64_C(1000) + (end.tv_nsec - start.tv_nsec) / MILLISECOND;
    EXPECT(fired <= elapsed / 10 + 1); /* each time is counted once */
    EXPECT_OK(CALL(timer_settime, timer, 0, &off, NULL));
    EXPECT_EQ(CALL(timer_getoverrun, timer), 0);
}

TEST(timers, go_on_until_they_are_turned_off)
{
    note_signals(SIGUSR1);
    int timer = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
    struct itimerspec setting = every(5, 5), off = every(0, 0), old;
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    spin(&count, 5);
    EXPECT_OK(CALL(timer_settime, timer, 0, &off, &old));
    EXPECT_EQ(old.it_interval.tv_nsec, 5 * MILLISECOND);
    EXPECT(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 5 * MILLISECOND);
    int so_far = count;
    pause_for(30);
    EXPECT_EQ(count, so_far);
}

TEST(timers, at_a_time)
{
    note_signals(SIGUSR1);
    int timer = make_timer(CLOCK_REALTIME, SIGUSR1, NULL);
    struct itimerspec setting = {0};
    clock_gettime(CLOCK_REALTIME, &setting.it_value);
    setting.it_value.tv_nsec += 20 * MILLISECOND;
    setting.it_value.tv_sec += setting.it_value.tv_nsec / 1000000000;
    setting.it_value.tv_nsec %= 1000000000;
    EXPECT_OK(CALL(timer_settime, timer, TIMER_ABSTIME, &setting, NULL));
    EXPECT_EQ(count, 0);
    spin(&count, 1);
    EXPECT(now(CLOCK_REALTIME) >=
           setting.it_value.tv_sec * INT64_C(1000000000) + setting.it_value.tv_nsec);
    setting.it_value = (struct timespec){1, 0}; /* long past */
    EXPECT_OK(CALL(timer_settime, timer, TIMER_ABSTIME, &setting, NULL));
    spin(&count, 2);
}

TEST(timers, by_the_processors_time)
{
    note_signals(SIGUSR1);
    int timer = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGUSR1, NULL);
    struct itimerspec setting = every(30, 0);
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    pause_for(200);
    EXPECT_EQ(count, 0);
    spin(&count, 1);
    EXPECT_EQ(code, SI_TIMER);
}

TEST(timers, that_send_to_a_thread)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    struct itimerspec setting = every(5, 0);
    int timer;
    note_signals(SIGUSR1);
    event.sigev_notify_thread_id = 999999999;
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL);
    event.sigev_notify_thread_id = CALL(gettid);
    EXPECT_OK(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer));
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    spin(&count, 1);
    EXPECT_EQ(code, SI_TIMER);
}

TEST(timers, that_send_nothing)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    struct itimerspec setting = every(20, 20), left;
    int timer;
    EXPECT_OK(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer));
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    pause_for(50);
    EXPECT_OK(CALL(timer_gettime, timer, &left));
    EXPECT(left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20 * MILLISECOND);
}

TEST(timers, refuse_what_makes_no_sense)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec setting = {.it_value = {0, 1000000000}};
    int timer;
    EXPECT_ERROR(CALL(timer_create, 99, &event, &timer), EINVAL);
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC_RAW, &event, &timer), EOPNOTSUPP);
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC, &event, NULL), EFAULT);
    event.sigev_signo = 99;
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL);
    event = (struct sigevent){.sigev_notify = 77, .sigev_signo = SIGUSR1};
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL);
    event.sigev_notify_thread_id = CALL(gettid);
    event.sigev_notify = SIGEV_THREAD | SIGEV_THREAD_ID;
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL);
    event.sigev_notify = SIGEV_NONE | SIGEV_THREAD_ID;
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL);
    timer = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
    EXPECT_ERROR(CALL(timer_settime, timer, 0, &setting, NULL), EINVAL);
    EXPECT_ERROR(CALL(timer_settime, timer, 0, NULL, NULL), EINVAL);
    EXPECT_ERROR(CALL(timer_gettime, timer, NULL), EFAULT);
    EXPECT_ERROR(CALL(timer_delete, -1), EINVAL);
}

/* As many as one likes, as long as they are deleted. */
TEST(timers, one_after_the_other)
{
    int last = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
    for (int i = 0; i < 3000; i++) {
        int next = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
        EXPECT(next >= 0);
        EXPECT_OK(CALL(timer_delete, last));
        last = next;
    }
}

int test_child(int argc, char **argv)
{
    (void)argc;
    return CALL(timer_delete, atoi(argv[2])) == 0;
}

TEST(timers, do_not_reach_a_child_or_the_next_program)
{
    char text[16];
    int status, timer = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
    snprintf(text, sizeof(text), "%d", timer);
    pid_t child = fork();
    if (child == 0)
        _exit(CALL(timer_delete, timer) == 0);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    if (fork() == 0) {
        make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
        execl("/proc/self/exe", "self", "--child", text, NULL);
        _exit(1);
    }
    wait(&status);
    EXPECT_EQ(status, 0);
}

/* --- timerfd --------------------------------------------------------------------------------- */

static uint64_t read_count(int file)
{
    uint64_t expired = 0;
    return read(file, &expired, sizeof(expired)) == sizeof(expired) ? expired : 0;
}

TEST(timers, that_are_files)
{
    struct itimerspec setting = every(20, 0), left;
    char link[64] = "";
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    EXPECT(file >= 0);
    EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    EXPECT(readlink(path, link, sizeof(link) - 1) > 0);
    EXPECT_EQ(strcmp(link, "anon_inode:[timerfd]"), 0);
    int64_t before = now(CLOCK_MONOTONIC);
    EXPECT_OK(timerfd_settime(file, 0, &setting, NULL));
    EXPECT_OK(timerfd_gettime(file, &left));
    EXPECT(left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20 * MILLISECOND);
    EXPECT_EQ(read_count(file), 1);
    EXPECT(now(CLOCK_MONOTONIC) - before >= 20 * MILLISECOND);
}

TEST(timers, as_files_count)
{
    struct itimerspec setting = every(10, 10), off = every(0, 0), old;
    int file = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    struct pollfd ready = {.fd = file, .events = POLLIN};
    uint64_t expired;
    EXPECT_EQ(poll(&ready, 1, 0), 0);
    EXPECT_ERROR(read(file, &expired, sizeof(expired)), EAGAIN);
    EXPECT_OK(timerfd_settime(file, 0, &setting, NULL));
    EXPECT_EQ(poll(&ready, 1, 5000), 1);
    EXPECT_EQ(ready.revents, POLLIN);
    pause_for(55);
    EXPECT_ERROR(read(file, &expired, sizeof(expired) - 1), EINVAL);
    uint64_t got = read_count(file);
    EXPECT(got >= 5 && got < 500);
    EXPECT_OK(timerfd_settime(file, 0, &off, &old));
    EXPECT_EQ(old.it_interval.tv_nsec, 10 * MILLISECOND);
    pause_for(30);
    EXPECT_EQ(poll(&ready, 1, 0), 0);
    EXPECT_ERROR(write(file, "12345678", 8), EINVAL);
}

TEST(timers, as_files_at_a_time)
{
    struct itimerspec setting = {0};
    int file = timerfd_create(CLOCK_REALTIME, 0);
    clock_gettime(CLOCK_REALTIME, &setting.it_value);
    setting.it_value.tv_sec--;
    setting.it_interval.tv_nsec = 300 * MILLISECOND;
    EXPECT_OK(timerfd_settime(file, TFD_TIMER_ABSTIME, &setting, NULL));
    uint64_t got = read_count(file); /* 1 s ago, 0.7 s, 0.4 s, 0.1 s */
    EXPECT(got >= 4);
}

TEST(timers, as_files_refuse_what_makes_no_sense)
{
    struct itimerspec setting = {.it_value = {0, -1}};
    int file = timerfd_create(CLOCK_MONOTONIC, 0), other = open("/dev/null", O_RDONLY);
    EXPECT_ERROR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
    EXPECT_ERROR(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
    EXPECT_ERROR(timerfd_create(99, 0), EINVAL);
    EXPECT_ERROR(timerfd_create(CLOCK_TAI, 0), EINVAL);
    clockid_t clock;
    EXPECT_OK(clock_getcpuclockid(getpid(), &clock));
    EXPECT_ERROR(timerfd_create(clock, 0), EINVAL);
    EXPECT_ERROR(timerfd_settime(file, 0, &setting, NULL), EINVAL);
    setting = every(1, 0);
    EXPECT_ERROR(timerfd_settime(file, 16, &setting, NULL), EINVAL);
    EXPECT_ERROR(timerfd_settime(other, 0, &setting, NULL), EINVAL);
    EXPECT_ERROR(timerfd_settime(99, 0, &setting, NULL), EBADF);
    EXPECT_ERROR(timerfd_gettime(other, &setting), EINVAL);
}
