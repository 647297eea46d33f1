/* eventfd, and epoll: what is told, how often, and what is refused. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

#include "support.h"

static unsigned long long take(int fd)
{
    unsigned long long count = 0;
    return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static int add(int fd, unsigned long long count)
{
    return write(fd, &count, sizeof(count)) == sizeof(count) ? 0 : -1;
}

/* --- eventfd ---------------------------------------------------------------------------------- */

TEST(epoll, eventfd_counts)
{
    char eight[8];
    int fd = eventfd(3, 0);
    EXPECT_OK(fd);
    EXPECT_OK(add(fd, 4));
    EXPECT_EQ(take(fd), 7);
    int flag = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
    EXPECT_EQ(take(flag), 1);
    EXPECT_EQ(take(flag), 1);
    EXPECT_ERROR(read(flag, eight, 8), EAGAIN);
    EXPECT_EQ(fcntl(flag, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(flag, F_GETFL), O_RDWR | O_NONBLOCK);
    EXPECT_ERROR(eventfd(0, 2), EINVAL);
    EXPECT_EQ(lseek(fd, 5, SEEK_SET), 0);
    EXPECT_ERROR(pread(fd, eight, 8, 0), ESPIPE);
    EXPECT_ERROR(read(fd, eight, 7), EINVAL);
    EXPECT_ERROR(write(fd, eight, 7), EINVAL);
    EXPECT_ERROR(add(fd, -1ULL), EINVAL);
}

TEST(epoll, eventfd_has_a_limit)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    struct pollfd file = {fd, POLLIN | POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLOUT);
    EXPECT_OK(add(fd, -2ULL));
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLIN);
    EXPECT_ERROR(add(fd, 1), EAGAIN);
    EXPECT_OK(add(fd, 0));
    EXPECT_EQ(take(fd), -2ULL);
}

TEST(epoll, eventfd_waits)
{
    int there = eventfd(0, 0), back = eventfd(0, 0);
    pid_t child = fork();
    if (child == 0) {
        unsigned long long count = take(there);
        add(back, count + 1);
        add(back, -2ULL - count); /* waits until there is room */
        _exit(0);
    }
    let_sleep(child);
    EXPECT_OK(add(there, 5));
    let_sleep(child);
    EXPECT_EQ(take(back), 6);
    EXPECT_EQ(take(back), -7ULL);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(epoll, eventfd_reads_are_interrupted)
{
    char eight[8];
    int fd = eventfd(0, 0);
    handle(SIGALRM, do_nothing, 0);
    ualarm(20000, 0);
    EXPECT_ERROR(read(fd, eight, 8), EINTR);
    EXPECT_OK(add(fd, -2ULL));
    ualarm(20000, 0);
    EXPECT_ERROR(add(fd, 1), EINTR);
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
    if (geteuid() == 0) /* whose it is */
        EXPECT_ERROR(open(path, O_RDONLY), ENXIO);
}

/* --- Modes ------------------------------------------------------------------------------------ */

static int watch(int epoll, int operation, int fd, unsigned events, unsigned long long data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

/* What a look without a wait tells of the first file; 0 when there is nothing. */
static unsigned look(int epoll, unsigned long long *data)
{
    struct epoll_event event = {0};
    int count = epoll_wait(epoll, &event, 1, 0);
    if (data)
        *data = event.data.u64;
    return count == 1 ? event.events : count == 0 ? 0 : 0xdead;
}

TEST(epoll, level_tells_as_long_as_it_is_so)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), ends[2];
    unsigned long long data;
    char byte;
    EXPECT_EQ(fcntl(epoll, F_GETFD), FD_CLOEXEC);
    EXPECT_OK(pipe(ends));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0x123456789abcdefULL));
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_EQ(write(ends[1], "ab", 2), 2);
    EXPECT_EQ(look(epoll, &data), EPOLLIN);
    EXPECT_EQ(data, 0x123456789abcdefULL);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(look(epoll, NULL), EPOLLIN);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_EQ(write(ends[1], "c", 1), 1);
    EXPECT_EQ(look(epoll, NULL), EPOLLIN);
    close(ends[1]);
    EXPECT_EQ(look(epoll, NULL), EPOLLIN | EPOLLHUP);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(look(epoll, NULL), EPOLLHUP);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[0], 0, 0));
    EXPECT_EQ(look(epoll, NULL), EPOLLHUP);
}

