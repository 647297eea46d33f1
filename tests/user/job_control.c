/* Job control and controlling terminals, on a pseudo-terminal. */
#include "pty_support.h"

static volatile int signals;

static void note(int signal)
{
    (void)signal;
    signals++;
}

static int run_session(void (*leader)(int terminal, int master))
{
    struct pair pair = open_pair();
    int master = dup(pair.master), status = -1;
    pid_t child = fork_session(&pair);
    if (child == 0) {
        leader(pair.other, master);
        _exit(test_failed());
    }
    waitpid(child, &status, 0);
    return status;
}

/* A test that runs as the leader of a session on `terminal`, whose other end is `master`. */
#define SESSION(name)                                                 \
    static void session__##name(int terminal, int master);            \
    TEST(job_control, name)                                           \
    {                                                                 \
        EXPECT_EQ(run_session(session__##name), 0);                   \
    }                                                                 \
    static void session__##name(int terminal __attribute__((unused)), \
                                int master __attribute__((unused)))

/* Forks a child in a group of its own. */
static pid_t fork_job(void)
{
    pid_t child = fork();
    setpgid(child, child);
    return child;
}

static int status_of_job(pid_t child)
{
    int status = -1;
    return waitpid(child, &status, WUNTRACED) == child ? status : -1;
}

/* Returns the signal that has stopped the child; -1: it has ended. */
static int stopped_by(pid_t child)
{
    int status = status_of_job(child);
    return WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}

/* Makes the group the terminal's foreground, from any group. */
static void hand_over(int terminal, pid_t group)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    sigprocmask(SIG_BLOCK, &set, &old);
    tcsetpgrp(terminal, group);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

SESSION(a_background_read_stops)
{
    char text[8];
    pid_t job = fork_job();
    if (job == 0)
        _exit(read(terminal, text, sizeof(text)) != 3);
    EXPECT_EQ(stopped_by(job), SIGTTIN);
    type(master, "ab\n");
    hand_over(terminal, job);
    EXPECT_EQ(kill(-job, SIGCONT), 0);
    EXPECT_EQ(status_of_job(job), 0);
}

SESSION(a_background_read_that_cannot_stop_fails)
{
    char text[8];
    pid_t job = fork_job();
    if (job == 0) {
        signal(SIGTTIN, SIG_IGN);
        _exit(read(terminal, text, sizeof(text)) != -1 || errno != EIO);
    }
    EXPECT_EQ(status_of_job(job), 0);
    job = fork_job();
    if (job == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTTIN);
        sigprocmask(SIG_BLOCK, &set, NULL);
        _exit(read(terminal, text, sizeof(text)) != -1 || errno != EIO);
    }
    EXPECT_EQ(status_of_job(job), 0);
}

SESSION(a_background_write_may_stop)
{
    pid_t job = fork_job();
    if (job == 0)
        _exit(write(terminal, "x", 1) != 1);
    EXPECT_EQ(status_of_job(job), 0);
    EXPECT(sees(master, "x"));
    change_local(terminal, 0, TOSTOP);
    job = fork_job();
    if (job == 0)
        _exit(write(terminal, "y", 1) != 1);
    EXPECT_EQ(stopped_by(job), SIGTTOU);
    EXPECT(sees(master, ""));
    change_local(terminal, TOSTOP, 0);
    kill(-job, SIGCONT);
    EXPECT_EQ(status_of_job(job), 0);
    EXPECT(sees(master, "y"));
    change_local(terminal, 0, TOSTOP);
    job = fork_job();
    if (job == 0) {
        signal(SIGTTOU, SIG_IGN);
        _exit(write(terminal, "z", 1) != 1);
    }
    EXPECT_EQ(status_of_job(job), 0);
}

SESSION(a_background_change_of_settings_stops)
{
    struct termios settings;
    EXPECT_EQ(tcgetattr(terminal, &settings), 0);
    pid_t job = fork_job();
    if (job == 0)
        _exit(tcsetattr(terminal, TCSANOW, &settings) != 0);
    EXPECT_EQ(stopped_by(job), SIGTTOU);
    hand_over(terminal, job);
    kill(-job, SIGCONT);
    EXPECT_EQ(status_of_job(job), 0);
    hand_over(terminal, getpgrp());
    job = fork_job();
    if (job == 0)
        _exit(tcsetpgrp(terminal, getpgrp()) != 0);
    EXPECT_EQ(stopped_by(job), SIGTTOU);
    kill(-job, SIGKILL);
    status_of_job(job);
    job = fork_job();
    if (job == 0) {
        hand_over(terminal, getpgrp()); /* the signal is blocked meanwhile */
        _exit(tcgetpgrp(terminal) != getpgrp());
    }
    EXPECT_EQ(status_of_job(job), 0);
}

