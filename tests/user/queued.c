/* Signals with values, which are queued; what the kernel says of each signal's sender;
 * sigtimedwait(). */
#include <sys/time.h>
#include <time.h>

#include "support.h"

enum { MOST = 100 };

static siginfo_t infos[MOST];
static volatile int count;

static void keep(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    if (count < MOST)
        infos[count] = *info;
    count++;
}

static void handle_info(int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = keep, .sa_flags = SA_SIGINFO | flags};
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

static void block_all(void)
{
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
}

static void unblock_all(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
}

TEST(queued, real_time_signals_come_in_order)
{
    union sigval value;
    handle_info(SIGRTMIN + 1, 0);
    handle_info(SIGRTMIN + 2, 0);
    handle_info(SIGUSR1, 0);
    block_all();
    for (int i = 0; i < 30; i++) {
        value.sival_int = i;
        EXPECT_OK(sigqueue(getpid(), SIGRTMIN + 2 - i % 2, value));
        EXPECT_OK(sigqueue(getpid(), SIGUSR1, value));
    }
    unblock_all();
    EXPECT_EQ(count, 31);
    EXPECT_EQ(infos[0].si_signo, SIGUSR1);
    EXPECT_EQ(infos[0].si_value.sival_int, 0);
    for (int i = 1; i < 31; i++) {
        EXPECT_EQ(infos[i].si_signo, i < 16 ? SIGRTMIN + 1 : SIGRTMIN + 2);
        EXPECT_EQ(infos[i].si_value.sival_int, i < 16 ? 2 * i - 1 : 2 * (i - 16));
        EXPECT_EQ(infos[i].si_code, SI_QUEUE);
        EXPECT_EQ(infos[i].si_pid, getpid());
    }
}

/* As the kernel has it; the C library has another one. */
struct kernel_action {
    void *handler;
    unsigned long flags;
    void *restorer;
    unsigned long mask;
};

TEST(queued, every_signal_can_have_a_handler)
{
    for (int signal = 1; signal <= 64; signal++) {
        struct kernel_action action;
        EXPECT_OK(CALL(rt_sigaction, signal, NULL, &action, 8));
        action.flags = SA_SIGINFO;
        if (signal == SIGKILL || signal == SIGSTOP)
            EXPECT_ERROR(CALL(rt_sigaction, signal, &action, NULL, 8), EINVAL);
        else
            EXPECT_OK(CALL(rt_sigaction, signal, &action, NULL, 8));
    }
    EXPECT_ERROR(CALL(rt_sigaction, 65, NULL, NULL, 8), EINVAL);
    EXPECT_ERROR(CALL(rt_sigaction, 0, NULL, NULL, 8), EINVAL);
    handle_info(64, 0);
    EXPECT_OK(kill(getpid(), 64));
    EXPECT_EQ(infos[0].si_signo, 64);
}

TEST(queued, unknown_flags_are_dropped)
{
    struct kernel_action action = {.flags = ~0ul}, old;
    EXPECT_OK(CALL(rt_sigaction, SIGUSR1, &action, NULL, 8));
    EXPECT_OK(CALL(rt_sigaction, SIGUSR1, NULL, &old, 8));
    EXPECT_EQ(old.flags, 0xdc000807ul);
}

TEST(queued, sigqueueinfo_refusals)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    pid_t child = start_sleeper();
    EXPECT_OK(CALL(rt_sigqueueinfo, child, 0, &info));
    info.si_code = SI_USER;
    EXPECT_ERROR(CALL(rt_sigqueueinfo, child, SIGURG, &info), EPERM);
    info.si_code = SI_TKILL;
    EXPECT_ERROR(CALL(rt_sigqueueinfo, child, SIGURG, &info), EPERM);
    info.si_code = SI_KERNEL;
    EXPECT_ERROR(CALL(rt_tgsigqueueinfo, child, child, SIGURG, &info), EPERM);
    info.si_code = SI_QUEUE;
    EXPECT_ERROR(CALL(rt_sigqueueinfo, child, 65, &info), EINVAL);
    EXPECT_ERROR(CALL(rt_sigqueueinfo, 1 << 30, SIGURG, &info), ESRCH);
    EXPECT_ERROR(CALL(rt_tgsigqueueinfo, 0, child, SIGURG, &info), EINVAL);
    EXPECT_ERROR(CALL(rt_tgsigqueueinfo, 1, child, SIGURG, &info), ESRCH);
    EXPECT_FAULT_EACH(bad, 48, CALL(rt_sigqueueinfo, child, SIGURG, bad));
}

