/*
 * signal(7), "Interruption of system calls and library functions by signal handlers", call by call:
 * which of them go on after a handler that was set with SA_RESTART, and which fail with EINTR
 * whatever the handler. Without SA_RESTART all of them fail.
 */
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "support.h"

enum { SET_OFD_LOCK = 38 }; /* F_OFD_SETLKW, which is GNU's */
enum { FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET = 9 };

static int pair[2];    /* of sockets, or a pipe's ends */
static int noticed[2]; /* a pipe: the handler has run */
static int other;      /* a file, or a child */
static int *word;
static char bytes[8];

static void note(int signal)
{
    char byte = (char)signal;
    int kept = errno;
    if (write(noticed[1], &byte, 1) < 0)
        abort();
    errno = kept;
}

/* One call: what precedes it, the call, which sleeps, and what another process does to end it. */
struct blocking {
    const char *name;
    void (*prepare)(void);
    long (*call)(void);
    void (*finish)(void);
};

/* The call's errno; 0: it has not failed. A handler runs while it sleeps. */
static int interrupt(const struct blocking *blocking, int flags, bool goes_on)
{
    pid_t self = getpid();
    if (pipe(noticed) < 0)
        return -1;
    if (blocking->prepare)
        blocking->prepare();
    handle(SIGUSR1, note, flags);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        let_sleep(self);
        kill(self, SIGUSR1);
        if (read(noticed[0], &byte, 1) == 1 && goes_on) {
            let_sleep(self);
            blocking->finish();
        }
        _exit(0);
    }
    errno = 0;
    long result = blocking->call();
    int error = result == -1 ? errno : 0;
    while (waitpid(child, NULL, 0) < 0)
        continue;
    return error;
}

static void expect(const struct blocking *blocking, int flags, bool goes_on)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(interrupt(blocking, flags, goes_on) & 0xff);
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (status != (goes_on ? 0 : EINTR << 8))
        test_print("    # %s, %s SA_RESTART: status 0x%x", blocking->name,
                   flags ? "with" : "without", (unsigned)status);
    EXPECT_EQ(status, goes_on ? 0 : EINTR << 8);
}

/* --- Preparations ---------------------------------------------------------------------------- */

static void make_pipe(void)
{
    if (pipe(pair) < 0)
        abort();
}

static void fill(void)
{
    static char page[PAGE];
    int flags = fcntl(pair[1], F_GETFL);
    fcntl(pair[1], F_SETFL, flags | O_NONBLOCK);
    while (write(pair[1], page, sizeof(page)) > 0)
        continue;
    while (write(pair[1], page, 1) > 0)
        continue;
    fcntl(pair[1], F_SETFL, flags);
}

static void make_full_pipe(void)
{
    make_pipe();
    fill();
}

static void make_sockets(void)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        abort();
}

static void make_full_sockets(void)
{
    make_sockets();
    fill();
}

static void limit_sockets(void)
{
    struct timeval limit = {15, 0};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static void make_limited_sockets(void)
{
    make_sockets();
    limit_sockets();
}

static void make_full_limited_sockets(void)
{
    make_full_sockets();
    limit_sockets();
}

static const struct sockaddr_un place = {.sun_family = AF_UNIX, .sun_path = "socket"};

static void listen_at(void)
{
    unlink(place.sun_path);
    pair[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(pair[0], (const struct sockaddr *)&place, sizeof(place)) < 0 || listen(pair[0], 0) < 0)
        abort();
}

static void listen_with_limit(void)
{
    listen_at();
    limit_sockets();
}

/* The queue of connections that wait to be accepted is full. */
static void listen_to_one(void)
{
    listen_at();
    int first = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(first, (const struct sockaddr *)&place, sizeof(place)) < 0)
        abort();
    pair[1] = socket(AF_UNIX, SOCK_STREAM, 0);
}

static void make_fifo(void)
{
    unlink("fifo");
    if (mkfifo("fifo", 0600) < 0)
        abort();
}

static void make_child(void)
{
    make_pipe();
    other = fork();
    if (other == 0) {
        close(pair[1]);
        _exit(read(pair[0], bytes, 1) < 0);
    }
    close(pair[0]);
}

