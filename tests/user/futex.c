/* The system call behind locks. */
#include <pthread.h>
#include <time.h>

#include "support.h"

/* Linux's numbers (include/uapi/linux/futex.h). */
enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE = 4,
    FUTEX_WAKE_OP = 5,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10,
    FUTEX_WAIT_PRIVATE = FUTEX_WAIT | 128,
    FUTEX_WAKE_PRIVATE = FUTEX_WAKE | 128,
    FUTEX_CLOCK_REALTIME = 256,
};
enum { OP_SET, OP_ADD, OP_OR, OP_ANDN, OP_XOR, OP_SHIFT = 8 };
enum { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

static uint32_t word, other;

static long futex(void *address, int operation, uint32_t value, void *time, void *second,
                  uint32_t value_3)
{
    return CALL(futex, address, operation, value, time, second, value_3);
}

TEST(futex, bad_arguments)
{
    struct timespec soon = {0, 1000000}, negative = {-1, 0}, too_much = {0, 1000000000};
    EXPECT_ERROR(futex(&word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
    EXPECT_ERROR(futex((char *)&word + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
    EXPECT_ERROR(futex((char *)&word + 2, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
    EXPECT_ERROR(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
    EXPECT_ERROR(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
    EXPECT_ERROR(futex(&word, FUTEX_WAIT, 0, &negative, NULL, 0), EINVAL);
    EXPECT_ERROR(futex(&word, FUTEX_WAIT, 0, &too_much, NULL, 0), EINVAL);
    EXPECT_ERROR(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
    EXPECT_ERROR(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0), ENOSYS);
    EXPECT_ERROR(futex(&word, FUTEX_WAIT, 0, &soon, NULL, 0), ETIMEDOUT);
    EXPECT_ERROR(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 1), EAGAIN);
    EXPECT_ERROR(futex(&word, FUTEX_REQUEUE, (uint32_t)-1, (void *)1, &other, 0), EINVAL);
    EXPECT_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        char *bad = (char *)((uintptr_t)bad_pointer(i, 4) & -4ul);
        if (i == BAD_POINTERS - 1)
            bad += 4;
        EXPECT_ERROR(futex(bad, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
    }
}

struct waiter {
    uint32_t *word;
    int operation;
    uint32_t bits;
    long result;
    int id;
    pthread_t thread;
};

static void *wait_there(void *of)
{
    struct waiter *waiter = of;
    __atomic_store_n(&waiter->id, (int)CALL(gettid), __ATOMIC_SEQ_CST);
    waiter->result = futex(waiter->word, waiter->operation, 0, NULL, NULL, waiter->bits);
    return NULL;
}

/* Returns once the thread waits. */
static void start(struct waiter *waiter)
{
    pthread_create(&waiter->thread, NULL, wait_there, waiter);
    while (!__atomic_load_n(&waiter->id, __ATOMIC_SEQ_CST))
        pause_for(1);
    pause_for(5);
}

static long finish(struct waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    return waiter->result;
}

TEST(futex, those_who_waited_longest_are_woken_first)
{
    enum { WAITERS = 5 };
    struct waiter waiters[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){.word = &word, .operation = FUTEX_WAIT_PRIVATE};
        start(&waiters[i]);
    }
    EXPECT_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0), 2);
    EXPECT_EQ(finish(&waiters[0]), 0);
    EXPECT_EQ(finish(&waiters[1]), 0);
    EXPECT_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0), 3);
    for (int i = 2; i < WAITERS; i++)
        EXPECT_EQ(finish(&waiters[i]), 0);
    EXPECT_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0), 0);
}

TEST(futex, bits_choose)
{
    struct waiter one = {.word = &word, .operation = FUTEX_WAIT_BITSET, .bits = 1};
    struct waiter two = {.word = &word, .operation = FUTEX_WAIT_BITSET, .bits = 6};
    start(&one);
    start(&two);
    EXPECT_EQ(futex(&word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 8), 0);
    EXPECT_EQ(futex(&word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 4), 1);
    EXPECT_EQ(finish(&two), 0);
    EXPECT_EQ(futex(&word, FUTEX_WAKE, 9, NULL, NULL, 0), 1);
    EXPECT_EQ(finish(&one), 0);
}

TEST(futex, private_and_shared_do_not_mix)
{
    struct waiter waiter = {.word = &word, .operation = FUTEX_WAIT_PRIVATE};
    start(&waiter);
    EXPECT_EQ(futex(&word, FUTEX_WAKE, 9, NULL, NULL, 0), 0);
    EXPECT_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 1);
    EXPECT_EQ(finish(&waiter), 0);
}

TEST(futex, requeue)
{
    enum { WAITERS = 4 };
    struct waiter waiters[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){.word = &word, .operation = FUTEX_WAIT};
        start(&waiters[i]);
    }
    EXPECT_EQ(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2, &other, 0), 3);
    EXPECT_EQ(finish(&waiters[0]), 0);
    EXPECT_EQ(futex(&other, FUTEX_WAKE, 9, NULL, NULL, 0), 2);
    EXPECT_EQ(finish(&waiters[1]), 0);
    EXPECT_EQ(finish(&waiters[2]), 0);
    EXPECT_EQ(futex(&word, FUTEX_REQUEUE, 0, (void *)9, &other, 0), 1);
    EXPECT_EQ(futex(&word, FUTEX_WAKE, 9, NULL, NULL, 0), 0);
    EXPECT_EQ(futex(&other, FUTEX_WAKE, 9, NULL, NULL, 0), 1);
    EXPECT_EQ(finish(&waiters[3]), 0);
}