TEST(queued, a_process_may_tell_itself_anything)
{
    siginfo_t info = {.si_code = SI_USER, .si_pid = 77};
    handle_info(SIGUSR2, 0);
    EXPECT_OK(CALL(rt_sigqueueinfo, getpid(), SIGUSR2, &info));
    EXPECT_EQ(count, 1);
    EXPECT_EQ(infos[0].si_signo, SIGUSR2);
    EXPECT_EQ(infos[0].si_pid, 77);
    info.si_code = -60;
    EXPECT_OK(CALL(rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR2, &info));
    EXPECT_EQ(infos[1].si_code, -60);
}

TEST(queued, sigtimedwait_takes_values)
{
    siginfo_t info;
    sigset_t set;
    union sigval value = {.sival_ptr = &set};
    struct timespec none = {0, 0}, limit = {0, 10000000};
    block_all();
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGUSR1);
    EXPECT_ERROR(sigtimedwait(&set, &info, &limit), EAGAIN);
    for (int i = 0; i < 2; i++)
        EXPECT_OK(sigqueue(getpid(), SIGRTMIN, value));
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_EQ(sigtimedwait(&set, &info, &none), SIGUSR1);
    EXPECT_EQ(info.si_code, SI_USER);
    EXPECT_EQ(info.si_pid, getpid());
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(sigtimedwait(&set, &info, NULL), SIGRTMIN);
        EXPECT_EQ(info.si_value.sival_ptr, &set);
    }
    EXPECT_ERROR(sigtimedwait(&set, &info, &none), EAGAIN);
}

/* Other waits go on after a stop, but this one ends. */
TEST(queued, a_stop_ends_sigtimedwait)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        const struct timespec limit = {50, 0};
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        _exit(CALL(rt_sigtimedwait, &set, NULL, &limit, 8) == -1 && errno == EINTR ? 5 : 6);
    }
    let_sleep(child);
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 5 << 8);
}

/* An ignored signal is pending all the same while it is blocked, and sigtimedwait() takes it. */
TEST(queued, ignored_and_blocked)
{
    sigset_t set;
    struct timespec none = {0, 0};
    signal(SIGUSR1, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_ERROR(sigtimedwait(&set, NULL, &none), EAGAIN);
    block_all();
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_EQ(sigtimedwait(&set, NULL, &none), SIGUSR1);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    signal(SIGUSR1, SIG_IGN); /* drops the pending one */
    EXPECT_ERROR(sigtimedwait(&set, NULL, &none), EAGAIN);
}

TEST(queued, the_sender_is_known)
{
    int ends[2];
    handle_info(SIGPIPE, 0);
    handle_info(SIGALRM, 0);
    handle_info(SIGCHLD, 0);
    EXPECT_OK(pipe(ends));
    close(ends[0]);
    EXPECT_ERROR(write(ends[1], "x", 1), EPIPE);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(infos[0].si_code, SI_USER);
    EXPECT_EQ(infos[0].si_pid, getpid());
    struct itimerval timer = {.it_value = {0, 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    while (count < 2)
        pause_for(1);
    EXPECT_EQ(infos[1].si_code, SI_KERNEL);
    EXPECT_EQ(infos[1].si_pid, 0);
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    while (count < 3)
        pause_for(1);
    EXPECT_EQ(infos[2].si_code, CLD_EXITED);
    EXPECT_EQ(infos[2].si_pid, child);
    EXPECT_EQ(infos[2].si_status, 7);
    EXPECT_OK(raise(SIGCHLD));
    EXPECT_EQ(infos[3].si_code, SI_TKILL);
}
