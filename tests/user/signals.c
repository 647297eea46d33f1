/* Signals: sending, blocking and handling them. The other suites about signals are queued,
 * restarts, signal_frames, signal_stacks and signalfd. */
#include "support.h"

static volatile int count, last;

static void note(int signal)
{
    count++;
    last = signal;
}

static void block(int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void unblock_all(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

TEST(signals, a_handler_runs)
{
    handle(SIGUSR1, note, 0);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    EXPECT_EQ(count, 1);
    EXPECT_EQ(last, SIGUSR1);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(count, 2);
}

static siginfo_t info;

static void keep_info(int signal, siginfo_t *given, void *context)
{
    (void)context;
    note(signal);
    info = *given;
}

static void handle_info(int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = keep_info, .sa_flags = SA_SIGINFO | flags};
    sigaction(signal, &action, NULL);
}

TEST(signals, information)
{
    handle_info(SIGUSR1, 0);
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(info.si_signo, SIGUSR1);
    EXPECT_EQ(info.si_code, SI_USER);
    EXPECT_EQ(info.si_pid, getpid());
    EXPECT_EQ(info.si_uid, getuid());
    CALL(tkill, getpid(), SIGUSR1); /* the process has one thread, of the same number */
    EXPECT_EQ(info.si_code, SI_TKILL);
}

TEST(signals, a_child_has_ended)
{
    handle_info(SIGCHLD, SA_RESTART);
    pid_t child = fork();
    if (child == 0)
        _exit(5);
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(info.si_code, CLD_EXITED);
    EXPECT_EQ(info.si_pid, child);
    EXPECT_EQ(info.si_status, 5);
    child = fork();
    if (child == 0)
        kill(getpid(), SIGKILL);
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(info.si_code, CLD_KILLED);
    EXPECT_EQ(info.si_status, SIGKILL);
}

TEST(signals, sa_nocldwait_leaves_no_zombies)
{
    handle_info(SIGCHLD, SA_NOCLDWAIT);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    EXPECT_ERROR(waitpid(child, NULL, 0), ECHILD);
    EXPECT_EQ(count, 1);
}

TEST(signals, sa_nocldstop_reports_no_stops)
{
    int status;
    handle_info(SIGCHLD, SA_NOCLDSTOP | SA_RESTART);
    pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT_EQ(count, 0);
    kill(child, SIGCONT);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(count, 1);
}

TEST(signals, blocked_ones_wait)
{
    sigset_t pending;
    handle(SIGUSR1, note, 0);
    block(SIGUSR1);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(count, 0);
    EXPECT_OK(sigpending(&pending));
    EXPECT(sigismember(&pending, SIGUSR1));
    unblock_all();
    EXPECT_EQ(count, 1); /* these signals are not queued */
    EXPECT_OK(sigpending(&pending));
    EXPECT(!sigismember(&pending, SIGUSR1));
}

TEST(signals, masks)
{
    sigset_t set, old;
    sigfillset(&set);
    EXPECT_OK(sigprocmask(SIG_SETMASK, &set, NULL));
    EXPECT_OK(sigprocmask(SIG_SETMASK, NULL, &old));
    EXPECT(sigismember(&old, SIGTERM));
    EXPECT(!sigismember(&old, SIGKILL));
    EXPECT(!sigismember(&old, SIGSTOP));
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    EXPECT_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &old));
    EXPECT(!sigismember(&old, SIGTERM));
    EXPECT(sigismember(&old, SIGHUP));
    EXPECT_ERROR(CALL(rt_sigprocmask, 99, &set, NULL, 8), EINVAL);
    EXPECT_ERROR(CALL(rt_sigprocmask, SIG_BLOCK, &set, NULL, 16), EINVAL);
}