static long wake_op(uint32_t old, unsigned operation, unsigned argument, unsigned comparison,
                    unsigned compared)
{
    other = old;
    return futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other,
                 operation << 28 | comparison << 24 | argument << 12 | compared);
}

TEST(futex, wake_op)
{
    EXPECT_EQ(wake_op(5, OP_SET, 9, CMP_EQ, 5), 0);
    EXPECT_EQ(other, 9);
    EXPECT_EQ(wake_op(5, OP_ADD, 0xfff, CMP_EQ, 5), 0);
    EXPECT_EQ(other, 4);
    EXPECT_EQ(wake_op(5, OP_OR, 8, CMP_EQ, 5), 0);
    EXPECT_EQ(other, 13);
    EXPECT_EQ(wake_op(5, OP_ANDN, 4, CMP_EQ, 5), 0);
    EXPECT_EQ(other, 1);
    EXPECT_EQ(wake_op(5, OP_XOR, 4, CMP_EQ, 5), 0);
    EXPECT_EQ(other, 1);
    EXPECT_EQ(wake_op(0, OP_OR | OP_SHIFT, 20, CMP_EQ, 5), 0);
    EXPECT_EQ(other, 1 << 20);
    EXPECT_ERROR(wake_op(5, 5, 4, CMP_EQ, 5), ENOSYS);
    EXPECT_ERROR(wake_op(5, OP_SET, 4, 6, 5), ENOSYS);
    static const struct {
        unsigned comparison, compared, woken;
    } cases[] = {{CMP_EQ, 5, 1}, {CMP_EQ, 4, 0},    {CMP_NE, 4, 1}, {CMP_LT, 6, 1},
                 {CMP_LT, 5, 0}, {CMP_LE, 5, 1},    {CMP_GT, 4, 1}, {CMP_GT, 5, 0},
                 {CMP_GE, 5, 1}, {CMP_GT, 0xfff, 1}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct waiter waiter = {.word = &other, .operation = FUTEX_WAIT};
        other = 0;
        start(&waiter);
        EXPECT_EQ(wake_op(5, OP_SET, 5, cases[i].comparison, cases[i].compared), cases[i].woken);
        if (!cases[i].woken)
            EXPECT_EQ(futex(&other, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
        EXPECT_EQ(finish(&waiter), 0);
    }
}

static long wait_and_be_signalled(int flags, void *time)
{
    handle(SIGALRM, do_nothing, flags);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        pause_for(20);
        kill(parent, SIGALRM);
        pause_for(20);
        word = 1;
        _exit(0);
    }
    long result = futex(&word, FUTEX_WAIT, 0, time, NULL, 0);
    int error = errno;
    waitpid(child, NULL, 0);
    errno = error;
    return result;
}

TEST(futex, a_handler_interrupts)
{
    struct timespec long_time = {100, 0}, short_time = {0, 60000000};
    EXPECT_ERROR(wait_and_be_signalled(0, NULL), EINTR);
    EXPECT_ERROR(wait_and_be_signalled(0, &long_time), EINTR);
    EXPECT_ERROR(wait_and_be_signalled(SA_RESTART, &long_time), EINTR);
    EXPECT_ERROR(futex(&word, FUTEX_WAIT, 0, &short_time, NULL, 0), ETIMEDOUT);
}

/* A wait without a limit is made again, and one with a limit goes on after a stop. */
TEST(futex, a_wait_goes_on)
{
    struct timespec time = {0, 50000000}, before, after;
    uint32_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    handle(SIGALRM, do_nothing, SA_RESTART);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        pause_for(10);
        kill(parent, SIGALRM);
        pause_for(10);
        *shared = 1;
        futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0);
        _exit(0);
    }
    EXPECT_EQ(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
    EXPECT_EQ(*shared, 1);
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        pause_for(10);
        kill(parent, SIGSTOP);
        pause_for(10);
        kill(parent, SIGCONT);
        _exit(0);
    }
    clock_gettime(CLOCK_MONOTONIC, &before);
    EXPECT_ERROR(futex(shared, FUTEX_WAIT, 1, &time, NULL, 0), ETIMEDOUT);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long passed =
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    EXPECT(passed >= 49);
    waitpid(child, NULL, 0);
}

