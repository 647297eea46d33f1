/* epoll: which events are reported, how often, and what is refused. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "support.h"

/* Sets an eventfd's count to 0, so that it is not ready. */
static void reset(int fd)
{
    eventfd_t count;
    EXPECT_OK(eventfd_read(fd, &count));
}

TEST(epoll, names_in_proc)
{
    char path[64], name[64] = "";
    snprintf(path, sizeof(path), "/proc/self/fd/%d", eventfd(0, 0));
    EXPECT_OK(readlink(path, name, sizeof(name) - 1));
    EXPECT(strcmp(name, "anon_inode:[eventfd]") == 0);
    memset(name, 0, sizeof(name));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", epoll_create1(0));
    EXPECT_OK(readlink(path, name, sizeof(name) - 1));
    EXPECT(strcmp(name, "anon_inode:[eventpoll]") == 0);
    struct stat status;
    EXPECT_OK(stat(path, &status));
    EXPECT_EQ(status.st_mode, 0600);
    if (geteuid() == 0) /* others lack the right to open it */
        EXPECT_ERROR(open(path, O_RDONLY), ENXIO);
}

/* --- Modes ------------------------------------------------------------------------------------ */

static int watch(int epoll, int operation, int fd, unsigned events, unsigned long long data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

static uint64_t ready_data;

/* Returns the events of the next ready file, without waiting, and stores its data in `ready_data`.
 * 0: no file is ready. */
static unsigned ready_events(int epoll)
{
    struct epoll_event event = {0};
    if (epoll_wait(epoll, &event, 1, 0) < 0)
        test_fail(__FILE__, __LINE__, "epoll_wait() fails");
    ready_data = event.data.u64;
    return event.events;
}

TEST(epoll, a_level_is_reported_while_it_lasts)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), ends[2];
    char byte;
    EXPECT_EQ(fcntl(epoll, F_GETFD), FD_CLOEXEC);
    EXPECT_OK(pipe(ends));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0x123456789abcdefULL));
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_EQ(write(ends[1], "ab", 2), 2);
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    EXPECT_EQ(ready_data, 0x123456789abcdefULL);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_EQ(write(ends[1], "c", 1), 1);
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    close(ends[1]);
    EXPECT_EQ(ready_events(epoll), EPOLLIN | EPOLLHUP);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(ready_events(epoll), EPOLLHUP);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[0], 0, 0));
    EXPECT_EQ(ready_events(epoll), EPOLLHUP);
}

TEST(epoll, an_edge_is_reported_once)
{
    int epoll = epoll_create(1), ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], "abcd", 4), 4);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET, 0));
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_EQ(write(ends[1], "e", 1), 1);
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 0));
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    close(ends[1]);
    EXPECT_EQ(ready_events(epoll), EPOLLIN | EPOLLHUP);
    EXPECT_EQ(ready_events(epoll), 0);
}

TEST(epoll, edges_of_an_eventfd)
{
    int epoll = epoll_create1(0), fd = eventfd(0, 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 0));
    for (int i = 0; i < 3; i++) {
        EXPECT_OK(eventfd_write(fd, 1));
        EXPECT_EQ(ready_events(epoll), EPOLLIN);
        EXPECT_EQ(ready_events(epoll), 0);
    }
    EXPECT_OK(eventfd_write(fd, 1));
    EXPECT_OK(eventfd_write(fd, 1));
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_OK(eventfd_write(fd, 1));
    reset(fd);
    EXPECT_EQ(ready_events(epoll), 0);
}

TEST(epoll, a_one_shot_is_reported_once)
{
    int epoll = epoll_create1(0), ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLONESHOT, 0));
    EXPECT_EQ(write(ends[1], "a", 1), 1);
    EXPECT_EQ(ready_events(epoll), EPOLLIN);
    EXPECT_EQ(write(ends[1], "b", 1), 1);
    EXPECT_EQ(ready_events(epoll), 0);
    close(ends[1]);
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 1));
    EXPECT_EQ(ready_events(epoll), EPOLLIN | EPOLLHUP);
    EXPECT_EQ(ready_events(epoll), 0);
}

