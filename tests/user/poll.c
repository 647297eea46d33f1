/* poll(), ppoll(), select() and pselect(). */
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <time.h>

#include "support.h"

TEST(poll, pipes)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    struct pollfd files[] = {{ends[0], POLLIN | POLLOUT, -1}, {ends[1], POLLIN | POLLOUT, -1}};
    EXPECT_EQ(poll(files, 2, 0), 1);
    EXPECT_EQ(files[0].revents, 0);
    EXPECT_EQ(files[1].revents, POLLOUT);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_EQ(poll(files, 2, -1), 2);
    EXPECT_EQ(files[0].revents, POLLIN);
    close(ends[1]);
    files[1].fd = -1;
    EXPECT_EQ(poll(files, 2, -1), 1);
    EXPECT_EQ(files[0].revents, POLLIN | POLLHUP);
    EXPECT_EQ(files[1].revents, 0);
    char byte;
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(poll(files, 1, -1), 1);
    EXPECT_EQ(files[0].revents, POLLHUP);
}

TEST(poll, a_pipe_without_reader)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    close(ends[0]);
    struct pollfd file = {ends[1], POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, -1), 1);
    EXPECT_EQ(file.revents, POLLOUT | POLLERR);
}

TEST(poll, a_full_pipe)
{
    static char block[65536];
    int ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], block, sizeof(block)), sizeof(block));
    struct pollfd file = {ends[1], POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 0);
    EXPECT_EQ(read(ends[0], block, PAGE), PAGE);
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLOUT);
}

TEST(poll, what_is_no_pipe)
{
    make_file("a", "");
    struct pollfd files[] = {
        {open("a", O_RDWR), POLLIN | POLLOUT, 0}, {77, POLLIN, 0}, {-1, POLLIN, 5}};
    EXPECT_EQ(poll(files, 3, -1), 2);
    EXPECT_EQ(files[0].revents, POLLIN | POLLOUT);
    EXPECT_EQ(files[1].revents, POLLNVAL);
    EXPECT_EQ(files[2].revents, 0);
}

TEST(poll, time_limits)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    struct pollfd file = {ends[0], POLLIN, 0};
    long start = milliseconds_now();
    EXPECT_EQ(poll(&file, 1, 30), 0);
    EXPECT(milliseconds_now() - start >= 30);
    EXPECT_EQ(poll(NULL, 0, 1), 0);
    struct timespec limit = {0, 1000000};
    EXPECT_EQ(CALL(ppoll, &file, 1, &limit, NULL, 8), 0);
    EXPECT_EQ(limit.tv_nsec, 0); /* nothing is left of it */
    struct timespec wrong = {0, 1000000000};
    EXPECT_ERROR(CALL(ppoll, &file, 1, &wrong, NULL, 8), EINVAL);
}

/* The process stops more often than the limit lasts, and the limit comes all the same. */
TEST(poll, a_stop_does_not_begin_the_limit_anew)
{
    enum { LIMIT = 300, STOPS = 100 };
    int ends[2], status;
    EXPECT_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        struct pollfd file = {ends[0], POLLIN, 0};
        _exit(poll(&file, 1, LIMIT) == 0 ? 5 : 6);
    }
    pid_t ended = 0;
    for (int i = 0; !ended && i < STOPS; i++) {
        pause_for(20);
        EXPECT_OK(kill(child, SIGSTOP));
        pause_for(20);
        EXPECT_OK(kill(child, SIGCONT));
        ended = waitpid(child, &status, WNOHANG);
    }
    EXPECT_EQ(ended, child);
    EXPECT_EQ(status, 5 << 8);
}

TEST(poll, waits_for_a_writer)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    pid_t reader = getpid();
    if (fork() == 0) {
        let_sleep(reader);
        _exit(write(ends[1], "x", 1) != 1);
    }
    struct pollfd files[] = {{ends[0], POLLIN, 0}, {-1, 0, 0}};
    EXPECT_EQ(poll(files, 2, -1), 1);
    EXPECT_EQ(files[0].revents, POLLIN);
}

static volatile int signals;

static void count(int signal)
{
    (void)signal;
    signals++;
}