/* The same file's page is the same futex, wherever it is mapped. */
TEST(futex, files_share)
{
    make_file("a", "0000111122223333");
    int file = open("a", O_RDWR);
    char *one = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *two = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    EXPECT(one != MAP_FAILED);
    EXPECT(two != MAP_FAILED);
    memset(one, 0, 16);
    struct waiter waiter = {.word = (uint32_t *)(one + 8), .operation = FUTEX_WAIT};
    start(&waiter);
    EXPECT_EQ(futex(two + 4, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
    EXPECT_EQ(futex(two + 8, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
    EXPECT_EQ(finish(&waiter), 0);
}

/* A list that is no list does not keep the process from its end. */
TEST(futex, broken_robust_lists)
{
    static struct {
        void *first;
        long offset;
        void *pending;
    } head;
    void *cases[][2] = {{&head.pending, NULL}, {(void *)8, NULL}, {(void *)~7ul, (void *)8}};
    for (unsigned i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            head.first = cases[i][0];
            head.pending = cases[i][1];
            if (i == 0)
                head.pending = &head.pending; /* a circle */
            CALL(set_robust_list, i < 2 ? (void *)&head : (void *)~7ul, 24);
            _exit(3);
        }
        int status;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 3 << 8);
    }
}

/* --- Many waiters ----------------------------------------------------------------------------- */

enum { MANY = 600, SMALL_STACK = 16384 };

static uint32_t words[MANY];

static void *wait_alone(void *at)
{
    return (void *)futex(at, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* The kernel finds each waiter, and those on one word in their order, however many there are. */
TEST(futex, many_waiters)
{
    enum { FIRST = 3 };
    static pthread_t threads[MANY];
    struct waiter first[FIRST];
    pthread_attr_t attributes;
    for (int i = 0; i < FIRST; i++) {
        first[i] = (struct waiter){.word = &word, .operation = FUTEX_WAIT_PRIVATE};
        start(&first[i]);
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SMALL_STACK);
    for (int i = 0; i < MANY; i++)
        EXPECT_EQ(pthread_create(&threads[i], &attributes, wait_alone, &words[i]), 0);
    for (int i = 0; i < MANY; i++) {
        while (futex(&words[i], FUTEX_WAKE_PRIVATE, MANY, NULL, NULL, 0) == 0)
            pause_for(1); /* it does not wait yet */
        if (i % (MANY / FIRST) == MANY / FIRST / 2) {
            EXPECT_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
            EXPECT_EQ(finish(&first[i / (MANY / FIRST)]), 0);
        }
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    }
    EXPECT_EQ(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
}