TEST(epoll, errors_are_reported_unasked)
{
    int epoll = epoll_create1(0), ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[1], EPOLLIN, 0));
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[1], EPOLLOUT, 0));
    EXPECT_EQ(ready_events(epoll), EPOLLOUT);
    close(ends[0]);
    EXPECT_EQ(ready_events(epoll), EPOLLOUT | EPOLLERR);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[1], EPOLLIN, 0));
    EXPECT_EQ(ready_events(epoll), EPOLLERR);
}

/* --- Several files ---------------------------------------------------------------------------- */

TEST(epoll, ready_files_take_turns)
{
    enum { FILES = 5 };
    int epoll = epoll_create1(0), files[FILES];
    for (int i = 0; i < FILES; i++) {
        files[i] = eventfd(1, 0);
        EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, files[i], EPOLLIN, (unsigned)i));
    }
    for (unsigned i = 0; i < 2 * FILES; i++) {
        EXPECT_EQ(ready_events(epoll), EPOLLIN);
        EXPECT_EQ(ready_data, i % FILES);
    }
    struct epoll_event events[2 * FILES];
    EXPECT_EQ(epoll_wait(epoll, events, 2 * FILES, -1), FILES);
    EXPECT_EQ(epoll_wait(epoll, events, 3, -1), 3);
    reset(files[2]);
    EXPECT_EQ(epoll_wait(epoll, events, 2 * FILES, -1), FILES - 1);
    for (int i = 0; i < FILES - 1; i++)
        EXPECT(events[i].data.u64 != 2);
}

TEST(epoll, many_files)
{
    enum { FILES = 1000 };
    static struct epoll_event events[FILES];
    static int seen[FILES];
    int epoll = epoll_create1(0);
    for (int i = 0; i < FILES; i++) {
        int fd = eventfd(0, 0);
        EXPECT_OK(fd);
        EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, (unsigned)i));
        if (i % 3 == 0)
            EXPECT_OK(eventfd_write(fd, 1));
    }
    EXPECT_EQ(epoll_wait(epoll, events, FILES, 0), 334);
    for (int i = 0; i < 334; i++)
        seen[events[i].data.u64]++;
    for (int i = 0; i < FILES; i++)
        EXPECT_EQ(seen[i], i % 3 == 0);
    EXPECT_EQ(epoll_wait(epoll, events, 100, 0), 100);
}

TEST(epoll, a_closed_file_is_not_watched)
{
    int epoll = epoll_create1(0), fd = eventfd(1, 0), copy = dup(fd);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0));
    close(fd);
    EXPECT_EQ(ready_events(epoll), EPOLLIN); /* the copy holds the file */
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_DEL, fd, 0, 0), EBADF);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_DEL, copy, 0, 0), ENOENT);
    close(copy);
    EXPECT_EQ(ready_events(epoll), 0);
    EXPECT_EQ(eventfd(1, 0), fd);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN, 0), ENOENT);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0));
    EXPECT_OK(dup2(epoll, fd));
    EXPECT_EQ(ready_events(epoll), 0);
}

TEST(epoll, one_file_by_several_descriptors)
{
    int epoll = epoll_create1(0), fd = eventfd(1, 0), copy = dup(fd);
    struct epoll_event events[4];
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 1));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, copy, EPOLLIN, 2));
    EXPECT_EQ(epoll_wait(epoll, events, 4, 0), 2);
    EXPECT_OK(watch(epoll, EPOLL_CTL_DEL, fd, 0, 0));
    EXPECT_EQ(epoll_wait(epoll, events, 4, 0), 1);
    EXPECT_EQ(events[0].data.u64, 2);
}

/* --- Waiting ---------------------------------------------------------------------------------- */

