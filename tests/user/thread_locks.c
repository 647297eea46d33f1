/*
 * What C libraries make of futexes: mutexes of each kind, conditions, barriers, semaphores, and
 * what else threads wait for each other with. tests/user/glibc_threads.c is the same with GNU's
 * library.
 */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#ifndef SUITE
#define SUITE thread_locks
#endif
#include "thread_support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter, turn;
static sem_t opened;

static void *count_up(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        int old = counter;
        if (i % 16 == 0)
            sched_yield();
        counter = old + 1;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

THREADS_TEST(a_mutex_excludes)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    EXPECT_EQ(counter, THREADS * 2000);
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
    sem_init(&opened, 0, 0);
    time = in_20_ms(CLOCK_REALTIME);
    EXPECT_ERROR(sem_timedwait(&opened, &time), ETIMEDOUT);
    time.tv_sec -= 10;
    EXPECT_ERROR(sem_timedwait(&opened, &time), ETIMEDOUT);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static __thread int own = 5;
static int onces, keys_destroyed;

static void do_once(void)
{
    onces++;
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
        counter++;
        pthread_rwlock_unlock(&rwlock);
    }
    pthread_barrier_wait(&barrier);
    return (void *)(intptr_t)(own == 5 + gettid_here());
}

THREADS_TEST(other_locks)
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
    EXPECT_EQ(counter, THREADS * 100);
    EXPECT_EQ(onces, 1);
    EXPECT_EQ(keys_destroyed, THREADS);
    EXPECT_EQ(own, 5);
}

static void init_mutex(pthread_mutex_t *of)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(of, &attributes);
}

static volatile int *locked; /* by a thread that ends soon */

static void *lock_and_die(void *of)
{
    pthread_mutex_lock(of);
    *locked = 1;
    pause_for(20);
    return NULL;
}

THREADS_TEST(the_death_of_an_owner)
{
    pthread_t thread;
    pthread_mutex_t *robust =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(robust != MAP_FAILED);
    init_mutex(robust);
    locked = (volatile int *)(robust + 1);
    EXPECT_EQ(pthread_create(&thread, NULL, lock_and_die, robust), 0);
    while (!*locked)
        pause_for(1);
    EXPECT_EQ(pthread_mutex_lock(robust), EOWNERDEAD);
    EXPECT_EQ(pthread_mutex_consistent(robust), 0);
    EXPECT_EQ(pthread_mutex_unlock(robust), 0);
    pthread_join(thread, NULL);
    *locked = 0;
    pid_t child = fork();
    if (child == 0) {
        lock_and_die(robust);
        kill(getpid(), SIGKILL);
    }
    while (!*locked)
        pause_for(1);
    EXPECT_EQ(pthread_mutex_lock(robust), EOWNERDEAD);
    EXPECT_EQ(pthread_mutex_unlock(robust), 0);
    EXPECT_EQ(pthread_mutex_lock(robust), ENOTRECOVERABLE);
}

THREADS_TEST(processes_share_a_lock)
{
    struct {
        sem_t ping, pong;
        pthread_mutex_t mutex;
        int count;
    } *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(shared != MAP_FAILED);
    sem_init(&shared->ping, 1, 0);
    sem_init(&shared->pong, 1, 0);
    init_mutex(&shared->mutex);
    pid_t child = fork();
    for (int i = 0; i < 100; i++) {
        if (child == 0)
            sem_wait(&shared->ping);
        pthread_mutex_lock(&shared->mutex);
        shared->count++;
        pthread_mutex_unlock(&shared->mutex);
        sem_post(child ? &shared->ping : &shared->pong);
        if (child)
            sem_wait(&shared->pong);
    }
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    EXPECT_EQ(shared->count, 200);
}