TEST(epoll, edge_tells_what_is_new)
{
    int epoll = epoll_create(1), ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], "abcd", 4), 4);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET, 0));
    EXPECT_EQ(look(epoll, NULL), EPOLLIN);
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_EQ(write(ends[1], "e", 1), 1);
    EXPECT_EQ(look(epoll, NULL), EPOLLIN);
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 0));
    EXPECT_EQ(look(epoll, NULL), EPOLLIN);
    close(ends[1]);
    EXPECT_EQ(look(epoll, NULL), EPOLLIN | EPOLLHUP);
    EXPECT_EQ(look(epoll, NULL), 0);
}

TEST(epoll, edges_of_an_eventfd)
{
    int epoll = epoll_create1(0), fd = eventfd(0, 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 0));
    for (int i = 0; i < 3; i++) {
        EXPECT_OK(add(fd, 1));
        EXPECT_EQ(look(epoll, NULL), EPOLLIN);
        EXPECT_EQ(look(epoll, NULL), 0);
    }
    EXPECT_OK(add(fd, 1));
    EXPECT_OK(add(fd, 1));
    EXPECT_EQ(look(epoll, NULL), EPOLLIN);
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_OK(add(fd, 1));
    EXPECT_EQ(take(fd), 6);
    EXPECT_EQ(look(epoll, NULL), 0);
}

TEST(epoll, one_shot_tells_once)
{
    int epoll = epoll_create1(0), ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLONESHOT, 0));
    EXPECT_EQ(write(ends[1], "a", 1), 1);
    EXPECT_EQ(look(epoll, NULL), EPOLLIN);
    EXPECT_EQ(write(ends[1], "b", 1), 1);
    EXPECT_EQ(look(epoll, NULL), 0);
    close(ends[1]);
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 1));
    EXPECT_EQ(look(epoll, NULL), EPOLLIN | EPOLLHUP);
    EXPECT_EQ(look(epoll, NULL), 0);
}

TEST(epoll, events_that_nobody_asked_for)
{
    int epoll = epoll_create1(0), ends[2];
    EXPECT_OK(pipe(ends));
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, ends[1], EPOLLIN, 0));
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_OK(watch(epoll, EPOLL_CTL_MOD, ends[1], EPOLLOUT, 0));
    EXPECT_EQ(look(epoll, NULL), EPOLLOUT);
    close(ends[0]);
    EXPECT_EQ(look(epoll, NULL), EPOLLOUT | EPOLLERR);
}

/* --- Several files ---------------------------------------------------------------------------- */

TEST(epoll, each_ready_file_comes_in_its_turn)
{
    enum { FILES = 5 };
    int epoll = epoll_create1(0), files[FILES];
    unsigned long long data;
    for (int i = 0; i < FILES; i++) {
        files[i] = eventfd(1, 0);
        EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, files[i], EPOLLIN, (unsigned)i));
    }
    for (unsigned i = 0; i < 2 * FILES; i++) {
        EXPECT_EQ(look(epoll, &data), EPOLLIN);
        EXPECT_EQ(data, i % FILES);
    }
    struct epoll_event events[2 * FILES];
    EXPECT_EQ(epoll_wait(epoll, events, 2 * FILES, -1), FILES);
    EXPECT_EQ(epoll_wait(epoll, events, 3, -1), 3);
    take(files[2]);
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
        EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, (unsigned)fd));
        EXPECT_OK(i % 3 ? 0 : add(fd, 1));
    }
    EXPECT_EQ(epoll_wait(epoll, events, FILES, 0), 334);
    for (int i = 0; i < 334; i++)
        seen[events[i].data.u64 % FILES]++;
    for (int i = 0; i < FILES; i++)
        EXPECT(seen[i] <= 1);
    EXPECT_EQ(epoll_wait(epoll, events, 100, 0), 100);
}