TEST(poll, ppoll_lets_a_signal_in)
{
    sigset_t blocked, none;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &blocked, NULL));
    handle(SIGUSR1, count, 0);
    kill(getpid(), SIGUSR1);
    EXPECT_EQ(signals, 0);
    EXPECT_ERROR(ppoll(NULL, 0, NULL, &none), EINTR);
    EXPECT_EQ(signals, 1);
    kill(getpid(), SIGUSR1); /* blocked again */
    EXPECT_EQ(signals, 1);
}

static void *take_the_signal(void *none)
{
    pthread_sigmask(SIG_SETMASK, none, NULL);
    while (!signals)
        poll(NULL, 0, 20000);
    return NULL;
}

static void *write_and_send(void *pipe)
{
    let_sleep(getpid()); /* until the first thread waits in ppoll() */
    if (write(*(int *)pipe, "x", 1) == 1)
        kill(getpid(), SIGUSR1);
    pause(); /* a thread that ends would leave the signal to the others */
    return NULL;
}

/* A file is ready before the signal comes: ppoll() returns, and blocks the signal again. Another
 * thread, which does not block it, must handle it. Where threads run on several processors, ppoll()
 * may also be interrupted. */
TEST(poll, a_signal_that_is_blocked_again_goes_to_another_thread)
{
    int ends[2];
    pthread_t taker, sender;
    sigset_t usual, none;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGUSR1);
    EXPECT_OK(pipe(ends));
    EXPECT_OK(sigprocmask(SIG_BLOCK, &usual, NULL));
    handle(SIGUSR1, count, 0);
    EXPECT_EQ(pthread_create(&taker, NULL, take_the_signal, &none), 0);
    EXPECT_EQ(pthread_create(&sender, NULL, write_and_send, &ends[1]), 0);
    struct pollfd file = {ends[0], POLLIN, 0};
    int ready = ppoll(&file, 1, NULL, &none);
    EXPECT(ready == 1 || (ready < 0 && errno == EINTR));
    for (int i = 0; !signals && i < 2000; i++)
        pause_for(5);
    EXPECT_EQ(signals, 1);
}

TEST(poll, select)
{
    int ends[2];
    fd_set readers, writers;
    EXPECT_OK(pipe(ends));
    FD_ZERO(&readers);
    FD_ZERO(&writers);
    FD_SET(ends[0], &readers);
    FD_SET(ends[1], &writers);
    EXPECT_EQ(CALL(select, ends[1] + 1, &readers, &writers, NULL, NULL), 1);
    EXPECT(!FD_ISSET(ends[0], &readers));
    EXPECT(FD_ISSET(ends[1], &writers));
    struct timeval limit = {0, 1000};
    FD_SET(ends[0], &readers);
    EXPECT_EQ(CALL(select, ends[0] + 1, &readers, NULL, NULL, &limit), 0);
    EXPECT_EQ(limit.tv_usec, 0);
    EXPECT(!FD_ISSET(ends[0], &readers));
    FD_SET(20, &readers);
    EXPECT_ERROR(CALL(select, 21, &readers, NULL, NULL, NULL), EBADF);
    EXPECT_ERROR(CALL(select, -1, NULL, NULL, NULL, NULL), EINVAL);
    limit = (struct timeval){-1, 1000000}; /* together they are 0 */
    EXPECT_EQ(CALL(select, 0, NULL, NULL, NULL, &limit), 0);
    limit = (struct timeval){0, 2000000};
    EXPECT_EQ(CALL(select, ends[1] + 1, NULL, &writers, NULL, &limit), 1);
    limit = (struct timeval){1, -5};
    EXPECT_ERROR(CALL(select, 0, NULL, NULL, NULL, &limit), EINVAL);
}

TEST(poll, pselect)
{
    int ends[2];
    fd_set readers;
    EXPECT_OK(pipe(ends));
    FD_ZERO(&readers);
    FD_SET(ends[0], &readers);
    struct timespec limit = {0, 1000000};
    EXPECT_EQ(pselect(ends[0] + 1, &readers, NULL, NULL, &limit, NULL), 0);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    FD_SET(ends[0], &readers);
    EXPECT_EQ(pselect(ends[0] + 1, &readers, NULL, NULL, NULL, NULL), 1);
    EXPECT(FD_ISSET(ends[0], &readers));
}