/* A group is orphaned when the parents of all its processes are in the group or in other sessions:
 * nobody would let it go on after a stop. */
SESSION(an_orphaned_group_does_not_stop)
{
    int ends[2];
    char byte = 0;
    EXPECT_EQ(pipe(ends), 0);
    pid_t parent = fork_job();
    if (parent == 0) {
        pid_t child = fork();
        if (child == 0) {
            while (getppid() == getpgrp())
                pause_for(5);
            ssize_t count = read(terminal, &byte, 1);
            write(ends[1], count == -1 && errno == EIO ? "y" : "n", 1);
            raise(SIGTSTP); /* nothing happens */
            write(ends[1], "z", 1);
        }
        _exit(0);
    }
    EXPECT_EQ(status_of_job(parent), 0);
    EXPECT(read(ends[0], &byte, 1) == 1 && byte == 'y');
    EXPECT(read(ends[0], &byte, 1) == 1 && byte == 'z');
}

SESSION(typed_signals_go_to_the_foreground)
{
    static const struct {
        const char *typed;
        int signal;
    } kinds[] = {{"\003", SIGINT}, {"\034", SIGQUIT}};
    handle(SIGINT, note, 0);
    handle(SIGQUIT, note, 0);
    for (int i = 0; i < 2; i++) {
        pid_t job = fork_job();
        if (job == 0) {
            signal(kinds[i].signal, SIG_DFL);
            hand_over(terminal, getpgrp());
            type(terminal, "ready");
            pause();
            _exit(0);
        }
        EXPECT(sees(master, "ready"));
        type(master, kinds[i].typed);
        int status = status_of_job(job);
        EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == kinds[i].signal);
        hand_over(terminal, getpgrp());
        seen(master, 1);
    }
    EXPECT_EQ(signals, 0);
    type(master, "\003");
    while (signals == 0)
        pause_for(5);
    EXPECT_EQ(signals, 1);
    change_local(terminal, ISIG, 0);
    type(master, "\003\n");
    char text[8];
    EXPECT(read(terminal, text, sizeof(text)) == 2 && text[0] == 3);
    EXPECT_EQ(signals, 1);
}

SESSION(a_job_is_stopped_and_goes_on)
{
    pid_t job = fork_job();
    if (job == 0) {
        hand_over(terminal, getpgrp());
        type(terminal, "ready");
        char byte;
        _exit(read(terminal, &byte, 1) != 1);
    }
    EXPECT(sees(master, "ready"));
    type(master, "dropped\032");
    EXPECT_EQ(stopped_by(job), SIGTSTP);
    kill(-job, SIGCONT);
    int status = -1;
    EXPECT(waitpid(job, &status, WCONTINUED) == job && WIFCONTINUED(status));
    type(master, "\n");
    EXPECT_EQ(status_of_job(job), 0);
}

SESSION(a_typed_signal_drops_what_was_typed)
{
    char text[16];
    handle(SIGINT, note, SA_RESTART);
    type(master, "dropped\003kept\n");
    EXPECT_EQ(read(terminal, text, sizeof(text)), 5);
    EXPECT_EQ(memcmp(text, "kept\n", 5), 0);
    change_local(terminal, 0, NOFLSH);
    type(master, "also\003kept\n");
    EXPECT_EQ(read(terminal, text, sizeof(text)), 9);
    EXPECT_EQ(memcmp(text, "alsokept\n", 9), 0);
    EXPECT_EQ(signals, 2);
}

SESSION(the_foreground_is_a_group_of_the_session)
{
    EXPECT_EQ(tcgetpgrp(terminal), getpgrp());
    EXPECT_EQ(tcgetsid(terminal), getpid());
    EXPECT_ERROR(tcsetpgrp(terminal, 999999999), ESRCH);
    EXPECT_ERROR(tcsetpgrp(terminal, -1), EINVAL);
    EXPECT_ERROR(tcsetpgrp(terminal, getppid()), EPERM);
    int mine = 0;
    EXPECT(ioctl(master, TIOCGPGRP, &mine) == 0 && mine == getpgrp());
}

/* --- Controlling terminals ------------------------------------------------------------------- */

SESSION(the_controlling_terminal_has_a_name)
{
    struct pair other = open_pair();
    int own = open("/dev/tty", O_RDWR);
    EXPECT(own >= 0);
    type(own, "x");
    EXPECT(sees(master, "x"));
    EXPECT_EQ(tcgetpgrp(own), getpgrp());
    EXPECT_ERROR(tcgetpgrp(other.other), ENOTTY);
    EXPECT_ERROR(ioctl(other.other, TIOCSCTTY, 0), EPERM); /* there is one already */
    EXPECT(ioctl(terminal, TIOCSCTTY, 0) == 0);
    EXPECT_ERROR(ioctl(other.other, TIOCNOTTY), ENOTTY);
}

