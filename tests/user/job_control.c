/* Job control and controlling terminals, on a pseudo-terminal. */
#include "pty_support.h"

/* In a test, `leader` runs as the leader of a session on a terminal, and its failures are counted
 * by its exit status: the line of the first one. */
#define CHECK(condition)               \
    do {                               \
        if (!(condition))              \
            _exit(__LINE__ % 255 + 1); \
    } while (0)

static volatile int signals;

static void note(int signal)
{
    (void)signal;
    signals++;
}

static int run_session(void (*leader)(int terminal, int master))
{
    struct pair pair = open_pair();
    pid_t child = fork();
    int status = -1;
    if (child == 0) {
        int master = dup(pair.master);
        setsid();
        if (ioctl(pair.other, TIOCSCTTY, 0) < 0)
            _exit(254);
        leader(pair.other, master);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define SESSION(name)                                      \
    static void session__##name(int terminal, int master); \
    TEST(job_control, name)                                \
    {                                                      \
        EXPECT_EQ(run_session(session__##name), 0);        \
    }                                                      \
    static void session__##name(int terminal, int master)

/* A child in a group of its own. */
static pid_t fork_job(void)
{
    pid_t child = fork();
    setpgid(child, child);
    return child;
}

static int state_of(pid_t child)
{
    int status = -1;
    return waitpid(child, &status, WUNTRACED) == child ? status : -1;
}

static int stopped_by(pid_t child)
{
    int status = state_of(child);
    return WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}

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
    CHECK(stopped_by(job) == SIGTTIN);
    type(master, "ab\n");
    hand_over(terminal, job);
    CHECK(kill(-job, SIGCONT) == 0);
    CHECK(state_of(job) == 0);
}

SESSION(a_background_read_that_cannot_stop_fails)
{
    char text[8];
    pid_t job = fork_job();
    if (job == 0) {
        signal(SIGTTIN, SIG_IGN);
        _exit(read(terminal, text, sizeof(text)) != -1 || errno != EIO);
    }
    CHECK(state_of(job) == 0);
    job = fork_job();
    if (job == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTTIN);
        sigprocmask(SIG_BLOCK, &set, NULL);
        _exit(read(terminal, text, sizeof(text)) != -1 || errno != EIO);
    }
    CHECK(state_of(job) == 0);
    (void)master;
}

SESSION(a_background_write_may_stop)
{
    pid_t job = fork_job();
    if (job == 0)
        _exit(write(terminal, "x", 1) != 1);
    CHECK(state_of(job) == 0);
    CHECK(sees(master, "x"));
    change_local(terminal, 0, TOSTOP);
    job = fork_job();
    if (job == 0)
        _exit(write(terminal, "y", 1) != 1);
    CHECK(stopped_by(job) == SIGTTOU);
    CHECK(sees(master, ""));
    change_local(terminal, TOSTOP, 0);
    kill(-job, SIGCONT);
    CHECK(state_of(job) == 0);
    CHECK(sees(master, "y"));
    change_local(terminal, 0, TOSTOP);
    job = fork_job();
    if (job == 0) {
        signal(SIGTTOU, SIG_IGN);
        _exit(write(terminal, "z", 1) != 1);
    }
    CHECK(state_of(job) == 0);
}

SESSION(a_background_change_of_settings_stops)
{
    struct termios settings;
    CHECK(tcgetattr(terminal, &settings) == 0);
    pid_t job = fork_job();
    if (job == 0)
        _exit(tcsetattr(terminal, TCSANOW, &settings) != 0);
    CHECK(stopped_by(job) == SIGTTOU);
    hand_over(terminal, job);
    kill(-job, SIGCONT);
    CHECK(state_of(job) == 0);
    hand_over(terminal, getpgrp());
    job = fork_job();
    if (job == 0)
        _exit(tcsetpgrp(terminal, getpgrp()) != 0);
    CHECK(stopped_by(job) == SIGTTOU);
    kill(-job, SIGKILL);
    state_of(job);
    job = fork_job();
    if (job == 0) {
        hand_over(terminal, getpgrp()); /* the signal is blocked meanwhile */
        _exit(tcgetpgrp(terminal) != getpgrp());
    }
    CHECK(state_of(job) == 0);
    (void)master;
}

/* The group's leader is gone, and with its parent nobody else of the session outside cares. */
SESSION(an_orphaned_group_does_not_stop)
{
    int ends[2];
    char byte = 0;
    CHECK(pipe(ends) == 0);
    pid_t parent = fork_job();
    if (parent == 0) {
        pid_t child = fork();
        if (child == 0) {
            while (getppid() == parent || getppid() == getpgrp())
                pause_for(5);
            ssize_t count = read(terminal, &byte, 1);
            write(ends[1], count == -1 && errno == EIO ? "y" : "n", 1);
            raise(SIGTSTP); /* nothing happens */
            write(ends[1], "z", 1);
        }
        _exit(0);
    }
    CHECK(state_of(parent) == 0);
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'y');
    CHECK(read(ends[0], &byte, 1) == 1 && byte == 'z');
    (void)master;
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
        CHECK(sees(master, "ready"));
        type(master, kinds[i].typed);
        int status = state_of(job);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == kinds[i].signal);
        hand_over(terminal, getpgrp());
        seen(master, 1);
    }
    CHECK(signals == 0);
    type(master, "\003");
    for (int i = 0; i < 200 && signals == 0; i++)
        pause_for(5);
    CHECK(signals == 1);
    change_local(terminal, ISIG, 0);
    type(master, "\003\n");
    char text[8];
    CHECK(read(terminal, text, sizeof(text)) == 2 && text[0] == 3);
    CHECK(signals == 1);
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
    CHECK(sees(master, "ready"));
    type(master, "dropped\032");
    CHECK(stopped_by(job) == SIGTSTP);
    kill(-job, SIGCONT);
    int status = -1;
    CHECK(waitpid(job, &status, WCONTINUED) == job && WIFCONTINUED(status));
    type(master, "\n");
    CHECK(state_of(job) == 0);
}

