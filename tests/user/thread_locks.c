/*
 * The locks that C libraries build on futexes, with each C library: see threads.c. Between threads,
 * and between processes. pi_futex.c has those with priority inheritance.
 */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#ifndef SUITE
#define SUITE thread_locks
#endif
#include "thread_support.h"

enum { ROUNDS = 2000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static volatile int counter;
static int turn;
static sem_t semaphore;

/* Adds 1, and sometimes yields in between: without a lock, counts are lost. */
static void count_up(volatile int *count, int round)
{
    int old = *count;
    if (round % 16 == 0)
        sched_yield();
    *count = old + 1;
}

static void *count_with_mutex(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        count_up(&counter, i);
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

THREADS_TEST(a_mutex_excludes)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, count_with_mutex, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    EXPECT_EQ(counter, THREADS * ROUNDS);
}

static void *take_turns(void *mine)
{
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != (intptr_t)mine)
            pthread_cond_wait(&condition, &mutex);
        turn = (turn + 1) % THREADS;
        counter++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

THREADS_TEST(a_condition_wakes)
{
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, take_turns, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    EXPECT_EQ(counter, THREADS * 100);
    EXPECT_EQ(turn, 0);
}

static struct timespec in_20_ms(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_nsec += 20000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static bool is_past(clockid_t clock, const struct timespec *time)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec > time->tv_sec ||
           (now.tv_sec == time->tv_sec && now.tv_nsec >= time->tv_nsec);
}

THREADS_TEST(time_limits_of_both_clocks)
{
    pthread_condattr_t attributes;
    pthread_cond_t monotonic;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monotonic, &attributes);
    pthread_mutex_lock(&mutex);
    struct timespec time = in_20_ms(CLOCK_REALTIME);
    EXPECT_EQ(pthread_cond_timedwait(&condition, &mutex, &time), ETIMEDOUT);
    EXPECT(is_past(CLOCK_REALTIME, &time));
    time = in_20_ms(CLOCK_MONOTONIC);
    EXPECT_EQ(pthread_cond_timedwait(&monotonic, &mutex, &time), ETIMEDOUT);
    EXPECT(is_past(CLOCK_MONOTONIC, &time));
    sem_init(&semaphore, 0, 0);
    time = in_20_ms(CLOCK_REALTIME);
    EXPECT_ERROR(sem_timedwait(&semaphore, &time), ETIMEDOUT);
    EXPECT(is_past(CLOCK_REALTIME, &time));
    time.tv_sec -= 10;
    EXPECT_ERROR(sem_timedwait(&semaphore, &time), ETIMEDOUT);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static __thread int own = 5;
static int times_done, keys_destroyed;

static void do_once(void)
{
    times_done++;
}

static void destroy_key(void *value)
{
    (void)value;
    __atomic_add_fetch(&keys_destroyed, 1, __ATOMIC_SEQ_CST);
}

static void *use_all(void *unused)
{
    (void)unused;
    pthread_setspecific(key, &own);
    own += gettid_here();
    pthread_barrier_wait(&barrier);
    pthread_once(&once, do_once);
    for (int i = 0; i < 100; i++) {
        pthread_rwlock_rdlock(&rwlock);
        pthread_rwlock_unlock(&rwlock);
        pthread_rwlock_wrlock(&rwlock);
        count_up(&counter, i);
        pthread_rwlock_unlock(&rwlock);
    }
    pthread_barrier_wait(&barrier);
    return (void *)(intptr_t)(own == 5 + gettid_here() && counter == THREADS * 100);
}

THREADS_TEST(rwlocks_barriers_and_data_of_threads)
{
    pthread_t threads[THREADS];
    void *result;
    pthread_barrier_init(&barrier, NULL, THREADS);
    pthread_key_create(&key, destroy_key);
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, use_all, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_join(threads[i], &result), 0);
        EXPECT(result);
    }
    EXPECT_EQ(times_done, 1);
    EXPECT_EQ(keys_destroyed, THREADS);
    EXPECT_EQ(own, 5);
}

static void init_shared_mutex(pthread_mutex_t *of)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(of, &attributes);
}

static volatile int *locked; /* beside the mutex: it has been locked */

static void *lock_and_end(void *of)
{
    pthread_mutex_lock(of);
    *locked = 1;
    pause_for(20);
    return NULL;
}

THREADS_TEST(an_owner_ends)
{
    pthread_t thread;
    pthread_mutex_t *robust =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(robust != MAP_FAILED);
    init_shared_mutex(robust);
    locked = (volatile int *)(robust + 1);
    EXPECT_EQ(pthread_create(&thread, NULL, lock_and_end, robust), 0);
    while (!*locked)
        pause_for(1);
    EXPECT_EQ(pthread_mutex_lock(robust), EOWNERDEAD);
    EXPECT_EQ(pthread_mutex_consistent(robust), 0);
    EXPECT_EQ(pthread_mutex_unlock(robust), 0);
    pthread_join(thread, NULL);
    *locked = 0;
    pid_t child = fork();
    if (child == 0) {
        lock_and_end(robust);
        kill(getpid(), SIGKILL);
    }
    while (!*locked)
        pause_for(1);
    EXPECT_EQ(pthread_mutex_lock(robust), EOWNERDEAD);
    EXPECT_EQ(pthread_mutex_unlock(robust), 0);
    EXPECT_EQ(pthread_mutex_lock(robust), ENOTRECOVERABLE);
}

THREADS_TEST(processes_share_a_mutex)
{
    struct {
        pthread_mutex_t mutex;
        volatile int count;
    } *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(shared != MAP_FAILED);
    init_shared_mutex(&shared->mutex);
    pid_t child = fork();
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&shared->mutex);
        count_up(&shared->count, i);
        pthread_mutex_unlock(&shared->mutex);
    }
    if (child == 0)
        _exit(0);
    EXPECT_EQ(waitpid(child, NULL, 0), child);
    EXPECT_EQ(shared->count, 2 * ROUNDS);
}

THREADS_TEST(processes_share_semaphores)
{
    sem_t *ping = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(ping != MAP_FAILED);
    sem_t *pong = ping + 1;
    sem_init(ping, 1, 0);
    sem_init(pong, 1, 0);
    pid_t child = fork();
    for (int i = 0; i < 100; i++) {
        sem_post(child ? ping : pong);
        sem_wait(child ? pong : ping);
    }
    if (child == 0)
        _exit(0);
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}