/* Another process has locked the file, until a byte comes. */
static void lock_by_another(void)
{
    int locked[2];
    make_pipe();
    if (pipe(locked) < 0)
        abort();
    unlink("locked");
    other = open("locked", O_RDWR | O_CREAT, 0600);
    if (fork() == 0) {
        close(pair[1]);
        struct flock lock = {.l_type = F_WRLCK};
        int file = open("locked", O_RDWR);
        fcntl(file, F_SETLK, &lock);
        flock(file, LOCK_EX);
        if (write(locked[1], "x", 1) < 0)
            _exit(1);
        _exit(read(pair[0], bytes, 1) < 0);
    }
    if (read(locked[0], bytes, 1) != 1)
        abort();
}

static void make_word(void)
{
    word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void make_eventfd(void)
{
    pair[0] = pair[1] = eventfd(0, 0);
}

/* Its time comes when the other process sets it. */
static void make_timerfd(void)
{
    pair[0] = timerfd_create(CLOCK_MONOTONIC, 0);
}

static void make_epoll(void)
{
    make_pipe();
    other = epoll_create1(0);
    epoll_ctl(other, EPOLL_CTL_ADD, pair[0], &(struct epoll_event){.events = EPOLLIN});
}

/* --- Calls ----------------------------------------------------------------------------------- */

static struct iovec vector = {bytes, 1};
static struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
static const struct timespec long_time = {15, 0};

static long do_read(void)
{
    return read(pair[0], bytes, sizeof(bytes));
}
static long do_readv(void)
{
    return readv(pair[0], &vector, 1);
}
static long do_write(void)
{
    return write(pair[1], bytes, 1);
}
static long do_writev(void)
{
    return writev(pair[1], &vector, 1);
}
static long do_recv(void)
{
    return recv(pair[0], bytes, 1, 0);
}
static long do_recvmsg(void)
{
    return recvmsg(pair[0], &message, 0);
}
static long do_send(void)
{
    return send(pair[1], bytes, 1, 0);
}
static long do_sendmsg(void)
{
    return sendmsg(pair[1], &message, 0);
}
static long do_accept(void)
{
    return accept(pair[0], NULL, NULL);
}
static long do_connect(void)
{
    return connect(pair[1], (const struct sockaddr *)&place, sizeof(place));
}
static long do_open(void)
{
    return open("fifo", O_RDONLY);
}
static long do_wait4(void)
{
    return wait4(other, NULL, 0, NULL);
}
static long do_waitid(void)
{
    siginfo_t information;
    return waitid(P_PID, (id_t)other, &information, WEXITED);
}
static long do_flock(void)
{
    return flock(other, LOCK_EX);
}
static long do_fcntl(void)
{
    return fcntl(other, F_SETLKW, &(struct flock){.l_type = F_WRLCK});
}
static long do_ofd(void)
{
    return fcntl(other, SET_OFD_LOCK, &(struct flock){.l_type = F_WRLCK});
}
static long do_futex(void)
{
    return CALL(futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
static long do_futex_bitset(void)
{
    return CALL(futex, word, FUTEX_WAIT_BITSET, 0, NULL, NULL, ~0u);
}
static long do_pause(void)
{
    return pause();
}
static long do_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
}
static long do_sigtimedwait(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return CALL(rt_sigtimedwait, &set, NULL, &long_time, 8);
}
static long do_sigwaitinfo(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return CALL(rt_sigtimedwait, &set, NULL, NULL, 8);
}
static long do_poll(void)
{
    return poll(&(struct pollfd){pair[0], POLLIN, 0}, 1, -1);
}
static long do_ppoll(void)
{
    return ppoll(&(struct pollfd){pair[0], POLLIN, 0}, 1, NULL, NULL);
}
static long do_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair[0], &set);
    return select(pair[0] + 1, &set, NULL, NULL, NULL);
}
static long do_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair[0], &set);
    return pselect(pair[0] + 1, &set, NULL, NULL, NULL, NULL);
}
static long do_epoll_wait(void)
{
    struct epoll_event event;
    return epoll_wait(other, &event, 1, -1);
}
static long do_epoll_pwait(void)
{
    struct epoll_event event;
    return epoll_pwait(other, &event, 1, -1, NULL);
}
static long do_nanosleep(void)
{
    return nanosleep(&long_time, NULL);
}
static long do_clock_nanosleep(void)
{
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, NULL);
    return errno ? -1 : 0;
}
static long do_sleep_until(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += 15;
    errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    return errno ? -1 : 0;
}