TEST(epoll, waits)
{
    int epoll = epoll_create1(0), fd = eventfd(0, 0);
    struct epoll_event event;
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 9));
    pid_t child = fork();
    if (child == 0) {
        let_sleep(getppid());
        _exit(eventfd_write(fd, 1) != 0);
    }
    EXPECT_EQ(epoll_wait(epoll, &event, 1, -1), 1);
    EXPECT_EQ(event.data.u64, 9);
    reset(fd);
    long start = milliseconds_now();
    EXPECT_EQ(epoll_wait(epoll, &event, 1, 30), 0);
    EXPECT(milliseconds_now() - start >= 30);
    struct timespec limit = {0, 20000000};
    start = milliseconds_now();
    EXPECT_EQ(CALL(epoll_pwait2, epoll, &event, 1, &limit, NULL, 8), 0);
    EXPECT(milliseconds_now() - start >= 20);
    limit.tv_nsec = 1000000000;
    EXPECT_ERROR(CALL(epoll_pwait2, epoll, &event, 1, &limit, NULL, 8), EINVAL);
}

TEST(epoll, an_addition_ends_a_wait)
{
    int epoll = epoll_create1(0), fd = eventfd(1, 0);
    struct epoll_event event;
    pid_t child = fork();
    if (child == 0)
        _exit(epoll_wait(epoll, &event, 1, -1) != 1);
    let_sleep(child);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0));
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(epoll, epoll_pwait_lets_a_signal_in)
{
    int epoll = epoll_create1(0);
    struct epoll_event event;
    handle(SIGALRM, do_nothing, SA_RESTART);
    sigset_t blocked, before, now;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    EXPECT_OK(sigprocmask(SIG_BLOCK, &blocked, &before));
    EXPECT_OK(raise(SIGALRM));
    EXPECT_EQ(epoll_wait(epoll, &event, 1, 10), 0);
    EXPECT_ERROR(epoll_pwait(epoll, &event, 1, -1, &before), EINTR);
    EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    EXPECT(sigismember(&now, SIGALRM));
    EXPECT_EQ(epoll_pwait(epoll, &event, 1, 0, &before), 0);
    EXPECT_ERROR(CALL(epoll_pwait, epoll, &event, 1, 0, &before, 4), EINVAL);
}

/* --- Epoll files that are watched ------------------------------------------------------------- */

TEST(epoll, an_epoll_file_is_watched)
{
    int outer = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(0, 0);
    EXPECT_OK(watch(inner, EPOLL_CTL_ADD, fd, EPOLLIN, 1));
    EXPECT_OK(watch(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2));
    EXPECT_EQ(ready_events(outer), 0);
    struct pollfd file = {outer, POLLIN, 0};
    EXPECT_EQ(poll(&file, 1, 0), 0);
    EXPECT_OK(eventfd_write(fd, 1));
    EXPECT_EQ(poll(&file, 1, -1), 1);
    EXPECT_EQ(file.revents, POLLIN);
    EXPECT_EQ(ready_events(outer), EPOLLIN);
    EXPECT_EQ(ready_events(outer), EPOLLIN);
    reset(fd);
    EXPECT_EQ(ready_events(outer), 0);
    EXPECT_EQ(poll(&file, 1, 0), 0);
    EXPECT_OK(watch(outer, EPOLL_CTL_MOD, inner, EPOLLIN | EPOLLET, 2));
    EXPECT_OK(eventfd_write(fd, 1));
    EXPECT_EQ(ready_events(outer), EPOLLIN);
    EXPECT_EQ(ready_events(outer), 0);
    EXPECT_EQ(ready_events(inner), EPOLLIN);
    close(fd);
    EXPECT_EQ(ready_events(inner), 0);
}

TEST(epoll, a_nested_wait_is_woken)
{
    int outer = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(0, 0);
    struct epoll_event event;
    EXPECT_OK(watch(inner, EPOLL_CTL_ADD, fd, EPOLLIN, 1));
    EXPECT_OK(watch(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2));
    pid_t child = fork();
    if (child == 0) {
        let_sleep(getppid());
        _exit(eventfd_write(fd, 1) != 0);
    }
    EXPECT_EQ(epoll_wait(outer, &event, 1, -1), 1);
    EXPECT_EQ(event.data.u64, 2);
}

