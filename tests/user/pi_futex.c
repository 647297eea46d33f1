/* Locks whose word has the owner's number: the kernel hands them over. */
#include <pthread.h>
#include <time.h>

#include "support.h"

/* Linux's numbers (include/uapi/linux/futex.h). */
enum {
    FUTEX_LOCK_PI = 6,
    FUTEX_UNLOCK_PI = 7,
    FUTEX_TRYLOCK_PI = 8,
    FUTEX_LOCK_PI2 = 13,
    FUTEX_CLOCK_REALTIME = 256,
};
#define OWNER_DIED 0x40000000u
#define WAITERS    0x80000000u

static long futex(uint32_t *word, int operation, const struct timespec *time)
{
    return CALL(futex, word, operation, 0, time, NULL, 0);
}

static uint32_t own_id(void)
{
    return (uint32_t)CALL(gettid);
}

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

TEST(pi_futex, a_free_lock)
{
    uint32_t word = 0;
    EXPECT_OK(futex(&word, FUTEX_LOCK_PI, NULL));
    EXPECT_EQ(word, own_id());
    EXPECT_ERROR(futex(&word, FUTEX_LOCK_PI, NULL), EDEADLK);
    EXPECT_ERROR(futex(&word, FUTEX_TRYLOCK_PI, NULL), EDEADLK);
    EXPECT_OK(futex(&word, FUTEX_UNLOCK_PI, NULL));
    EXPECT_EQ(word, 0);
    EXPECT_ERROR(futex(&word, FUTEX_UNLOCK_PI, NULL), EPERM);
    EXPECT_OK(futex(&word, FUTEX_TRYLOCK_PI, NULL));
    EXPECT_EQ(word, own_id());
    word = OWNER_DIED;
    EXPECT_OK(futex(&word, FUTEX_LOCK_PI2, NULL));
    EXPECT_EQ(word, own_id() | OWNER_DIED);
}

TEST(pi_futex, bad_arguments)
{
    struct timespec past = {1, 0}, negative = {-1, 0};
    uint32_t word = 0x3ffffffe; /* no thread has that number */
    EXPECT_ERROR(futex(&word, FUTEX_LOCK_PI, NULL), ESRCH);
    EXPECT_ERROR(futex(&word, FUTEX_TRYLOCK_PI, NULL), ESRCH);
    EXPECT_ERROR(futex(&word, FUTEX_LOCK_PI, &negative), EINVAL);
    EXPECT_ERROR(futex((uint32_t *)((char *)&word + 2), FUTEX_LOCK_PI, NULL), EINVAL);
    EXPECT_ERROR(futex(&word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, &past), ENOSYS);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        char *bad = (char *)((uintptr_t)bad_pointer(i, 4) & -4ul);
        if (i == BAD_POINTERS - 1)
            bad += 4;
        EXPECT_ERROR(futex((uint32_t *)bad, FUTEX_LOCK_PI, NULL), EFAULT);
        EXPECT_ERROR(futex((uint32_t *)bad, FUTEX_UNLOCK_PI, NULL), EFAULT);
    }
}

struct waiter {
    uint32_t *word;
    int operation;
    const struct timespec *time;
    uint32_t id;
    long result;
    bool over;
    pthread_t thread;
};

