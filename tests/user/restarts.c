/*
 * signal(7), "Interruption of system calls and library functions by signal handlers", call by call:
 * after a handler with SA_RESTART some calls are restarted, and the others fail with EINTR. After a
 * handler without SA_RESTART each of them fails with EINTR.
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

static int pair[2];        /* the file that the call uses: both ends of it, where it has two */
static int handler_ran[2]; /* a pipe: the handler writes a byte */
static int other;          /* a file that is locked, an epoll file, or a child */
static char bytes[8];

struct shared {
    bool may_return; /* the other process ends the wait */
    int word;        /* of a futex */
};

static struct shared *shared;

static void note(int signal)
{
    char byte = (char)signal;
    int kept = errno;
    if (write(handler_ran[1], &byte, 1) < 0)
        abort();
    errno = kept;
}

/* A call that waits: prepare() goes before it; finish(), in another process, ends the wait. */
struct blocking {
    const char *name;
    void (*prepare)(void);
    long (*call)(void);
    void (*finish)(void);
};

enum { TOO_EARLY = 255 }; /* no errno */

/* Sends a signal while the call waits; when the call should be restarted, ends the wait after the
 * handler. Returns the call's errno, 0 when it succeeds, TOO_EARLY when it succeeds before that. */
static int interrupt(const struct blocking *blocking, int flags, bool restarts)
{
    pid_t self = getpid();
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pipe(handler_ran) < 0)
        abort();
    if (blocking->prepare)
        blocking->prepare();
    handle(SIGUSR1, note, flags);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        let_sleep(self);
        kill(self, SIGUSR1);
        if (read(handler_ran[0], &byte, 1) == 1 && restarts) {
            let_sleep(self);
            shared->may_return = true;
            blocking->finish();
        }
        _exit(0);
    }
    errno = 0;
    long result = blocking->call();
    int error = result == -1 ? errno : shared->may_return ? 0 : TOO_EARLY;
    while (waitpid(child, NULL, 0) < 0)
        continue;
    return error;
}

static void expect(const struct blocking *blocking, int flags, bool restarts)
{
    int status = 0, expected = restarts ? 0 : EINTR << 8;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(interrupt(blocking, flags, restarts));
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    if (status != expected)
        test_print("    # %s, %s SA_RESTART: status 0x%x", blocking->name,
                   flags ? "with" : "without", (unsigned)status);
    EXPECT_EQ(status, expected);
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

static void set_timeouts(void)
{
    struct timeval timeout = {15, 0};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

static void make_sockets_with_timeout(void)
{
    make_sockets();
    set_timeouts();
}

static void make_full_sockets_with_timeout(void)
{
    make_full_sockets();
    set_timeouts();
}

static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};

static void listen_here(void)
{
    unlink(address.sun_path);
    pair[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(pair[0], (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(pair[0], 0) < 0)
        abort();
}

static void listen_with_timeout(void)
{
    listen_here();
    set_timeouts();
}

/* The queue of connections not yet accepted is full. */
static void listen_with_full_queue(void)
{
    listen_here();
    int first = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(first, (const struct sockaddr *)&address, sizeof(address)) < 0)
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

/* Another process has locked the file, and unlocks it when it reads a byte. */
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

static void make_eventfd(void)
{
    pair[0] = pair[1] = eventfd(0, 0);
}

/* It expires only after the other process has set it. */
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
    return connect(pair[1], (const struct sockaddr *)&address, sizeof(address));
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
    return CALL(futex, &shared->word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
static long do_futex_bitset(void)
{
    return CALL(futex, &shared->word, FUTEX_WAIT_BITSET, 0, NULL, NULL, ~0u);
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

/* --- Ends of the wait ------------------------------------------------------------------------- */

static void send_byte(void)
{
    uint64_t one = 1;
    if (write(pair[1], &one, sizeof(one)) < 0)
        abort();
}

static void empty(void)
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
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&address, sizeof(address));
}

static void open_fifo(void)
{
    open("fifo", O_WRONLY);
}

static void wake_word(void)
{
    shared->word = 1;
    CALL(futex, &shared->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void set_timerfd(void)
{
    timerfd_settime(pair[0], 0, &(struct itimerspec){.it_value = {0, 1}}, NULL);
}

/* --- The two lists --------------------------------------------------------------------------- */

TEST(restarts, restarted_with_sa_restart)
{
    static const struct blocking calls[] = {
        {"read", make_pipe, do_read, send_byte},
        {"readv", make_pipe, do_readv, send_byte},
        {"write", make_full_pipe, do_write, empty},
        {"writev", make_full_pipe, do_writev, empty},
        {"read of an eventfd", make_eventfd, do_read, send_byte},
        {"read of a timerfd", make_timerfd, do_read, set_timerfd},
        {"open of a FIFO", make_fifo, do_open, open_fifo},
        {"wait4", make_child, do_wait4, send_byte},
        {"waitid", make_child, do_waitid, send_byte},
        {"accept", listen_here, do_accept, connect_one},
        {"connect", listen_with_full_queue, do_connect, accept_one},
        {"recv", make_sockets, do_recv, send_byte},
        {"recvmsg", make_sockets, do_recvmsg, send_byte},
        {"send", make_full_sockets, do_send, empty},
        {"sendmsg", make_full_sockets, do_sendmsg, empty},
        {"flock", lock_by_another, do_flock, send_byte},
        {"fcntl, F_SETLKW", lock_by_another, do_fcntl, send_byte},
        {"fcntl, F_OFD_SETLKW", lock_by_another, do_ofd, send_byte},
        {"futex, FUTEX_WAIT", NULL, do_futex, wake_word},
        {"futex, FUTEX_WAIT_BITSET", NULL, do_futex_bitset, wake_word},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        expect(&calls[i], SA_RESTART, true);
        expect(&calls[i], 0, false);
    }
}

TEST(restarts, never_restarted)
{
    static const struct blocking calls[] = {
        {"accept with a timeout", listen_with_timeout, do_accept, NULL},
        {"recv with a timeout", make_sockets_with_timeout, do_recv, NULL},
        {"recvmsg with a timeout", make_sockets_with_timeout, do_recvmsg, NULL},
        {"send with a timeout", make_full_sockets_with_timeout, do_send, NULL},
        {"sendmsg with a timeout", make_full_sockets_with_timeout, do_sendmsg, NULL},
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