TEST(epoll, loops_are_refused)
{
    int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0);
    EXPECT_ERROR(watch(a, EPOLL_CTL_ADD, a, EPOLLIN, 0), EINVAL);
    EXPECT_OK(watch(a, EPOLL_CTL_ADD, b, EPOLLIN, 0));
    EXPECT_OK(watch(b, EPOLL_CTL_ADD, c, EPOLLIN, 0));
    EXPECT_OK(watch(a, EPOLL_CTL_ADD, c, EPOLLIN, 0));
    EXPECT_ERROR(watch(b, EPOLL_CTL_ADD, a, EPOLLIN, 0), ELOOP);
    EXPECT_ERROR(watch(c, EPOLL_CTL_ADD, a, EPOLLIN, 0), ELOOP);
    EXPECT_OK(watch(a, EPOLL_CTL_DEL, b, 0, 0));
    EXPECT_OK(watch(b, EPOLL_CTL_ADD, a, EPOLLIN, 0));
}

/* Versions of Linux differ in the limit. */
TEST(epoll, long_chains_are_refused)
{
    int last = epoll_create1(0), next = -1, added = 0;
    while (added < 12 && watch(next = epoll_create1(0), EPOLL_CTL_ADD, last, EPOLLIN, 0) == 0) {
        last = next;
        added++;
    }
    EXPECT_EQ(errno, ELOOP);
    EXPECT(added >= 4 && added <= 6);
}

/* --- Refusals --------------------------------------------------------------------------------- */

TEST(epoll, refusals)
{
    int epoll = epoll_create1(0), ends[2], fd = eventfd(0, 0);
    struct epoll_event event;
    make_file("a", "text");
    EXPECT_OK(pipe(ends));
    EXPECT_ERROR(CALL(epoll_create, 0), EINVAL);
    EXPECT_ERROR(epoll_create1(1), EINVAL);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_ADD, open("a", O_RDONLY), EPOLLIN, 0), EPERM);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_ADD, open(".", O_RDONLY), EPOLLIN, 0), EPERM);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_ADD, 999, EPOLLIN, 0), EBADF);
    EXPECT_ERROR(watch(999, EPOLL_CTL_ADD, fd, EPOLLIN, 0), EBADF);
    EXPECT_ERROR(watch(ends[0], EPOLL_CTL_ADD, fd, EPOLLIN, 0), EINVAL);
    EXPECT_ERROR(watch(epoll, 9, fd, EPOLLIN, 0), EINVAL);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN, 0), ENOENT);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_DEL, fd, EPOLLIN, 0), ENOENT);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0));
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0), EEXIST);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLEXCLUSIVE, 0), EINVAL);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 0));
    EXPECT_ERROR(epoll_wait(epoll, &event, 0, 0), EINVAL);
    EXPECT_ERROR(epoll_wait(epoll, &event, -1, 0), EINVAL);
    EXPECT_ERROR(epoll_wait(999, &event, 1, 0), EBADF);
    EXPECT_ERROR(epoll_wait(ends[0], &event, 1, 0), EINVAL);
    EXPECT_ERROR(read(epoll, &event, sizeof(event)), EINVAL);
    EXPECT_ERROR(write(epoll, &event, sizeof(event)), EINVAL);
}

TEST(epoll, bad_pointers)
{
    int epoll = epoll_create1(0), fd = eventfd(1, 0), shot = eventfd(1, 0);
    EXPECT_FAULT_EACH(bad, sizeof(struct epoll_event), epoll_ctl(epoll, EPOLL_CTL_ADD, fd, bad));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 1));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, shot, EPOLLIN | EPOLLONESHOT, 2));
    EXPECT_FAULT_EACH(bad, sizeof(struct epoll_event), epoll_wait(epoll, bad, 1, 0));
    EXPECT_ERROR(epoll_wait(epoll, read_only_page(), 1, 0), EFAULT);
    struct epoll_event events[3];
    EXPECT_EQ(epoll_wait(epoll, events, 3, 0), 2); /* nothing is lost */
    EXPECT_EQ(epoll_wait(epoll, events, 3, 0), 0);
    EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
}
