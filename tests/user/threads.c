/*
 * Threads, as the C libraries make them: their beginning, their end, their signals. Locks are in
 * thread_locks.c. tests/user/glibc_threads.c is the same with GNU's library.
 */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <time.h>

#ifndef SUITE
#define SUITE threads
#endif
#include "thread_support.h"

static int count_entries(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    if (directory)
        closedir(directory);
    return count;
}

/* Threads that others have joined may still be on their way out. */
static void let_end(int left)
{
    for (int i = 0; i < 1000 && count_entries("/proc/self/task") > left; i++)
        pause_for(1);
}

/* --- Beginning and end ------------------------------------------------------------------------ */

static void *twice(void *number)
{
    return (void *)(2 * (intptr_t)number);
}

THREADS_TEST(create_and_join)
{
    pthread_t threads[THREADS];
    void *result;
    for (intptr_t i = 0; i < 200; i++) {
        EXPECT_EQ(pthread_create(threads, NULL, twice, (void *)i), 0);
        EXPECT_EQ(pthread_join(threads[0], &result), 0);
        EXPECT_EQ((intptr_t)result, 2 * i);
    }
    for (intptr_t i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, twice, (void *)i), 0);
    for (intptr_t i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_join(threads[i], &result), 0);
        EXPECT_EQ((intptr_t)result, 2 * i);
    }
}

static sem_t done, go;
static int ids[2];

static void *share(void *file)
{
    ids[0] = getpid();
    ids[1] = gettid_here();
    umask(027);
    if (chdir("/") == 0)
        close((int)(intptr_t)file);
    sem_post(&done);
    sem_wait(&go);
    return NULL;
}

THREADS_TEST(a_process_is_shared)
{
    pthread_t thread;
    int file = open(".", O_RDONLY);
    sem_init(&done, 0, 0);
    sem_init(&go, 0, 0);
    EXPECT_EQ(pthread_create(&thread, NULL, share, (void *)(intptr_t)file), 0);
    sem_wait(&done);
    char directory[100], path[100];
    EXPECT_STR(getcwd(directory, sizeof(directory)), "/");
    EXPECT_EQ(umask(0), 027);
    EXPECT_ERROR(close(file), EBADF);
    EXPECT_EQ(ids[0], getpid());
    EXPECT_EQ(gettid_here(), getpid());
    EXPECT(ids[1] != getpid());
    EXPECT_EQ(count_entries("/proc/self/task"), 2);
    snprintf(path, sizeof(path), "/proc/self/task/%d/comm", ids[1]);
    EXPECT_OK(access(path, R_OK));
    EXPECT_OK(CALL(tgkill, getpid(), ids[1], 0));
    EXPECT_ERROR(CALL(tgkill, 1, ids[1], 0), ESRCH);
    EXPECT_OK(kill(ids[1], 0));
    sem_post(&go);
    pthread_join(thread, NULL);
    let_end(1);
    EXPECT_ERROR(CALL(tgkill, getpid(), ids[1], 0), ESRCH);
}

static void *after_the_first(void *result)
{
    pause_for(20);
    CALL(exit, (int)(intptr_t)result);
    return NULL;
}

static void first_ends_first(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, after_the_first, (void *)5);
    CALL(exit, 3);
}

THREADS_TEST(the_last_thread_gives_the_status)
{
    EXPECT_EQ(status_of(first_ends_first), 5 << 8);
}

static void *end_all(void *unused)
{
    (void)unused;
    pause_for(20);
    exit(7);
}

static int ends[2];

static void *block_in(void *how)
{
    char byte;
    sigset_t set;
    switch ((intptr_t)how) {
    case 0:
        (void)!read(ends[0], &byte, 1);
        break;
    case 1:
        pause();
        break;
    case 2:
        sem_wait(&go);
        break;
    case 3:
        sleep(1000);
        break;
    case 4:
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigwaitinfo(&set, NULL);
        break;
    case 5:
        for (;;)
            ;
    default:
        waitpid(-1, NULL, 0);
    }
    return NULL;
}

static void block_in_everything(void)
{
    pthread_t thread;
    sem_init(&go, 0, 0);
    if (pipe(ends) || (fork() == 0 && pause()))
        _exit(1);
    for (intptr_t i = 0; i < 7; i++)
        pthread_create(&thread, NULL, block_in, (void *)i);
}

