/* What /proc says about processes and their threads: ps, top and pgrep read it. */
#include <pthread.h>
#include <sys/prctl.h>

#include "support.h"

enum { ROOM = 1 << 14 };

static char text[ROOM];
static ssize_t length;

/* Reads a file into `text`. */
static bool read_all(const char *path)
{
    length = read_whole(path, text, ROOM);
    return length >= 0;
}

static bool read_of_process(pid_t process, const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", process, name);
    return read_all(path);
}

static bool read_of_thread(pid_t thread, const char *name)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%d/%s", thread, name);
    return read_all(path);
}

/* The value in the line of a status file that begins with `name`; "": there is no such line. */
static const char *field(const char *name)
{
    static char value[128];
    char wanted[32];
    snprintf(wanted, sizeof(wanted), "\n%s:\t", name);
    const char *found = strstr(text, wanted);
    value[0] = '\0';
    if (found)
        sscanf(found + strlen(wanted), "%127[^\n]", value);
    return value;
}

static uint64_t set_in(const char *name)
{
    return strtoull(field(name), NULL, 16);
}

static uint64_t bit(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

/* The state in a stat file. */
static char state(void)
{
    const char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

/* --- Threads ---------------------------------------------------------------------------------- */

static volatile pid_t thread_id;
static int go_on[2];

static void *block_and_wait(void *unused)
{
    char byte;
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
    prctl(PR_SET_NAME, "waits");
    thread_id = (pid_t)CALL(gettid);
    read(go_on[0], &byte, 1);
    return unused;
}

static pthread_t start_thread(void)
{
    pthread_t thread;
    if (pipe(go_on) < 0 || pthread_create(&thread, NULL, block_and_wait, NULL) != 0)
        abort();
    while (!thread_id)
        pause_for(1);
    return thread;
}

TEST(proc_processes, a_thread_has_a_name_a_mask_and_signals_of_its_own)
{
    char number[16];
    signal(SIGUSR1, SIG_IGN);
    start_thread();
    EXPECT_OK(CALL(tgkill, getpid(), thread_id, SIGUSR2));
    EXPECT(read_of_thread(thread_id, "status"));
    EXPECT_EQ(strncmp(text, "Name:\twaits\n", 12), 0);
    snprintf(number, sizeof(number), "%d", getpid());
    EXPECT_STR(field("Tgid"), number);
    snprintf(number, sizeof(number), "%d", thread_id);
    EXPECT_STR(field("Pid"), number);
    EXPECT_EQ(set_in("SigBlk"), bit(SIGUSR2));
    EXPECT_EQ(set_in("SigPnd"), bit(SIGUSR2));
    EXPECT_EQ(set_in("ShdPnd"), 0);
    EXPECT_EQ(set_in("SigIgn") & bit(SIGUSR1), bit(SIGUSR1));
    EXPECT_STR(field("Threads"), "2");
    EXPECT(read_of_thread(getpid(), "status"));
    EXPECT_EQ(set_in("SigBlk"), 0);
    EXPECT_EQ(set_in("SigPnd"), 0);
}

TEST(proc_processes, a_thread_has_files_until_it_ends)
{
    char path[64];
    pthread_t thread = start_thread();
    EXPECT(read_of_thread(thread_id, "comm"));
    EXPECT_STR(text, "waits\n");
    do {
        EXPECT(read_of_thread(thread_id, "stat"));
    } while (state() != 'S');
    EXPECT_EQ(strncmp(strchr(text, ' '), " (waits) S ", 11), 0);
    EXPECT(read_of_thread(thread_id, "cmdline"));
    EXPECT_EQ(length, strlen(text) + 1 + sizeof("proc_processes"));
    EXPECT_EQ(write(go_on[1], "", 1), 1);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    snprintf(path, sizeof(path), "/proc/self/task/%d/status", thread_id);
    while (access(path, F_OK) == 0) /* a joined thread may not have ended yet */
        pause_for(1);
    EXPECT_ERROR(open(path, O_RDONLY), ENOENT);
}

/* The sets of signals in a stat file are for signals 1 to 31 (field 32 is the blocked ones). */
TEST(proc_processes, stat_shows_sets_of_31_signals)
{
    sigset_t all;
    sigfillset(&all);
    EXPECT_OK(sigprocmask(SIG_SETMASK, &all, NULL));
    EXPECT(read_of_process(getpid(), "stat"));
    const char *field = strrchr(text, ')');
    for (int number = 2; field && number < 32; number++)
        field = strchr(field + 1, ' ');
    EXPECT(field);
    EXPECT_EQ(strtoull(field, NULL, 10), 0x7fffffff & ~(bit(SIGKILL) | bit(SIGSTOP)));
}

/* --- States ----------------------------------------------------------------------------------- */

TEST(proc_processes, the_state_of_a_process)
{
    int status;
    pid_t child = start_sleeper();
    EXPECT(read_of_process(getpid(), "stat"));
    EXPECT_EQ(state(), 'R');
    EXPECT(read_of_process(getpid(), "status"));
    EXPECT_STR(field("State"), "R (running)");
    let_sleep(child);
    EXPECT(read_of_process(child, "status"));
    EXPECT_STR(field("State"), "S (sleeping)");
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT(read_of_process(child, "status"));
    EXPECT_STR(field("State"), "T (stopped)");
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_EQ(waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT), 0);
    EXPECT(read_of_process(child, "status"));
    EXPECT_STR(field("State"), "Z (zombie)");
    EXPECT(read_of_process(child, "stat"));
    EXPECT_EQ(state(), 'Z');
}

static bool own_state_becomes(char expected)
{
    for (int i = 0; i < 2000; i++) {
        if (read_of_process(getpid(), "stat") && state() == expected)
            return true;
        pause_for(5);
    }
    return false;
}

static void *watch_the_first_thread(void *unused)
{
    bool seen = own_state_becomes('S') && write(go_on[1], "", 1) == 1 && own_state_becomes('Z');
    _exit(!seen);
    return unused;
}

/* Whatever the other threads do, and if it ends before them. */
TEST(proc_processes, the_state_of_a_process_is_its_first_threads)
{
    char byte;
    pthread_t thread;
    EXPECT_OK(pipe(go_on));
    EXPECT_EQ(pthread_create(&thread, NULL, watch_the_first_thread, NULL), 0);
    EXPECT_EQ(read(go_on[0], &byte, 1), 1);
    pthread_exit(NULL);
}

TEST(proc_processes, a_zombie_keeps_only_its_number_and_name)
{
    char path[64], target[64];
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    EXPECT_EQ(waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT), 0);
    EXPECT(read_of_process(child, "comm"));
    EXPECT_STR(text, "proc_processes\n");
    EXPECT(read_of_process(child, "cmdline"));
    EXPECT_EQ(length, 0);
    EXPECT(read_of_process(child, "maps"));
    EXPECT_EQ(length, 0);
    EXPECT(read_of_process(child, "statm"));
    EXPECT_STR(text, "0 0 0 0 0 0 0\n");
    static const char *const links[] = {"exe", "cwd", "root"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "/proc/%d/%s", child, links[i]);
        EXPECT_ERROR(readlink(path, target, sizeof(target)), ENOENT);
    }
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    snprintf(path, sizeof(path), "/proc/%d", child);
    EXPECT_ERROR(access(path, F_OK), ENOENT);
}