SESSION(a_session_gives_its_terminal_up)
{
    handle(SIGHUP, note, 0);
    handle(SIGCONT, note, 0);
    EXPECT_EQ(ioctl(terminal, TIOCNOTTY), 0);
    EXPECT_EQ(signals, 2);
    EXPECT_ERROR(open("/dev/tty", O_RDWR), ENXIO);
    EXPECT_EQ(write(terminal, "x", 1), 1); /* it still works */
    EXPECT(ioctl(terminal, TIOCSCTTY, 0) == 0);
    EXPECT(open("/dev/tty", O_RDWR) >= 0);
}

SESSION(others_cannot_take_it)
{
    pid_t child = fork();
    if (child == 0) {
        if (ioctl(terminal, TIOCSCTTY, 0) == 0 || errno != EPERM) /* it leads no session */
            _exit(1);
        setsid();
        if (open("/dev/tty", O_RDWR) >= 0 || errno != ENXIO)
            _exit(2);
        if (ioctl(terminal, TIOCSCTTY, 0) == 0 || errno != EPERM)
            _exit(3);
        _exit(0);
    }
    EXPECT_EQ(status_of_job(child), 0);
}

enum { STEAL = 1 };

SESSION(root_takes_it_from_others)
{
    if (geteuid() != 0)
        return;
    handle(SIGHUP, note, 0);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        _exit(ioctl(terminal, TIOCSCTTY, STEAL) < 0 || tcgetsid(terminal) != getpid());
    }
    EXPECT_EQ(status_of_job(child), 0);
    EXPECT_ERROR(open("/dev/tty", O_RDWR), ENXIO);
    EXPECT_ERROR(tcgetsid(terminal), ENOTTY);
    EXPECT_EQ(signals, 0); /* the leader is not told */
}

SESSION(users_do_not_take_it_from_others)
{
    if (geteuid() != 0)
        return;
    struct pair other = open_pair();
    int writer = open(ptsname(other.master), O_WRONLY | O_NOCTTY);
    EXPECT(writer >= 0);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (setuid(USER) < 0)
            _exit(1);
        if (ioctl(terminal, TIOCSCTTY, STEAL) == 0 || errno != EPERM)
            _exit(2);
        if (ioctl(writer, TIOCSCTTY, 0) == 0 || errno != EPERM) /* it is not open for reading */
            _exit(3);
        _exit(ioctl(other.other, TIOCSCTTY, 0) < 0 ? 4 : 0);
    }
    EXPECT_EQ(status_of_job(child), 0);
    EXPECT_EQ(tcgetsid(terminal), getpid());
}

static void open_first_terminal(void)
{
    struct pair pair = open_pair();
    setsid();
    if (open(ptsname(pair.master), O_RDWR | O_NOCTTY) < 0)
        _exit(1);
    if (open("/dev/tty", O_RDWR) >= 0 || errno != ENXIO)
        _exit(2);
    if (open(ptsname(pair.master), O_RDWR) < 0)
        _exit(3);
    _exit(open("/dev/tty", O_RDWR) < 0 ? 4 : tcgetsid(pair.other) != getpid());
}

TEST(job_control, a_leaders_first_open_takes_the_terminal)
{
    EXPECT_EQ(status_of(open_first_terminal), 0);
}

/* Reads a process's terminal and that terminal's foreground group where ps does. */
static void read_terminal(pid_t process, int *number, int *foreground)
{
    char path[32], text[256] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", process);
    int file = open(path, O_RDONLY);
    EXPECT(read(file, text, sizeof(text) - 1) > 0);
    close(file);
    const char *name_end = strrchr(text, ')');
    EXPECT(name_end && sscanf(name_end, ") %*c %*d %*d %*d %d %d", number, foreground) == 2);
}

SESSION(proc_tells_the_terminal_and_its_foreground)
{
    struct stat status;
    int number = 0, foreground = 0;
    EXPECT_EQ(fstat(terminal, &status), 0);
    read_terminal(getpid(), &number, &foreground);
    EXPECT_EQ(number, (int)status.st_rdev);
    EXPECT_EQ(foreground, getpgrp());
    pid_t job = start_sleeper();
    setpgid(job, job);
    EXPECT_EQ(tcsetpgrp(terminal, job), 0);
    read_terminal(job, &number, &foreground);
    EXPECT_EQ(number, (int)status.st_rdev);
    EXPECT_EQ(foreground, job);
    kill(job, SIGKILL);
    EXPECT_EQ(status_of_job(job), SIGKILL);
    pid_t without = fork();
    if (without == 0) {
        setsid();
        read_terminal(getpid(), &number, &foreground);
        _exit(number != 0 || foreground != -1);
    }
    EXPECT_EQ(status_of_job(without), 0);
}