static void end_from_another(void)
{
    pthread_t thread;
    block_in_everything();
    pthread_create(&thread, NULL, end_all, NULL);
    pause();
}

static void end_by_the_first(void)
{
    block_in_everything();
    pause_for(20);
    exit(9);
}

static void end_by_a_signal(void)
{
    block_in_everything();
    pause_for(20);
    kill(getpid(), SIGTERM);
    pause();
}

THREADS_TEST(all_end_together)
{
    EXPECT_EQ(status_of(end_from_another), 7 << 8);
    EXPECT_EQ(status_of(end_by_the_first), 9 << 8);
    EXPECT_EQ(status_of(end_by_a_signal), SIGTERM);
}

static void *fault(void *unused)
{
    (void)unused;
    pause_for(10);
    *(volatile int *)0 = 1;
    return NULL;
}

static void fault_in_a_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, fault, NULL);
    pthread_join(thread, NULL);
}

THREADS_TEST(a_fault_ends_all)
{
    EXPECT_EQ(status_of(fault_in_a_thread) & 0x7f, SIGSEGV);
}

int test_child(int argc, char **argv)
{
    bool same = argc == 3 && atoi(argv[2]) == getpid() && gettid_here() == getpid();
    return same && count_entries("/proc/self/task") == 1 ? 42 : 1;
}

static void *execute(void *unused)
{
    char id[20];
    (void)unused;
    snprintf(id, sizeof(id), "%d", getpid());
    pause_for(20);
    execl("/proc/self/exe", "threads", "--child", id, (char *)NULL);
    _exit(2);
}

static void execute_in_a_thread(void)
{
    pthread_t thread;
    block_in_everything();
    pthread_create(&thread, NULL, execute, NULL);
    pause();
}

THREADS_TEST(exec_in_a_thread_ends_the_others)
{
    EXPECT_EQ(status_of(execute_in_a_thread), 42 << 8);
}

static void *fork_there(void *unused)
{
    (void)unused;
    pid_t child = fork();
    if (child == 0)
        _exit(gettid_here() == getpid() && count_entries("/proc/self/task") == 1 ? 11 : 1);
    int status;
    waitpid(child, &status, 0);
    return (void *)(intptr_t)status;
}

THREADS_TEST(a_fork_has_one_thread)
{
    pthread_t threads[3];
    void *result;
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, fork_there, NULL), 0);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(pthread_join(threads[i], &result), 0);
        EXPECT_EQ((intptr_t)result, 11 << 8);
    }
}

static void *spawn_there(void *unused)
{
    char *arguments[] = {"threads", "--child", NULL};
    pid_t child;
    int status = -1;
    (void)unused;
    if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) == 0)
        waitpid(child, &status, 0);
    return (void *)(intptr_t)status;
}

THREADS_TEST(posix_spawn_from_threads)
{
    pthread_t threads[3];
    void *result;
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, spawn_there, NULL), 0);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(pthread_join(threads[i], &result), 0);
        EXPECT_EQ((intptr_t)result, 1 << 8);
    }
}

static void *wait_cancelled(void *unused)
{
    (void)unused;
    sem_wait(&go);
    return NULL;
}

THREADS_TEST(cancel)
{
    pthread_t thread;
    void *result;
    sem_init(&go, 0, 0);
    EXPECT_EQ(pthread_create(&thread, NULL, wait_cancelled, NULL), 0);
    pause_for(10);
    EXPECT_EQ(pthread_cancel(thread), 0);
    EXPECT_EQ(pthread_join(thread, &result), 0);
    EXPECT_EQ(result, PTHREAD_CANCELED);
}

static void *detached(void *unused)
{
    (void)unused;
    pthread_detach(pthread_self());
    sem_post(&done);
    return NULL;
}

THREADS_TEST(detached_ones_leave_nothing)
{
    pthread_t thread;
    sem_init(&done, 0, 0);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(pthread_create(&thread, NULL, detached, NULL), 0);
    for (int i = 0; i < 100; i++)
        sem_wait(&done);
    let_end(1);
    EXPECT_EQ(count_entries("/proc/self/task"), 1);
}

/* --- Signals ---------------------------------------------------------------------------------- */

static volatile int taken_by, taken;
static int rounds;

static void note(int signal)
{
    taken_by = gettid_here();
    taken = signal;
}

static void *wait_in_thread(void *id)
{
    sigset_t set;
    sigemptyset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    *(int *)id = gettid_here();
    sem_post(&done);
    sem_wait(&go); /* again after the handler: EINTR, or goes on */
    return NULL;
}