TEST(signals, actions)
{
    struct sigaction old;
    EXPECT_ERROR(sigaction(SIGKILL, &(struct sigaction){.sa_handler = note}, NULL), EINVAL);
    EXPECT_ERROR(sigaction(SIGSTOP, &(struct sigaction){.sa_handler = SIG_IGN}, NULL), EINVAL);
    EXPECT_ERROR(CALL(rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
    handle(SIGUSR1, note, SA_RESTART | SA_NODEFER);
    EXPECT_OK(sigaction(SIGUSR1, NULL, &old));
    EXPECT(old.sa_handler == note);
    EXPECT_EQ(old.sa_flags & (SA_RESTART | SA_NODEFER | SA_RESETHAND), SA_RESTART | SA_NODEFER);
}

static volatile int depth, deepest;

static void nest(int signal)
{
    depth++;
    if (depth > deepest)
        deepest = depth;
    if (++count < 3)
        kill(getpid(), signal);
    depth--;
}

TEST(signals, a_handler_is_not_interrupted_by_itself)
{
    handle(SIGUSR1, nest, 0);
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(deepest, 1);
}

TEST(signals, a_handler_with_sa_nodefer_is_interrupted_by_itself)
{
    handle(SIGUSR1, nest, SA_NODEFER);
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(deepest, 3);
}

static sigset_t mask;

static void keep_mask(int signal)
{
    (void)signal;
    sigprocmask(SIG_BLOCK, NULL, &mask);
}

TEST(signals, a_handler_has_its_own_mask)
{
    struct sigaction action = {.sa_handler = keep_mask};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    EXPECT_OK(sigaction(SIGUSR1, &action, NULL));
    kill(getpid(), SIGUSR1);
    EXPECT(sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGUSR2));
    EXPECT(!sigismember(&mask, SIGHUP));
    sigprocmask(SIG_BLOCK, NULL, &mask);
    EXPECT(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
}

TEST(signals, a_handler_with_sa_resethand_runs_once)
{
    struct sigaction now;
    handle(SIGUSR1, note, SA_RESETHAND);
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(count, 1);
    EXPECT_OK(sigaction(SIGUSR1, NULL, &now));
    EXPECT(now.sa_handler == SIG_DFL);
}

static void die_of_term(void)
{
    kill(getpid(), SIGTERM);
    _exit(0);
}

static void ignore_and_live(void)
{
    signal(SIGTERM, SIG_IGN);
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGCHLD); /* this one and the next are ignored by default */
    kill(getpid(), SIGURG);
    kill(getpid(), SIGWINCH);
    kill(getpid(), SIGCONT);
    _exit(9);
}

TEST(signals, what_they_do_by_default)
{
    EXPECT_EQ(status_of(die_of_term), SIGTERM);
    EXPECT_EQ(status_of(ignore_and_live), 9 << 8);
}

TEST(signals, ignored_ones_are_dropped)
{
    handle(SIGUSR1, note, 0);
    block(SIGUSR1);
    kill(getpid(), SIGUSR1);
    signal(SIGUSR1, SIG_IGN); /* which drops the pending one, too */
    handle(SIGUSR1, note, 0);
    unblock_all();
    EXPECT_EQ(count, 0);
}

TEST(signals, sigsuspend)
{
    sigset_t none;
    sigemptyset(&none);
    handle(SIGUSR1, note, 0);
    block(SIGUSR1);
    kill(getpid(), SIGUSR1);
    EXPECT_ERROR(sigsuspend(&none), EINTR);
    EXPECT_EQ(count, 1);
    kill(getpid(), SIGUSR1); /* blocked again */
    EXPECT_EQ(count, 1);
    EXPECT_ERROR(CALL(rt_sigsuspend, &none, 4), EINVAL);
}

TEST(signals, stopped_and_continued)
{
    int status;
    pid_t child = start_sleeper();
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT(WIFSTOPPED(status));
    EXPECT_EQ(WSTOPSIG(status), SIGSTOP);
    EXPECT_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0); /* reported once */
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, WCONTINUED), child);
    EXPECT(WIFCONTINUED(status));
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_OK(kill(child, SIGKILL)); /* ends what is stopped, too */
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, SIGKILL);
}

TEST(signals, a_stopped_program_does_nothing)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe2(ends, O_NONBLOCK));
    pid_t child = fork();
    if (child == 0) {
        for (;;) {
            kill(getpid(), SIGSTOP);
            if (write(ends[1], "x", 1) != 1)
                _exit(1);
        }
    }
    EXPECT_EQ(waitpid(child, NULL, WUNTRACED), child);
    EXPECT_ERROR(read(ends[0], &byte, 1), EAGAIN);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, NULL, WUNTRACED), child); /* it has stopped again */
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
}

TEST(signals, a_read_goes_on_after_a_stop)
{
    int ends[2], status;
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        char byte;
        _exit(read(ends[0], &byte, 1) == 1 && byte == 'x' ? 0 : 1);
    }
    let_sleep(child);
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, NULL, WUNTRACED), child);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(signals, to_a_group)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    pid_t first = 0;
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            setpgid(0, first);
            write(ends[1], "x", 1);
            pause();
        }
        first = first ? first : child;
        char byte;
        EXPECT_EQ(read(ends[0], &byte, 1), 1);
    }
    EXPECT_OK(kill(-first, SIGTERM));
    for (int i = 0; i < 3; i++) {
        int status;
        EXPECT(waitpid(-first, &status, 0) > 0);
        EXPECT_EQ(status, SIGTERM);
    }
}

/* A frame for each lies on the stack before the program goes on: the last one's handler runs first.
 */
TEST(signals, two_at_once_are_both_handled)
{
    handle(SIGUSR1, note, 0);
    handle(SIGUSR2, note, 0);
    block(SIGUSR1);
    block(SIGUSR2);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR1);
    unblock_all();
    EXPECT_EQ(count, 2);
    EXPECT_EQ(last, SIGUSR1);
}