/* --- Ends ------------------------------------------------------------------------------------ */

static void send_byte(void)
{
    uint64_t one = 1;
    if (write(pair[1], &one, sizeof(one)) < 0)
        abort();
}

static void take_bytes(void)
{
    static char room[1 << 16];
    struct pollfd entry = {pair[0], POLLIN, 0};
    while (poll(&entry, 1, 0) == 1) {
        if (read(pair[0], room, sizeof(room)) < 0)
            abort();
    }
}

static void accept_one(void)
{
    accept(pair[0], NULL, NULL);
}

static void connect_one(void)
{
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&place, sizeof(place));
}

static void open_fifo(void)
{
    open("fifo", O_WRONLY);
}

static void wake_word(void)
{
    *word = 1;
    CALL(futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void set_timerfd(void)
{
    timerfd_settime(pair[0], 0, &(struct itimerspec){.it_value = {0, 1}}, NULL);
}

/* --- The two lists --------------------------------------------------------------------------- */

TEST(restarts, these_go_on_with_sa_restart)
{
    static const struct blocking calls[] = {
        {"read", make_pipe, do_read, send_byte},
        {"readv", make_pipe, do_readv, send_byte},
        {"write", make_full_pipe, do_write, take_bytes},
        {"writev", make_full_pipe, do_writev, take_bytes},
        {"read of an eventfd", make_eventfd, do_read, send_byte},
        {"read of a timerfd", make_timerfd, do_read, set_timerfd},
        {"open of a FIFO", make_fifo, do_open, open_fifo},
        {"wait4", make_child, do_wait4, send_byte},
        {"waitid", make_child, do_waitid, send_byte},
        {"accept", listen_at, do_accept, connect_one},
        {"connect", listen_to_one, do_connect, accept_one},
        {"recv", make_sockets, do_recv, send_byte},
        {"recvmsg", make_sockets, do_recvmsg, send_byte},
        {"send", make_full_sockets, do_send, take_bytes},
        {"sendmsg", make_full_sockets, do_sendmsg, take_bytes},
        {"flock", lock_by_another, do_flock, send_byte},
        {"fcntl, F_SETLKW", lock_by_another, do_fcntl, send_byte},
        {"fcntl, F_OFD_SETLKW", lock_by_another, do_ofd, send_byte},
        {"futex, FUTEX_WAIT", make_word, do_futex, wake_word},
        {"futex, FUTEX_WAIT_BITSET", make_word, do_futex_bitset, wake_word},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        expect(&calls[i], SA_RESTART, true);
        expect(&calls[i], 0, false);
    }
}

TEST(restarts, these_never_do)
{
    static const struct blocking calls[] = {
        {"accept with a limit", listen_with_limit, do_accept, NULL},
        {"recv with a limit", make_limited_sockets, do_recv, NULL},
        {"recvmsg with a limit", make_limited_sockets, do_recvmsg, NULL},
        {"send with a limit", make_full_limited_sockets, do_send, NULL},
        {"sendmsg with a limit", make_full_limited_sockets, do_sendmsg, NULL},
        {"pause", NULL, do_pause, NULL},
        {"sigsuspend", NULL, do_sigsuspend, NULL},
        {"sigtimedwait", NULL, do_sigtimedwait, NULL},
        {"sigwaitinfo", NULL, do_sigwaitinfo, NULL},
        {"epoll_wait", make_epoll, do_epoll_wait, NULL},
        {"epoll_pwait", make_epoll, do_epoll_pwait, NULL},
        {"poll", make_pipe, do_poll, NULL},
        {"ppoll", make_pipe, do_ppoll, NULL},
        {"select", make_pipe, do_select, NULL},
        {"pselect", make_pipe, do_pselect, NULL},
        {"nanosleep", NULL, do_nanosleep, NULL},
        {"clock_nanosleep", NULL, do_clock_nanosleep, NULL},
        {"clock_nanosleep until a time", NULL, do_sleep_until, NULL},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        expect(&calls[i], SA_RESTART, false);
        expect(&calls[i], 0, false);
    }
}