THREADS_TEST(the_thread_that_does_not_block_takes_it)
{
    pthread_t thread;
    sigset_t set;
    int id;
    sem_init(&done, 0, 0);
    sem_init(&go, 0, 0);
    sigfillset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    handle(SIGUSR1, note, SA_RESTART);
    EXPECT_EQ(pthread_create(&thread, NULL, wait_in_thread, &id), 0);
    sem_wait(&done);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    for (int i = 0; i < 1000 && !taken; i++)
        pause_for(1);
    EXPECT_EQ(taken, SIGUSR1);
    EXPECT_EQ(taken_by, id);
    taken = 0;
    EXPECT_EQ(pthread_kill(pthread_self(), SIGUSR1), 0); /* for this one alone */
    pause_for(5);
    EXPECT_EQ(taken, 0);
    EXPECT_OK(sigpending(&set));
    EXPECT(sigismember(&set, SIGUSR1));
    sigemptyset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    EXPECT_EQ(taken, SIGUSR1);
    EXPECT_EQ(taken_by, getpid());
    sem_post(&go);
    pthread_join(thread, NULL);
}

static void *take_signals(void *unused)
{
    sigset_t set;
    int signal;
    (void)unused;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    for (rounds = 0; rounds < 10; rounds++) {
        if (sigwait(&set, &signal) != 0)
            return NULL;
        sem_post(&done);
    }
    return &rounds;
}

THREADS_TEST(a_thread_waits_for_signals)
{
    pthread_t thread;
    sigset_t set;
    void *result;
    sem_init(&done, 0, 0);
    sigfillset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    EXPECT_EQ(pthread_create(&thread, NULL, take_signals, NULL), 0);
    for (int i = 0; i < 10; i++) {
        EXPECT_OK(kill(getpid(), i % 2 ? SIGUSR1 : SIGUSR2));
        sem_wait(&done);
    }
    pthread_join(thread, &result);
    EXPECT(result);
}

static volatile int *beats;

static void *beat(void *which)
{
    for (;;) {
        beats[(intptr_t)which]++;
        sched_yield();
    }
    return NULL;
}

THREADS_TEST(all_stop_and_go_on)
{
    int status, before[2];
    pthread_t thread;
    beats = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, beat, (void *)1);
        beat((void *)0);
    }
    while (!beats[0] || !beats[1])
        pause_for(1);
    EXPECT_OK(kill(child, SIGSTOP));
    EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
    EXPECT(WIFSTOPPED(status));
    for (int i = 0; i < 2; i++)
        before[i] = beats[i];
    pause_for(20);
    for (int i = 0; i < 2; i++)
        EXPECT_EQ(beats[i], before[i]);
    EXPECT_OK(kill(child, SIGCONT));
    EXPECT_EQ(waitpid(child, &status, WCONTINUED), child);
    for (int i = 0; i < 1000 && (beats[0] == before[0] || beats[1] == before[1]); i++)
        pause_for(1);
    EXPECT(beats[0] != before[0]);
    EXPECT(beats[1] != before[1]);
    EXPECT_OK(kill(child, SIGKILL));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, SIGKILL);
}

static volatile bool on_own_stack;
static char stacks[2][32768];

static void look_at_stack(int signal)
{
    char here;
    stack_t stack;
    (void)signal;
    sigaltstack(NULL, &stack);
    on_own_stack = &here >= (char *)stack.ss_sp && &here < (char *)stack.ss_sp + stack.ss_size &&
                   stack.ss_flags == SS_ONSTACK;
}

static void *use_own_stack(void *which)
{
    stack_t stack = {.ss_sp = stacks[(intptr_t)which], .ss_size = sizeof(stacks[0])}, old;
    sigaltstack(&stack, &old);
    on_own_stack = false;
    pthread_kill(pthread_self(), SIGUSR1);
    return (void *)(intptr_t)(on_own_stack && old.ss_flags == SS_DISABLE);
}

THREADS_TEST(each_has_its_own_signal_stack)
{
    pthread_t thread;
    void *result;
    handle(SIGUSR1, look_at_stack, SA_ONSTACK);
    EXPECT(use_own_stack((void *)0));
    EXPECT_EQ(pthread_create(&thread, NULL, use_own_stack, (void *)1), 0);
    pthread_join(thread, &result);
    EXPECT(result);
}
