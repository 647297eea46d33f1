/*
 * The first program, /init of the image: it mounts /proc and /dev, keeps a shell running on each
 * terminal, reaps the processes whose parents have ended, and brings the system down.
 *
 * All its signals are blocked except while it sleeps in sigsuspend(), and there only the handled
 * ones can arrive. So none is lost between a look and the sleep, and a signal that it does not
 * handle has no effect. A shell starts with no signal blocked.
 *
 * The shells of tty2 to tty6 start when a person first looks at them: each has a process that waits
 * for that (VT_WAITACTIVE) and then becomes the shell. A terminal that is not there has none.
 *
 * With `root=` on the command line, that disk becomes the root first, and the shells are its bash
 * if it has one.
 *
 * SIGUSR2, SIGTERM and SIGUSR1 power off, reboot and halt: busybox's commands of these names send
 * them.
 */
#include "lib/linux.h"
#include "lib/print.h"
#include "lib/root_disk.h"

struct shell {
    const char *terminal;
    const char *term; /* the variable that names the terminal's kind */
    int shown_first;  /* the number of the virtual terminal that must be shown first; 0 for none */
    int process;      /* 0 when none runs */
    bool was_started;
};

static struct shell shells[] = {
    {.terminal = "/dev/tty1", .term = "TERM=linux"},
    {.terminal = "/dev/ttyS0", .term = "TERM=vt100"},
    {.terminal = "/dev/tty2", .term = "TERM=linux", .shown_first = 2},
    {.terminal = "/dev/tty3", .term = "TERM=linux", .shown_first = 3},
    {.terminal = "/dev/tty4", .term = "TERM=linux", .shown_first = 4},
    {.terminal = "/dev/tty5", .term = "TERM=linux", .shown_first = 5},
    {.terminal = "/dev/tty6", .term = "TERM=linux", .shown_first = 6},
};

static bool on_disk; /* the root is on a disk: a system of its own */

/* The signal that asks for the end of the system; 0 as long as there is none. */
static volatile int requested;

static void request(int signal)
{
    requested = signal;
}

static void wake(int signal)
{
    (void)signal; /* a child has ended: sigsuspend() has returned, and that is all */
}

static void pause_for(int64_t milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    sys_nanosleep(&time, NULL);
}

/* In the new process: becomes a shell at its terminal. Ends the process when that cannot be. */
static NORETURN void become_shell(const struct shell *shell)
{
    const char *const arguments[] = {"sh", NULL}, *const bash[] = {"bash", NULL};
    const char *const environment[] = {"PS1=cairn:\\w# ", "HOME=/root",
                                       "PATH=/bin:/sbin:/usr/bin:/usr/sbin", shell->term, NULL};
    static const uint64_t none = 0;

    if (shell->was_started)
        pause_for(
            1000); /* a shell that ends at once is not started again and again without pause */
    sys_setsid();
    for (int file = INPUT; file <= ERRORS; file++)
        sys_close(file);
    if (sys_open(shell->terminal, OPEN_READ_WRITE, 0) != INPUT)
        sys_exit_group(1);
    if (shell->shown_first)
        sys_ioctl(INPUT, TERMINAL_WAIT_SHOWN, (uint64_t)shell->shown_first);
    sys_ioctl(INPUT, TERMINAL_SET_CONTROLLING, 0);
    sys_dup2(INPUT, OUTPUT);
    sys_dup2(INPUT, ERRORS);
    sys_sigprocmask(SIGNALS_SET, &none, NULL, sizeof(none));
    if (on_disk)
        sys_execve("/bin/bash", bash, environment);
    sys_exit_group(print_error("init", "/bin/sh", sys_execve("/bin/sh", arguments, environment)));
}

static void start_missing_shells(void)
{
    for (struct shell *shell = shells; shell < shells + ARRAY_SIZE(shells); shell++) {
        if (shell->process || sys_access(shell->terminal, 0) < 0)
            continue;
        long process = sys_fork();
        if (process == 0)
            become_shell(shell);
        if (process > 0)
            shell->process = (int)process;
        shell->was_started = true;
    }
}

/* Reaps the processes that have ended. Returns false when there are no processes left. */
static bool reap(void)
{
    long process;
    while ((process = sys_wait4(-1, NULL, WAIT_NO_HANG, NULL)) > 0) {
        for (struct shell *shell = shells; shell < shells + ARRAY_SIZE(shells); shell++) {
            if (shell->process == process)
                shell->process = 0;
        }
    }
    return process != -E_NO_CHILD;
}

/* Asks all processes to end, and kills those that have not ended after a second. */
static void end_processes(void)
{
    sys_kill(-1, SIGNAL_TERMINATE);
    sys_kill(-1, SIGNAL_HANG_UP); /* shells ignore SIGTERM */
    sys_kill(-1, SIGNAL_CONTINUE);
    for (int i = 0; i < 50 && reap(); i++)
        pause_for(20);
    sys_kill(-1, SIGNAL_KILL);
}

static NORETURN void shut_down(void)
{
    unsigned what = requested == SIGNAL_USER_2      ? REBOOT_POWER_OFF
                    : requested == SIGNAL_TERMINATE ? REBOOT_RESTART
                                                    : REBOOT_HALT;
    end_processes();
    sys_sync();
    sys_exit_group(print_error("init", "reboot", sys_reboot(REBOOT_MAGIC_1, REBOOT_MAGIC_2, what)));
}

/* Mounts what the kernel has not mounted by itself; where it has, the call fails and does no harm.
 */
static void mount_all(void)
{
    sys_mount("proc", "/proc", "proc", 0, NULL);
    sys_mount("dev", "/dev", "devtmpfs", 0, NULL);
}

int main(int argument_count, const char *const arguments[], const char *const environment[])
{
    (void)argument_count;
    (void)arguments;
    const uint64_t all = UINT64_MAX;
    const uint64_t handled = SIGNAL_BIT(SIGNAL_CHILD) | SIGNAL_BIT(SIGNAL_USER_1) |
                             SIGNAL_BIT(SIGNAL_USER_2) | SIGNAL_BIT(SIGNAL_TERMINATE);
    const uint64_t unhandled = ~handled;

    sys_sigprocmask(SIGNALS_SET, &all, NULL, sizeof(all));
    signal_handle(SIGNAL_CHILD, wake);
    signal_handle(SIGNAL_USER_1, request);
    signal_handle(SIGNAL_USER_2, request);
    signal_handle(SIGNAL_TERMINATE, request);
    mount_all();
    on_disk = root_disk_enter(environment);
    while (!requested) {
        start_missing_shells();
        sys_sigsuspend(&unhandled, sizeof(unhandled));
        reap();
    }
    shut_down();
}