/* An open file of a process that is gone fails with ESRCH; the environment is empty. */
TEST(proc_processes, files_of_a_process_that_is_gone)
{
    static const char *const names[] = {
        "stat",    "statm",     "status", "comm",         "cmdline",      "maps",
        "environ", "oom_score", "smaps",  "task/%d/comm", "task/%d/stat", "task/%d/status"};
    enum { FILES = sizeof(names) / sizeof(names[0]) };
    char path[96], name[32];
    int files[FILES];
    pid_t child = start_sleeper();
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof(name), names[i], child);
        snprintf(path, sizeof(path), "/proc/%d/%s", child, name);
        EXPECT_OK(files[i] = open(path, O_RDONLY));
    }
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    for (int i = 0; i < FILES; i++) {
        ssize_t got = read(files[i], text, sizeof(text));
        if (strcmp(names[i], "environ") == 0)
            EXPECT_EQ(got, 0);
        else
            EXPECT(got == -1 && errno == ESRCH);
    }
}

/* --- Strings ---------------------------------------------------------------------------------- */

TEST(proc_processes, arguments_and_environment)
{
    pid_t child = fork();
    if (child == 0) {
        char *words[] = {"a", "--child", "two words", "", NULL},
             *environment[] = {"A=1", "B=2", NULL};
        execve("/proc/self/exe", words, environment);
        _exit(1);
    }
    do { /* until the child runs its new program, which waits */
        EXPECT(read_of_process(child, "cmdline"));
        pause_for(1);
    } while (text[0] != 'a');
    EXPECT_EQ(length, sizeof("a\0--child\0two words\0"));
    EXPECT_EQ(memcmp(text, "a\0--child\0two words\0", (size_t)length), 0);
    EXPECT(read_of_process(child, "environ"));
    EXPECT_EQ(length, sizeof("A=1\0B=2"));
    EXPECT_EQ(memcmp(text, "A=1\0B=2", (size_t)length), 0);
}

int test_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (;;)
        pause();
}
