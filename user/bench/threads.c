/*
 * Threads: made and joined as pthread_create() and pthread_join() do, with a stack from mmap()
 * whose last page is a guard; and two of them that wake each other. Then the same beside many that
 * wait.
 */
#include "bench/threads.h"
#include "bench/bench.h"
#include "lib/linux.h"

enum { STACK_PAGES = 4, PAGE = 4096, MANY = 1000 };

/* What the C libraries ask of clone(): CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM, _SETTLS,
 * _PARENT_SETTID and _CHILD_CLEARTID. */
enum { CLONE_THREAD_FLAGS = 0x3d0f00 };

void thread_start(struct thread *thread, void (*run)(void *argument), void *argument)
{
    size_t size = (STACK_PAGES + 1) * PAGE;
    thread->stack = sys_mmap(NULL, size, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bench_need("mmap", (long)thread->stack);
    bench_need("mprotect", sys_mprotect(thread->stack + PAGE, size - PAGE, MAP_READ | MAP_WRITE));
    bench_need("clone", thread_clone(CLONE_THREAD_FLAGS, thread->stack + size, &thread->id,
                                     &thread->id, run, argument));
}

void thread_join(struct thread *thread)
{
    int id;
    while ((id = __atomic_load_n(&thread->id, __ATOMIC_ACQUIRE)) != 0)
        sys_futex(&thread->id, FUTEX_WAIT, (unsigned)id, NULL);
    sys_munmap(thread->stack, (STACK_PAGES + 1) * PAGE);
}

/* --- One that ends at once -------------------------------------------------------------------- */

static void do_nothing(void *argument)
{
    (void)argument;
}

static void create_and_join(void)
{
    struct thread thread;
    thread_start(&thread, do_nothing, NULL);
    thread_join(&thread);
}

static void measure_create(const char *name)
{
    for (int i = 0; i < WARM_UP; i++)
        create_and_join();
    uint64_t begin = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        create_and_join();
    bench_report(name, bench_stop(begin), ROUNDS);
}

/* --- Two that wake each other ----------------------------------------------------------------- */

static int turn;

/* Gives the turn to the other one, and waits until it is back. */
static void pass(int mine)
{
    __atomic_store_n(&turn, !mine, __ATOMIC_RELEASE);
    sys_futex(&turn, FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL);
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != mine)
        sys_futex(&turn, FUTEX_WAIT | FUTEX_PRIVATE, (unsigned)!mine, NULL);
}

static void pong(void *rounds)
{
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 1)
        sys_futex(&turn, FUTEX_WAIT | FUTEX_PRIVATE, 0, NULL);
    for (long i = 1; i < (long)rounds; i++)
        pass(1);
    __atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
    sys_futex(&turn, FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL);
}

static void measure_ping_pong(const char *name)
{
    struct thread thread;
    turn = 0;
    thread_start(&thread, pong, (void *)(WARM_UP + ROUNDS));
    for (int i = 0; i < WARM_UP; i++)
        pass(0);
    uint64_t begin = bench_start();
    for (int i = 0; i < ROUNDS; i++)
        pass(0);
    bench_report(name, bench_stop(begin), ROUNDS);
    thread_join(&thread);
}

/* --- Beside many ------------------------------------------------------------------------------ */

static struct thread others[MANY];
static int words[MANY], over;

static void wait_for_the_end(void *word)
{
    while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE))
        sys_futex(word, FUTEX_WAIT | FUTEX_PRIVATE, 0, NULL);
}

static void start_others(void)
{
    over = 0;
    for (int i = 0; i < MANY; i++)
        thread_start(&others[i], wait_for_the_end, &words[i]);
}

static void end_others(void)
{
    over = 1;
    for (int i = 0; i < MANY; i++) {
        sys_futex(&words[i], FUTEX_WAKE | FUTEX_PRIVATE, 1, NULL);
        thread_join(&others[i]);
    }
}

BENCH(threads, "thread.create_join")
{
    measure_create("thread.create_join");
    start_others();
    measure_create("thread.create_join.1000");
    end_others();
}

BENCH(futex, "futex.")
{
    measure_ping_pong("futex.ping_pong");
    start_others();
    measure_ping_pong("futex.ping_pong.1000");
    end_others();
}