TEST(epoll, a_closed_file_is_not_watched)
{
    int epoll = epoll_create1(0), fd = eventfd(1, 0), copy = dup(fd);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0));
    close(fd);
    EXPECT_EQ(look(epoll, NULL), EPOLLIN); /* the copy holds the file */
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_DEL, fd, 0, 0), EBADF);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_DEL, copy, 0, 0), ENOENT);
    close(copy);
    EXPECT_EQ(look(epoll, NULL), 0);
    EXPECT_EQ(eventfd(1, 0), fd);
    EXPECT_ERROR(watch(epoll, EPOLL_CTL_MOD, fd, EPOLLIN, 0), ENOENT);
    EXPECT_OK(watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0));
    EXPECT_OK(dup2(epoll, fd));
    EXPECT_EQ(look(epoll, NULL), 0);
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
        _exit(add(fd, 1) != 0);
    }
    EXPECT_EQ(epoll_wait(epoll, &event, 1, -1), 1);
    EXPECT_EQ(event.data.u64, 9);
    take(fd);
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

TEST(epoll, signals_end_a_wait)
{
    int epoll = epoll_create1(0);
    struct epoll_event event;
    handle(SIGALRM, do_nothing, SA_RESTART);
    ualarm(20000, 0);
    EXPECT_ERROR(epoll_wait(epoll, &event, 1, -1), EINTR);
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

TEST(epoll, nested)
{
    int outer = epoll_create1(0), inner = epoll_create1(0), fd = eventfd(0, 0);
    EXPECT_OK(watch(inner, EPOLL_CTL_ADD, fd, EPOLLIN, 1));
    EXPECT_OK(watch(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2));
    EXPECT_EQ(look(outer, NULL), 0);
    struct pollfd file = {outer, POLLIN, 0};
    EXPECT_EQ(poll(&file, 1, 0), 0);
    EXPECT_OK(add(fd, 1));
    EXPECT_EQ(poll(&file, 1, -1), 1);
    EXPECT_EQ(file.revents, POLLIN);
    EXPECT_EQ(look(outer, NULL), EPOLLIN);
    EXPECT_EQ(look(outer, NULL), EPOLLIN);
    take(fd);
    EXPECT_EQ(look(outer, NULL), 0);
    EXPECT_EQ(poll(&file, 1, 0), 0);
    EXPECT_OK(watch(outer, EPOLL_CTL_MOD, inner, EPOLLIN | EPOLLET, 2));
    EXPECT_OK(add(fd, 1));
    EXPECT_EQ(look(outer, NULL), EPOLLIN);
    EXPECT_EQ(look(outer, NULL), 0);
    EXPECT_EQ(look(inner, NULL), EPOLLIN);
    close(fd);
    EXPECT_EQ(look(inner, NULL), 0);
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
        _exit(add(fd, 1) != 0);
    }
    EXPECT_EQ(epoll_wait(outer, &event, 1, -1), 1);
    EXPECT_EQ(event.data.u64, 2);
}

TEST(epoll, loops_are_refused)
{
    enum { LONG = 12 };
    int a = epoll_create1(0), b = epoll_create1(0), c = epoll_create1(0), chain[LONG];
    EXPECT_ERROR(watch(a, EPOLL_CTL_ADD, a, EPOLLIN, 0), EINVAL);
    EXPECT_OK(watch(a, EPOLL_CTL_ADD, b, EPOLLIN, 0));
    EXPECT_OK(watch(b, EPOLL_CTL_ADD, c, EPOLLIN, 0));
    EXPECT_OK(watch(a, EPOLL_CTL_ADD, c, EPOLLIN, 0));
    EXPECT_ERROR(watch(b, EPOLL_CTL_ADD, a, EPOLLIN, 0), ELOOP);
    EXPECT_ERROR(watch(c, EPOLL_CTL_ADD, a, EPOLLIN, 0), ELOOP);
    EXPECT_OK(watch(a, EPOLL_CTL_DEL, b, 0, 0));
    EXPECT_OK(watch(b, EPOLL_CTL_ADD, a, EPOLLIN, 0));
    int added = 0, error = 0;
    chain[0] = epoll_create1(0);
    for (int i = 1; i < LONG; i++) {
        chain[i] = epoll_create1(0);
        if (watch(chain[i], EPOLL_CTL_ADD, chain[i - 1], EPOLLIN, 0) < 0) {
            error = errno;
            break;
        }
        added++;
    }
    EXPECT_EQ(error, ELOOP);
    EXPECT(added >= 4);
}

/* --- What is refused -------------------------------------------------------------------------- */

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
