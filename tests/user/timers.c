/* Timers that send signals: setitimer() by the processor's time, alarm(), timer_create(). Timers
 * that are files: timerfd. */
#include <poll.h>
#include <pthread.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "support.h"

enum { MILLISECOND = 1000000 };

/* What the last signal said, and the thread that handled it. */
static volatile int count, code, overrun, id, thread;
static void *volatile value;

static void note(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    count++;
    code = info->si_code;
    overrun = info->si_overrun;
    id = info->si_timerid;
    thread = (int)CALL(gettid);
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

/* Both times in milliseconds, less than a second. */
static struct itimerspec every(long first, long period)
{
    return (struct itimerspec){{0, period * MILLISECOND}, {0, first * MILLISECOND}};
}

static int64_t nanoseconds(struct timespec time)
{
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static struct timespec as_timespec(int64_t nanoseconds)
{
    return (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
}

static int64_t now(clockid_t clock)
{
    struct timespec time;
    if (CALL(clock_gettime, clock, &time) < 0)
        return -1;
    return nanoseconds(time);
}

/* Returns the kernel's number of the timer; the C library has its own. -1: no timer. */
static int make_timer(clockid_t clock, int signal, void *with)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
    int timer = -1;
    event.sigev_value.sival_ptr = with;
    return CALL(timer_create, clock, &event, &timer) < 0 ? -1 : timer;
}

/* --- setitimer ------------------------------------------------------------------------------- */

TEST(timers, setitimer_by_the_processors_time)
{
    struct itimerval timer = {{0, 20000}, {0, 20000}}, left;
    static const struct {
        int which, signal;
    } kinds[] = {{ITIMER_VIRTUAL, SIGVTALRM}, {ITIMER_PROF, SIGPROF}};
    for (int i = 0; i < 2; i++) {
        count = 0;
        note_signals(kinds[i].signal);
        int64_t before = now(CLOCK_PROCESS_CPUTIME_ID);
        EXPECT_OK(setitimer(kinds[i].which, &timer, NULL));
        pause_for(200); /* a sleep takes no time of the processor */
        int64_t used = now(CLOCK_PROCESS_CPUTIME_ID) - before;
        EXPECT(count <= used / (20 * MILLISECOND) + 2);
        spin(&count, 4);
        EXPECT_OK(getitimer(kinds[i].which, &left));
        EXPECT_EQ(left.it_interval.tv_usec, 20000);
        EXPECT(left.it_value.tv_sec == 0 && left.it_value.tv_usec > 0);
        EXPECT_OK(setitimer(kinds[i].which, &(struct itimerval){0}, NULL));
    }
}

/* Where the machine stands still, the timer may expire before alarm() asks. */
TEST(timers, alarm_rounds_what_is_left_up_to_a_second)
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

/* A blocked signal is pending once; its overrun counts the other times that the timer expired. */
TEST(timers, count_what_is_blocked)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int timer = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
    struct itimerspec setting = every(10, 10), off = every(0, 0);
    int64_t start = now(CLOCK_MONOTONIC), expired = 0;
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    for (int i = 0; i < 3; i++) {
        pause_for(55);
        int64_t least = (now(CLOCK_MONOTONIC) - start) / (10 * MILLISECOND) - 1;
        EXPECT_EQ(sigtimedwait(&set, &info, NULL), SIGUSR1);
        EXPECT_EQ(CALL(timer_getoverrun, timer), info.si_overrun);
        expired += 1 + info.si_overrun;
        EXPECT(expired >= least);
        EXPECT(expired <= (now(CLOCK_MONOTONIC) - start) / (10 * MILLISECOND));
    }
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
    int64_t until = now(CLOCK_REALTIME) + 20 * MILLISECOND;
    struct itimerspec setting = {.it_value = as_timespec(until)};
    EXPECT_OK(CALL(timer_settime, timer, TIMER_ABSTIME, &setting, NULL));
    spin(&count, 1);
    EXPECT(now(CLOCK_REALTIME) >= until);
    setting.it_value = (struct timespec){1, 0}; /* long past */
    EXPECT_OK(CALL(timer_settime, timer, TIMER_ABSTIME, &setting, NULL));
    spin(&count, 2);
}

/* The process uses no processor while it sleeps, but another one does: neither time counts. */
TEST(timers, by_the_processors_time)
{
    if (fork() == 0) {
        for (volatile int spin = 1; spin;) {
        }
    }
    note_signals(SIGUSR1);
    int timer = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGUSR1, NULL);
    struct itimerspec setting = every(30, 0);
    int64_t before = now(CLOCK_PROCESS_CPUTIME_ID);
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    pause_for(200);
    spin(&count, 1);
    EXPECT(now(CLOCK_PROCESS_CPUTIME_ID) - before >= 30 * MILLISECOND);
    EXPECT_EQ(code, SI_TIMER);
}

