/* The signals of threads, with each C library: see threads.c. */
#include <pthread.h>
#include <semaphore.h>

#ifndef SUITE
#define SUITE thread_signals
#endif
#include "thread_support.h"

static sem_t ready, finish;
static volatile int taken_by, taken;

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
    sem_post(&ready);
    sem_wait(&finish); /* the handler may end it with EINTR */
    return NULL;
}

THREADS_TEST(a_thread_that_does_not_block_the_signal_takes_it)
{
    pthread_t thread;
    sigset_t set;
    int id;
    sem_init(&ready, 0, 0);
    sem_init(&finish, 0, 0);
    sigfillset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    handle(SIGUSR1, note, SA_RESTART);
    EXPECT_EQ(pthread_create(&thread, NULL, wait_in_thread, &id), 0);
    sem_wait(&ready);
    EXPECT_OK(kill(getpid(), SIGUSR1));
    while (!taken)
        pause_for(1);
    EXPECT_EQ(taken, SIGUSR1);
    EXPECT_EQ(taken_by, id);
    taken = 0;
    EXPECT_EQ(pthread_kill(pthread_self(), SIGUSR1), 0); /* for this thread only */
    pause_for(5);
    EXPECT_EQ(taken, 0);
    EXPECT_OK(sigpending(&set));
    EXPECT(sigismember(&set, SIGUSR1));
    sigemptyset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    EXPECT_EQ(taken, SIGUSR1);
    EXPECT_EQ(taken_by, getpid());
    sem_post(&finish);
    pthread_join(thread, NULL);
}

static void *take_signals(void *unused)
{
    sigset_t set;
    int signal;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    for (int i = 0; i < 10 && sigwait(&set, &signal) == 0; i++) {
        taken = signal;
        sem_post(&ready);
    }
    return unused;
}

THREADS_TEST(a_thread_waits_for_signals)
{
    pthread_t thread;
    sigset_t set;
    sem_init(&ready, 0, 0);
    sigfillset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    EXPECT_EQ(pthread_create(&thread, NULL, take_signals, NULL), 0);
    for (int i = 0; i < 10; i++) {
        int signal = i % 2 ? SIGUSR1 : SIGUSR2;
        EXPECT_OK(kill(getpid(), signal));
        sem_wait(&ready);
        EXPECT_EQ(taken, signal);
    }
    EXPECT_EQ(pthread_join(thread, NULL), 0);
}

static volatile int *beats;

static void *count_beats(void *which)
{
    for (;;) {
        beats[(intptr_t)which]++;
        sched_yield();
    }
    return NULL;
}

THREADS_TEST(all_threads_stop_and_continue)
{
    int status, before[2];
    pthread_t thread;
    beats = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, count_beats, (void *)1);
        count_beats((void *)0);
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
    while (beats[0] == before[0] || beats[1] == before[1])
        pause_for(1);
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

THREADS_TEST(each_thread_has_its_own_signal_stack)
{
    pthread_t thread;
    void *result;
    handle(SIGUSR1, look_at_stack, SA_ONSTACK);
    EXPECT(use_own_stack((void *)0));
    EXPECT_EQ(pthread_create(&thread, NULL, use_own_stack, (void *)1), 0);
    pthread_join(thread, &result);
    EXPECT(result);
}
