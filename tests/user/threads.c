/*
 * Threads as C libraries make them: how they begin, and how they end. Their signals are in
 * thread_signals.c, their locks in thread_locks.c. glibc_threads.c has the same tests with the GNU
 * C library.
 */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>

#ifndef SUITE
#define SUITE threads
#endif
#include "thread_support.h"

static int count_threads(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/task");
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    if (directory)
        closedir(directory);
    return count;
}

/* A thread that has been joined may not have ended yet. */
static void wait_for_last_thread(void)
{
    while (count_threads() > 1)
        pause_for(1);
}

static void *twice(void *number)
{
    return (void *)(2 * (intptr_t)number);
}

THREADS_TEST(create_and_join)
{
    pthread_t threads[THREADS];
    void *result;
    for (intptr_t i = 0; i < 200; i++) {
        EXPECT_EQ(pthread_create(&threads[0], NULL, twice, (void *)i), 0);
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

static void *change_process(void *file)
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

THREADS_TEST(threads_share_the_process)
{
    pthread_t thread;
    int file = open(".", O_RDONLY);
    sem_init(&done, 0, 0);
    sem_init(&go, 0, 0);
    EXPECT_EQ(pthread_create(&thread, NULL, change_process, (void *)(intptr_t)file), 0);
    sem_wait(&done);
    char directory[100], path[100];
    EXPECT_STR(getcwd(directory, sizeof(directory)), "/");
    EXPECT_EQ(umask(0), 027);
    EXPECT_ERROR(close(file), EBADF);
    EXPECT_EQ(ids[0], getpid());
    EXPECT_EQ(gettid_here(), getpid());
    EXPECT(ids[1] != getpid());
    EXPECT_EQ(count_threads(), 2);
    snprintf(path, sizeof(path), "/proc/self/task/%d/comm", ids[1]);
    EXPECT_OK(access(path, R_OK));
    EXPECT_OK(CALL(tgkill, getpid(), ids[1], 0));
    EXPECT_ERROR(CALL(tgkill, 1, ids[1], 0), ESRCH);
    EXPECT_OK(kill(ids[1], 0));
    sem_post(&go);
    pthread_join(thread, NULL);
    wait_for_last_thread();
    EXPECT_ERROR(CALL(tgkill, getpid(), ids[1], 0), ESRCH);
}

static volatile int first_is_alive = 1;

static void *end_last(void *unused)
{
    while (first_is_alive)
        pause_for(1);
    CALL(exit, 5);
    return unused;
}

static void end_first_thread_first(void)
{
    pthread_t thread;
    CALL(set_tid_address, &first_is_alive); /* the kernel clears it when the thread ends */
    pthread_create(&thread, NULL, end_last, NULL);
    CALL(exit, 3);
}

THREADS_TEST(the_last_thread_gives_the_status)
{
    EXPECT_EQ(status_of(end_first_thread_first), 5 << 8);
}

static void *end_all(void *unused)
{
    (void)unused;
    pause_for(20);
    exit(7);
}

static int ends[2];

enum way { READ, PAUSE, SEMAPHORE, SLEEP, SIGNAL, LOOP, CHILD, WAYS };

/* Waits for ever in this way. */
static void *wait_in_way(void *way)
{
    char byte;
    sigset_t set;
    switch ((enum way)(intptr_t)way) {
    case READ:
        (void)!read(ends[0], &byte, 1);
        break;
    case PAUSE:
        pause();
        break;
    case SEMAPHORE:
        sem_wait(&go);
        break;
    case SLEEP:
        sleep(1000);
        break;
    case SIGNAL:
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigwaitinfo(&set, NULL);
        break;
    case LOOP:
        for (;;)
            ;
    default:
        waitpid(-1, NULL, 0);
    }
    return NULL;
}

static void start_all_that_wait(void)
{
    pthread_t thread;
    sem_init(&go, 0, 0);
    if (pipe(ends) || start_sleeper() < 0)
        _exit(1);
    for (intptr_t way = 0; way < WAYS; way++)
        pthread_create(&thread, NULL, wait_in_way, (void *)way);
}

static void end_by_another(void)
{
    pthread_t thread;
    start_all_that_wait();
    pthread_create(&thread, NULL, end_all, NULL);
    pause();
}

static void end_by_the_first(void)
{
    start_all_that_wait();
    pause_for(20);
    exit(9);
}

static void end_by_a_signal(void)
{
    start_all_that_wait();
    pause_for(20);
    kill(getpid(), SIGTERM);
    pause();
}

THREADS_TEST(all_end_together)
{
    EXPECT_EQ(status_of(end_by_another), 7 << 8);
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
    return same && count_threads() == 1 ? 42 : 1;
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
    start_all_that_wait();
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
        _exit(gettid_here() == getpid() && count_threads() == 1 ? 11 : 1);
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

THREADS_TEST(detached_threads_leave_nothing)
{
    pthread_t thread;
    sem_init(&done, 0, 0);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(pthread_create(&thread, NULL, detached, NULL), 0);
    for (int i = 0; i < 100; i++)
        sem_wait(&done);
    wait_for_last_thread();
}