static volatile int other_thread;

static void *be_the_other_thread(void *unused)
{
    other_thread = (int)CALL(gettid);
    for (;;)
        pause();
    return unused;
}

TEST(timers, that_send_to_a_thread)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    struct itimerspec setting = every(5, 0);
    pthread_t other;
    int timer;
    note_signals(SIGUSR1);
    event.sigev_notify_thread_id = 999999999;
    EXPECT_ERROR(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer), EINVAL);
    EXPECT_EQ(pthread_create(&other, NULL, be_the_other_thread, NULL), 0);
    while (other_thread == 0)
        pause_for(1);
    event.sigev_notify_thread_id = other_thread;
    EXPECT_OK(CALL(timer_create, CLOCK_MONOTONIC, &event, &timer));
    EXPECT_OK(CALL(timer_settime, timer, 0, &setting, NULL));
    while (thread == 0)
        pause_for(1);
    EXPECT_EQ(thread, other_thread);
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

TEST(timers, refusals)
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

/* A process may make any number of timers, if it deletes them. */
TEST(timers, numbers_do_not_run_out)
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
    return CALL(timer_delete, atoi(argv[2])) == 0; /* 0: there is no such timer */
}

static void run_without_its_timer(void)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL));
    execl("/proc/self/exe", "self", "--child", number, (char *)NULL);
    _exit(2);
}

TEST(timers, do_not_reach_a_child_or_the_next_program)
{
    int status, timer = make_timer(CLOCK_MONOTONIC, SIGUSR1, NULL);
    EXPECT(timer >= 0);
    pid_t child = fork();
    if (child == 0)
        _exit(CALL(timer_delete, timer) == 0);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(status_of(run_without_its_timer), 0);
}

/* --- timerfd --------------------------------------------------------------------------------- */

static uint64_t read_count(int file)
{
    uint64_t expired = 0;
    return read(file, &expired, sizeof(expired)) == sizeof(expired) ? expired : 0;
}

TEST(timers, that_are_files)
{
    const struct itimerspec later = {.it_value = {1000, 0}}, soon = every(20, 0);
    struct itimerspec left;
    char link[64] = "";
    int file = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    EXPECT(file >= 0);
    EXPECT_EQ(fcntl(file, F_GETFD), FD_CLOEXEC);
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    EXPECT(readlink(path, link, sizeof(link) - 1) > 0);
    EXPECT_EQ(strcmp(link, "anon_inode:[timerfd]"), 0);
    EXPECT_OK(timerfd_settime(file, 0, &later, NULL));
    EXPECT_OK(timerfd_gettime(file, &left));
    EXPECT(left.it_value.tv_sec >= 900 && left.it_value.tv_sec <= 1000);
    int64_t before = now(CLOCK_MONOTONIC);
    EXPECT_OK(timerfd_settime(file, 0, &soon, NULL));
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
    int64_t before = now(CLOCK_MONOTONIC);
    EXPECT_OK(timerfd_settime(file, 0, &setting, NULL));
    EXPECT_EQ(poll(&ready, 1, -1), 1);
    EXPECT_EQ(ready.revents, POLLIN);
    pause_for(55);
    EXPECT_ERROR(read(file, &expired, sizeof(expired) - 1), EINVAL);
    uint64_t got = read_count(file);
    EXPECT(got >= 5 && got <= (uint64_t)(now(CLOCK_MONOTONIC) - before) / (10 * MILLISECOND));
    EXPECT_OK(timerfd_settime(file, 0, &off, &old));
    EXPECT_EQ(old.it_interval.tv_nsec, 10 * MILLISECOND);
    pause_for(30);
    EXPECT_EQ(poll(&ready, 1, 0), 0);
    EXPECT_ERROR(write(file, "12345678", 8), EINVAL);
}

TEST(timers, as_files_at_a_time)
{
    struct itimerspec setting = every(0, 300);
    int file = timerfd_create(CLOCK_REALTIME, 0);
    int64_t first = now(CLOCK_REALTIME) - 1000 * MILLISECOND;
    setting.it_value = as_timespec(first);
    EXPECT_OK(timerfd_settime(file, TFD_TIMER_ABSTIME, &setting, NULL));
    uint64_t got = read_count(file); /* 1 s ago, 0.7 s, 0.4 s, 0.1 s */
    EXPECT(got >= 4);
    EXPECT(got <= (uint64_t)(now(CLOCK_REALTIME) - first) / (300 * MILLISECOND) + 1);
}

TEST(timers, refusals_of_files)
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
