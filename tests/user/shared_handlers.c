/* Processes that share their memory and what they do with signals (clone with CLONE_SIGHAND). */
#include <sched.h>

#include "support.h"

static char stack[65536] __attribute__((aligned(16)));
static volatile int calls;

static void count(int signal)
{
    (void)signal;
    calls++;
}

static int set_handler(void *unused)
{
    (void)unused;
    struct sigaction action = {.sa_handler = count};
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGUSR2, &action, NULL);
    return 3;
}

static int run_child(int (*function)(void *), int flags)
{
    int status = -1;
    pid_t child = clone(function, stack + sizeof(stack), flags | SIGCHLD, NULL);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

TEST(shared_handlers, set_by_a_child)
{
    EXPECT_EQ(run_child(set_handler, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND), 3 << 8);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(calls, 1);
    EXPECT_OK(raise(SIGUSR2));
}

TEST(shared_handlers, not_shared)
{
    struct sigaction action;
    EXPECT_EQ(run_child(set_handler, CLONE_VM), 3 << 8);
    EXPECT_OK(sigaction(SIGUSR1, NULL, &action));
    EXPECT(action.sa_handler == SIG_DFL);
}

static int raise_there(void *unused)
{
    (void)unused;
    kill(getpid(), SIGUSR1); /* the library's raise() would take our number */
    return calls;
}

TEST(shared_handlers, run_in_a_child)
{
    set_handler(NULL);
    EXPECT_EQ(run_child(raise_there, CLONE_VM | CLONE_SIGHAND), 1 << 8);
    EXPECT_EQ(calls, 1);
    EXPECT_ERROR(clone(raise_there, stack + sizeof(stack), CLONE_SIGHAND | SIGCHLD, NULL), EINVAL);
}

static int execute(void *unused)
{
    char *const words[] = {"/proc/self/exe", NULL}, *const environment[] = {NULL};
    (void)unused;
    return execve("/nothing", words, environment) == -1 && errno == ENOENT ? 0 : 1;
}

/* An exec that fails leaves them shared. */
TEST(shared_handlers, failed_exec)
{
    set_handler(NULL);
    EXPECT_EQ(run_child(execute, CLONE_VM | CLONE_SIGHAND), 0);
    EXPECT_OK(raise(SIGUSR1));
    EXPECT_EQ(calls, 1);
}

static int execute_nothing(void *unused)
{
    char *const words[] = {"run-tests", "no such test", NULL}, *const environment[] = {NULL};
    (void)unused;
    close(1);
    execve("/proc/self/exe", words, environment);
    return 99;
}

/* A new program has its own, which are the default ones. */
TEST(shared_handlers, exec)
{
    struct sigaction action;
    set_handler(NULL);
    EXPECT(run_child(execute_nothing, CLONE_VM | CLONE_SIGHAND) != 99 << 8);
    EXPECT_OK(sigaction(SIGUSR1, NULL, &action));
    EXPECT(action.sa_handler == count);
}