static void *lock_there(void *of)
{
    struct waiter *waiter = of;
    __atomic_store_n(&waiter->id, own_id(), __ATOMIC_SEQ_CST);
    waiter->result = futex(waiter->word, waiter->operation, waiter->time);
    if (waiter->result < 0)
        waiter->result = -errno;
    __atomic_store_n(&waiter->over, true, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Returns once the thread waits for the lock, or has been refused. */
static void start(struct waiter *waiter)
{
    pthread_create(&waiter->thread, NULL, lock_there, waiter);
    while (!__atomic_load_n(&waiter->id, __ATOMIC_SEQ_CST))
        pause_for(1);
    pause_for(20);
}

TEST(pi_futex, is_handed_over)
{
    uint32_t word = own_id();
    struct waiter first = {&word, FUTEX_LOCK_PI, .id = 0}, second = first;
    start(&first);
    EXPECT_EQ(load(&word), own_id() | WAITERS);
    EXPECT_ERROR(futex(&word, FUTEX_TRYLOCK_PI, NULL), EDEADLK);
    start(&second);
    EXPECT_OK(futex(&word, FUTEX_UNLOCK_PI, NULL));
    pthread_join(first.thread, NULL);
    EXPECT_EQ(first.result, 0);
    EXPECT(!__atomic_load_n(&second.over, __ATOMIC_SEQ_CST) || second.result == 0);
    pthread_join(second.thread, NULL); /* the first one's end has handed it on */
    EXPECT_EQ(second.result, 0);
}

TEST(pi_futex, another_thread_s_lock)
{
    uint32_t word = own_id();
    struct waiter refused = {&word, FUTEX_TRYLOCK_PI, .id = 0};
    start(&refused);
    pthread_join(refused.thread, NULL);
    EXPECT_EQ(refused.result, -EAGAIN);
    struct waiter unlocks = {&word, FUTEX_UNLOCK_PI, .id = 0};
    start(&unlocks);
    pthread_join(unlocks.thread, NULL);
    EXPECT_EQ(unlocks.result, -EPERM);
}

TEST(pi_futex, a_wait_ends_in_time)
{
    struct timespec soon;
    uint32_t word = own_id();
    clock_gettime(CLOCK_MONOTONIC, &soon);
    soon.tv_sec++;
    struct waiter waiter = {&word, FUTEX_LOCK_PI2, .time = &soon};
    start(&waiter);
    pthread_join(waiter.thread, NULL);
    EXPECT_EQ(waiter.result, -ETIMEDOUT);
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec--; /* FUTEX_LOCK_PI goes by the time of day */
    struct waiter late = {&word, FUTEX_LOCK_PI, .time = &soon};
    start(&late);
    pthread_join(late.thread, NULL);
    EXPECT_EQ(late.result, -ETIMEDOUT);
    EXPECT_OK(futex(&word, FUTEX_UNLOCK_PI, NULL));
    EXPECT_EQ(word, 0);
}

static volatile int handled;

static void note(int signal)
{
    (void)signal;
    handled++;
}

TEST(pi_futex, a_handler_does_not_end_a_wait)
{
    uint32_t word = own_id();
    struct waiter waiter = {&word, FUTEX_LOCK_PI, .id = 0};
    handle(SIGUSR1, note, 0); /* without SA_RESTART */
    start(&waiter);
    CALL(tgkill, getpid(), waiter.id, SIGUSR1);
    while (!handled)
        pause_for(1);
    pause_for(20);
    EXPECT(!__atomic_load_n(&waiter.over, __ATOMIC_SEQ_CST));
    EXPECT_OK(futex(&word, FUTEX_UNLOCK_PI, NULL));
    pthread_join(waiter.thread, NULL);
    EXPECT_EQ(waiter.result, 0);
}

static uint32_t lock_a, lock_b;

/* Takes the one, waits for the other, and is refused or gets it. */
static void *take_both(void *of)
{
    struct waiter *waiter = of;
    futex(&lock_b, FUTEX_LOCK_PI, NULL);
    lock_there(waiter);
    futex(&lock_b, FUTEX_UNLOCK_PI, NULL);
    return NULL;
}

TEST(pi_futex, a_circle_is_refused)
{
    struct waiter waiter = {&lock_a, FUTEX_LOCK_PI, .id = 0};
    EXPECT_OK(futex(&lock_a, FUTEX_LOCK_PI, NULL));
    pthread_create(&waiter.thread, NULL, take_both, &waiter);
    while (!(load(&lock_a) & WAITERS))
        pause_for(1);
    EXPECT_ERROR(futex(&lock_b, FUTEX_LOCK_PI, NULL), EDEADLK);
    EXPECT_OK(futex(&lock_a, FUTEX_UNLOCK_PI, NULL));
    pthread_join(waiter.thread, NULL);
    EXPECT_EQ(waiter.result, 0);
}

static void *own_and_end(void *of)
{
    uint32_t *word = of;
    futex(word, FUTEX_LOCK_PI, NULL);
    while (!(load(word) & WAITERS))
        pause_for(1);
    pause_for(20);
    return NULL;
}

TEST(pi_futex, an_owner_ends)
{
    uint32_t word = 0;
    pthread_t owner;
    pthread_create(&owner, NULL, own_and_end, &word);
    while (!load(&word))
        pause_for(1);
    EXPECT_OK(futex(&word, FUTEX_LOCK_PI, NULL));
    EXPECT_EQ(word, own_id() | WAITERS | OWNER_DIED);
    EXPECT_OK(futex(&word, FUTEX_UNLOCK_PI, NULL));
    EXPECT_EQ(word, 0);
    pthread_join(owner, NULL);
}

TEST(pi_futex, processes_share_one)
{
    uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_OK(futex(word, FUTEX_LOCK_PI, NULL));
    pid_t child = fork();
    if (child == 0) {
        long result = futex(word, FUTEX_LOCK_PI, NULL);
        _exit(result == 0 && *word == (own_id() | WAITERS) ? 3 : 4);
    }
    while (!(load(word) & WAITERS))
        pause_for(1);
    EXPECT_OK(futex(word, FUTEX_UNLOCK_PI, NULL));
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 3 << 8);
}

static pthread_mutex_t mutex;
static int shared;

static void *add(void *unused)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        int old = shared;
        if (i % 100 == 0)
            pause_for(0);
        shared = old + 1;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

TEST(pi_futex, a_library_s_mutex)
{
    pthread_mutexattr_t attributes;
    pthread_t threads[4];
    pthread_mutexattr_init(&attributes);
    EXPECT_EQ(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT), 0);
    EXPECT_EQ(pthread_mutex_init(&mutex, &attributes), 0);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, add, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    EXPECT_EQ(shared, 8000);
}