SESSION(a_typed_signal_drops_what_was_typed)
{
    char text[16];
    handle(SIGINT, note, 0);
    type(master, "dropped\003kept\n");
    pause_for(20);
    CHECK(read(terminal, text, sizeof(text)) == 5);
    change_local(terminal, 0, NOFLSH);
    type(master, "also\003kept\n");
    pause_for(20);
    CHECK(read(terminal, text, sizeof(text)) == 9);
    CHECK(signals == 2);
}

SESSION(groups_of_the_session_alone)
{
    CHECK(tcgetpgrp(terminal) == getpgrp());
    CHECK(tcgetsid(terminal) == getpid());
    CHECK(tcsetpgrp(terminal, 999999999) < 0 && errno == ESRCH);
    CHECK(tcsetpgrp(terminal, -1) < 0 && errno == EINVAL);
    CHECK(tcsetpgrp(terminal, getppid()) < 0 && (errno == EPERM || errno == ESRCH));
    int mine = 0;
    CHECK(ioctl(master, TIOCGPGRP, &mine) == 0 && mine == getpgrp());
}

/* --- Controlling terminals ------------------------------------------------------------------- */

SESSION(the_controlling_terminal_has_a_name)
{
    struct pair other = open_pair();
    int own = open("/dev/tty", O_RDWR);
    CHECK(own >= 0);
    type(own, "x");
    CHECK(sees(master, "x"));
    CHECK(tcgetpgrp(own) == getpgrp());
    CHECK(tcgetpgrp(other.other) < 0 && errno == ENOTTY);
    CHECK(ioctl(other.other, TIOCSCTTY, 0) < 0 && errno == EPERM); /* there is one already */
    CHECK(ioctl(terminal, TIOCSCTTY, 0) == 0);
    CHECK(ioctl(other.other, TIOCNOTTY) < 0 && errno == ENOTTY);
}

SESSION(a_session_gives_its_terminal_up)
{
    handle(SIGHUP, note, 0);
    handle(SIGCONT, note, 0);
    CHECK(ioctl(terminal, TIOCNOTTY) == 0);
    CHECK(signals == 2);
    CHECK(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
    CHECK(write(terminal, "x", 1) == 1); /* it is not dead */
    CHECK(ioctl(terminal, TIOCSCTTY, 0) == 0);
    CHECK(open("/dev/tty", O_RDWR) >= 0);
    (void)master;
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
    CHECK(state_of(child) == 0);
    (void)master;
}

SESSION(only_root_takes_it_from_others)
{
    enum { STEAL = 1 };
    struct pair other = open_pair();
    int writer = open(ptsname(other.master), O_WRONLY | O_NOCTTY);
    CHECK(writer >= 0);
    pid_t child = fork();
    if (child == 0 && geteuid() == 0) {
        setsid();
        if (setuid(USER) < 0)
            _exit(1);
        if (ioctl(terminal, TIOCSCTTY, STEAL) == 0 || errno != EPERM)
            _exit(2);
        if (ioctl(writer, TIOCSCTTY, 0) == 0 || errno != EPERM) /* it is not open for reading */
            _exit(3);
        _exit(ioctl(other.other, TIOCSCTTY, 0) < 0 ? 4 : 0);
    }
    if (child == 0)
        _exit(0);
    CHECK(state_of(child) == 0);
    CHECK(tcgetsid(terminal) == getpid());
    (void)master;
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

/* The terminal of a process and that terminal's foreground, as ps finds them. */
static void read_terminal(pid_t process, int *number, int *foreground)
{
    char path[32], text[256] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", process);
    int file = open(path, O_RDONLY);
    CHECK(read(file, text, sizeof(text) - 1) > 0);
    close(file);
    const char *name_end = strrchr(text, ')');
    CHECK(name_end && sscanf(name_end, ") %*c %*d %*d %*d %d %d", number, foreground) == 2);
}

SESSION(proc_tells_the_terminal_and_its_foreground)
{
    struct stat status;
    int number, foreground;
    CHECK(fstat(terminal, &status) == 0);
    read_terminal(getpid(), &number, &foreground);
    CHECK(number == (int)status.st_rdev);
    CHECK(foreground == getpgrp());
    pid_t job = fork_job();
    if (job == 0) {
        pause();
        _exit(0);
    }
    CHECK(tcsetpgrp(terminal, job) == 0);
    read_terminal(job, &number, &foreground);
    CHECK(number == (int)status.st_rdev);
    CHECK(foreground == job);
    kill(job, SIGKILL);
    CHECK(state_of(job) == SIGKILL);
    pid_t without = fork();
    if (without == 0) {
        setsid();
        read_terminal(getpid(), &number, &foreground);
        _exit(number != 0 || foreground != -1);
    }
    CHECK(state_of(without) == 0);
    (void)master;
}
