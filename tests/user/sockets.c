/* Unix sockets: streams, datagrams and sequenced packets; names; options. What goes along with the
 * bytes is in socket_rights.c. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "socket_support.h"

/* --- Pairs ------------------------------------------------------------------------------------ */

TEST(sockets, a_stream_has_no_borders)
{
    int ends[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_EQ(write(ends[0], "abc", 3), 3);
    EXPECT_EQ(write(ends[0], "def", 3), 3);
    EXPECT_TEXT(ends[1], "abcdef");
    EXPECT_EQ(write(ends[1], "0123456789", 10), 10);
    char four[4];
    EXPECT_EQ(recv(ends[0], four, 4, MSG_PEEK), 4);
    EXPECT(memcmp(four, "0123", 4) == 0);
    EXPECT_EQ(read(ends[0], four, 4), 4);
    EXPECT(memcmp(four, "0123", 4) == 0);
    int waiting;
    EXPECT_EQ(ioctl(ends[0], FIONREAD, &waiting), 0);
    EXPECT_EQ(waiting, 6);
    EXPECT_EQ(ioctl(ends[1], TIOCOUTQ, &waiting), 0);
    EXPECT_TEXT(ends[0], "456789");
    EXPECT_ERROR(recv(ends[0], four, 4, MSG_DONTWAIT), EAGAIN);
    EXPECT_EQ(write(ends[0], "", 0), 0);
    close(ends[0]);
    EXPECT_TEXT(ends[1], "");
    handle(SIGPIPE, do_nothing, 0);
    EXPECT_ERROR(write(ends[1], "x", 1), EPIPE);
}

/* A read that meets a bad address takes no part of what was written in one piece. */
TEST(sockets, bytes_that_cannot_be_copied_stay)
{
    int ends[2];
    char *end = bad_pointer(BAD_POINTERS - 1, 2 * 4), text[8];
    end += 4;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_EQ(write(ends[0], "abcdefgh", 8), 8);
    EXPECT_ERROR(read(ends[1], end - 4, 8), EFAULT);
    EXPECT_TEXT(ends[1], "abcdefgh");
    EXPECT_EQ(write(ends[0], "abc", 3), 3);
    EXPECT_EQ(write(ends[0], "defgh", 5), 5);
    EXPECT_EQ(read(ends[1], end - 4, 8), 3);
    EXPECT_TEXT(ends[1], "defgh");
    EXPECT_EQ(read(ends[1], text, 0), 0); /* does not wait */
    EXPECT_ERROR(recv(ends[1], text, 0, MSG_DONTWAIT), EAGAIN);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    EXPECT_EQ(read(ends[1], text, 0), 0);
    EXPECT_EQ(write(ends[0], "abc", 3), 3);
    EXPECT_EQ(read(ends[1], text, 0), 0); /* takes none */
    EXPECT_TEXT(ends[1], "abc");
}

TEST(sockets, a_broken_stream_sends_sigpipe)
{
    int ends[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    close(ends[0]);
    EXPECT_ERROR(send(ends[1], "x", 1, MSG_NOSIGNAL), EPIPE);
    int status;
    pid_t child = fork();
    if (child == 0) {
        send(ends[1], "x", 1, 0);
        _exit(1);
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WTERMSIG(status), SIGPIPE);
}

TEST(sockets, a_close_with_unread_bytes_resets)
{
    int ends[2];
    char byte;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_EQ(write(ends[0], "abc", 3), 3);
    EXPECT_EQ(write(ends[1], "d", 1), 1);
    close(ends[1]);
    struct pollfd file = {ends[0], POLLIN, 0};
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLIN | POLLHUP | POLLERR);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_ERROR(read(ends[0], &byte, 1), ECONNRESET);
    EXPECT_EQ(read(ends[0], &byte, 1), 0);
}

TEST(sockets, packets_have_borders)
{
    for (int type = SOCK_DGRAM; type <= SOCK_SEQPACKET; type += SOCK_SEQPACKET - SOCK_DGRAM) {
        int ends[2];
        char four[4];
        EXPECT_OK(socketpair(AF_UNIX, type, 0, ends));
        EXPECT_EQ(write(ends[0], "abcdef", 6), 6);
        EXPECT_EQ(write(ends[0], "", 0), 0);
        EXPECT_EQ(write(ends[0], "xyz", 3), 3);
        EXPECT_EQ(recv(ends[1], four, 4, MSG_PEEK | MSG_TRUNC), 6);
        EXPECT_EQ(read(ends[1], four, 4), 4);
        EXPECT(memcmp(four, "abcd", 4) == 0);
        EXPECT_EQ(read(ends[1], four, 4), 0);
        struct iovec part = {four, 2};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        EXPECT_EQ(recvmsg(ends[1], &message, MSG_PEEK), 2);
        EXPECT_EQ(message.msg_flags, MSG_TRUNC); /* and no MSG_EOR */
        EXPECT_EQ(recv(ends[1], four, 2, MSG_TRUNC), 3);
        EXPECT_ERROR(recv(ends[1], four, 4, MSG_DONTWAIT), EAGAIN);
        static char large[300000];
        EXPECT_ERROR(write(ends[0], large, sizeof(large)), EMSGSIZE);
    }
}

/* If their list stayed in memory, there would be none left before the end. */
TEST(sockets, messages_of_many_parts_are_asked_for_again_and_again)
{
    enum { PARTS = 1024, TIMES = 20000 };
    static struct iovec parts[PARTS];
    static char bytes[PARTS];
    int ends[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    for (int i = 0; i < PARTS; i++)
        parts[i] = (struct iovec){&bytes[i], 1};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = PARTS};
    for (int i = 0; i < TIMES; i++)
        EXPECT_ERROR(recvmsg(ends[1], &message, MSG_DONTWAIT), EAGAIN);
}

/* What libudev asks of the socket at which the kernel reports devices. */
TEST(sockets, device_events_have_a_socket_that_is_bound)
{
    enum { KOBJECT_UEVENT = 15 };
    struct {
        unsigned short family, padding;
        unsigned port, groups;
    } name = {.family = AF_NETLINK, .groups = 1};
    socklen_t length = sizeof(name);
    char byte;
    int events = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, KOBJECT_UEVENT);
    EXPECT(events >= 0);
    EXPECT_EQ(bind(events, (struct sockaddr *)&name, sizeof(name)), 0);
    EXPECT_OK(getsockname(events, (struct sockaddr *)&name, &length));
    EXPECT_EQ(length, sizeof(name));
    EXPECT_EQ(name.family, AF_NETLINK);
    EXPECT_ERROR(read(events, &byte, 1), EAGAIN);
}

TEST(sockets, streams_wait)
{
    static char block[1 << 20];
    int ends[2], status;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (size_t i = 0; i < sizeof(block); i++)
            block[i] = (char)(i * 7);
        _exit(write(ends[1], block, sizeof(block)) != sizeof(block));
    }
    close(ends[1]);
    let_sleep(child);
    EXPECT_EQ(recv(ends[0], block, sizeof(block), MSG_WAITALL), sizeof(block));
    for (size_t i = 0; i < sizeof(block); i++)
        EXPECT_EQ(block[i], (char)(i * 7));
    EXPECT_EQ(read(ends[0], block, 1), 0);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(sockets, a_full_stream)
{
    static char block[65536];
    int ends[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
    EXPECT_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(ends[1], F_GETFL), O_RDWR | O_NONBLOCK);
    while (write(ends[0], block, sizeof(block)) > 0) {
    }
    EXPECT_EQ(errno, EAGAIN);
    struct pollfd file = {ends[0], POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 0);
    while (read(ends[1], block, sizeof(block)) > 0) {
    }
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLOUT);
}

TEST(sockets, signals_and_limits_end_waits)
{
    int ends[2];
    char byte;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    handle(SIGALRM, do_nothing, 0);
    ualarm(20000, 0);
    EXPECT_ERROR(read(ends[0], &byte, 1), EINTR);
    struct timeval limit = {0, 20000}, got;
    socklen_t size = sizeof(got);
    EXPECT_OK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    EXPECT_OK(getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &got, &size));
    EXPECT(got.tv_sec == 0 && got.tv_usec == 20000);
    EXPECT_ERROR(read(ends[0], &byte, 1), EAGAIN);
    handle(SIGALRM, do_nothing, SA_RESTART);
    limit.tv_sec = 10;
    EXPECT_OK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    ualarm(20000, 0);
    EXPECT_ERROR(read(ends[0], &byte, 1), EINTR);
    limit.tv_sec = -1; /* no wait at all */
    EXPECT_OK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
    EXPECT_ERROR(read(ends[0], &byte, 1), EAGAIN);
    EXPECT_OK(getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &got, &size));
    EXPECT(got.tv_sec == 0 && got.tv_usec == 0);
}

TEST(sockets, shutdowns)
{
    int ends[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_EQ(write(ends[0], "abc", 3), 3);
    EXPECT_OK(shutdown(ends[0], SHUT_WR));
    EXPECT_ERROR(send(ends[0], "d", 1, MSG_NOSIGNAL), EPIPE);
    struct pollfd file = {ends[1], POLLIN | POLLRDHUP | POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLIN | POLLRDHUP | POLLOUT);
    EXPECT_TEXT(ends[1], "abc");
    EXPECT_TEXT(ends[1], "");
    EXPECT_EQ(write(ends[1], "ef", 2), 2);
    EXPECT_TEXT(ends[0], "ef");
    EXPECT_OK(shutdown(ends[1], SHUT_WR));
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLIN | POLLRDHUP | POLLHUP | POLLOUT);
    EXPECT_ERROR(shutdown(ends[1], 3), EINVAL);
}

/* --- Names ------------------------------------------------------------------------------------ */

TEST(sockets, a_name_in_the_file_system)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    struct stat status;
    int server = listener(SOCK_STREAM, "socket"), client = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_OK(server);
    EXPECT_OK(stat("socket", &status));
    EXPECT(S_ISSOCK(status.st_mode));
    EXPECT_ERROR(open("socket", O_RDONLY), ENXIO);
    EXPECT_ERROR(bind_to(client, "socket"), EADDRINUSE);
    EXPECT_ERROR(bind_to(server, "other"), EINVAL);
    EXPECT_OK(connect_to(client, "socket"));
    EXPECT_ERROR(connect_to(client, "socket"), EISCONN);
    EXPECT_EQ(write(client, "hello", 5), 5);
    int accepted = accept4(server, (struct sockaddr *)&name, &size, SOCK_CLOEXEC);
    EXPECT_OK(accepted);
    EXPECT_EQ(size, 2);
    EXPECT_EQ(name.sun_family, AF_UNIX);
    EXPECT_EQ(fcntl(accepted, F_GETFD), FD_CLOEXEC);
    EXPECT_TEXT(accepted, "hello");
    size = sizeof(name);
    EXPECT_OK(getsockname(accepted, (struct sockaddr *)&name, &size));
    EXPECT_EQ(size, offsetof(struct sockaddr_un, sun_path) + sizeof("socket"));
    EXPECT(strcmp(name.sun_path, "socket") == 0);
    size = sizeof(name);
    EXPECT_OK(getpeername(client, (struct sockaddr *)&name, &size));
    EXPECT(strcmp(name.sun_path, "socket") == 0);
    size = 4;
    EXPECT_OK(getpeername(client, (struct sockaddr *)&name, &size));
    EXPECT_EQ(size, offsetof(struct sockaddr_un, sun_path) + sizeof("socket"));
    EXPECT_EQ(write(accepted, "back", 4), 4);
    EXPECT_TEXT(client, "back");
    close(server);
    EXPECT_EQ(write(client, "still", 5), 5);
    EXPECT_TEXT(accepted, "still");
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_ERROR(connect_to(client, "socket"), ECONNREFUSED);
    EXPECT_ERROR(connect_to(client, "nothing"), ENOENT);
    make_file("file", "");
    EXPECT_ERROR(connect_to(client, "file"), ECONNREFUSED);
    int packets = listener(SOCK_SEQPACKET, "packets");
    EXPECT_OK(packets);
    EXPECT_ERROR(connect_to(client, "packets"), EPROTOTYPE);
}

TEST(sockets, abstract_names)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    char path[32];
    snprintf(path, sizeof(path), "@cairn-%d", getpid());
    int server = listener(SOCK_SEQPACKET, path), client = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    EXPECT_OK(server);
    EXPECT_OK(connect_to(client, path));
    EXPECT_OK(getpeername(client, (struct sockaddr *)&name, &size));
    EXPECT_EQ(size, offsetof(struct sockaddr_un, sun_path) + strlen(path));
    EXPECT(name.sun_path[0] == '\0' && memcmp(name.sun_path + 1, path + 1, strlen(path) - 1) == 0);
    EXPECT_ERROR(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), path), ECONNREFUSED);
    int other = socket(AF_UNIX, SOCK_SEQPACKET, 0), stream = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_OK(bind_to(stream, path)); /* each type has names of its own */
    EXPECT_ERROR(bind_to(other, path), EADDRINUSE);
    close(server);
    EXPECT_ERROR(connect_to(socket(AF_UNIX, SOCK_SEQPACKET, 0), path), ECONNREFUSED);
    EXPECT_OK(bind_to(other, path));
    /* a name that the kernel chooses */
    int chosen = socket(AF_UNIX, SOCK_DGRAM, 0);
    name.sun_family = AF_UNIX;
    EXPECT_OK(bind(chosen, (struct sockaddr *)&name, 2));
    size = sizeof(name);
    EXPECT_OK(getsockname(chosen, (struct sockaddr *)&name, &size));
    EXPECT_EQ(size, 8);
    EXPECT_EQ(name.sun_path[0], '\0');
}

TEST(sockets, connections_wait_for_their_turn)
{
    int server = socket(AF_UNIX, SOCK_STREAM, 0), clients[3];
    EXPECT_OK(bind_to(server, "socket"));
    EXPECT_ERROR(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), ECONNREFUSED);
    EXPECT_ERROR(accept(server, NULL, NULL), EINVAL);
    EXPECT_OK(listen(server, 1));
    for (int i = 0; i < 3; i++)
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    EXPECT_OK(connect_to(clients[0], "socket"));
    EXPECT_OK(connect_to(clients[1], "socket"));
    EXPECT_ERROR(connect_to(clients[2], "socket"), EAGAIN);
    struct pollfd file = {server, POLLIN | POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLIN);
    pid_t child = fork();
    if (child == 0)
        _exit(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "socket") != 0);
    let_sleep(child);
    EXPECT_OK(accept(server, NULL, NULL));
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_OK(accept(server, NULL, NULL));
    EXPECT_OK(accept(server, NULL, NULL));
    EXPECT_OK(fcntl(server, F_SETFL, O_NONBLOCK));
    EXPECT_ERROR(accept(server, NULL, NULL), EAGAIN);
    char byte;
    EXPECT_OK(connect_to(clients[2], "socket"));
    close(server);
    EXPECT_ERROR(read(clients[2], &byte, 1), ECONNRESET);
}

TEST(sockets, an_accept_waits)
{
    int server = listener(SOCK_STREAM, "socket"), status;
    pid_t child = fork();
    if (child == 0)
        _exit(accept(server, NULL, NULL) < 0);
    let_sleep(child);
    EXPECT_OK(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "socket"));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

/* --- Datagrams -------------------------------------------------------------------------------- */

TEST(sockets, datagrams_to_names)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    char text[16];
    int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT_OK(bind_to(server, "server"));
    EXPECT_ERROR(write(client, "x", 1), ENOTCONN);
    EXPECT_EQ(send_to(client, "one", "server"), 3);
    EXPECT_EQ(recvfrom(server, text, 16, 0, (struct sockaddr *)&name, &size), 3);
    EXPECT_EQ(size, 0);
    EXPECT_OK(bind_to(client, "client"));
    EXPECT_EQ(send_to(client, "two", "server"), 3);
    size = sizeof(name);
    EXPECT_EQ(recvfrom(server, text, 16, 0, (struct sockaddr *)&name, &size), 3);
    EXPECT(strcmp(name.sun_path, "client") == 0);
    EXPECT_EQ(sendto(server, "back", 4, 0, (struct sockaddr *)&name, size), 4);
    EXPECT_TEXT(client, "back");
    EXPECT_OK(connect_to(client, "server"));
    EXPECT_EQ(write(client, "three", 5), 5);
    EXPECT_TEXT(server, "three");
    EXPECT_ERROR(send_to(client, "x", "nothing"), ENOENT);
    EXPECT_ERROR(listen(client, 1), EOPNOTSUPP);
    EXPECT_ERROR(accept(client, NULL, NULL), EOPNOTSUPP);
    close(server);
    EXPECT_ERROR(write(client, "x", 1), ECONNREFUSED);
    EXPECT_ERROR(write(client, "x", 1), ENOTCONN);
}

TEST(sockets, only_the_peer_sends_to_a_connected_datagram_socket)
{
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    int c = socket(AF_UNIX, SOCK_DGRAM, 0);
    EXPECT_OK(bind_to(a, "a"));
    EXPECT_OK(bind_to(b, "b"));
    EXPECT_OK(connect_to(a, "b"));
    EXPECT_EQ(send_to(b, "x", "a"), 1);
    EXPECT_ERROR(send_to(c, "x", "a"), EPERM);
    EXPECT_ERROR(connect_to(c, "a"), EPERM);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    EXPECT_OK(connect(a, &none, sizeof(none)));
    EXPECT_EQ(send_to(c, "x", "a"), 1);
}

TEST(sockets, a_full_queue_of_datagrams)
{
    int server = socket(AF_UNIX, SOCK_DGRAM, 0);
    int client = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    char text[16];
    EXPECT_OK(bind_to(server, "server"));
    EXPECT_OK(connect_to(client, "server"));
    int count = 0;
    while (count < 5000 && write(client, "x", 1) == 1)
        count++;
    EXPECT(count >= 10 && count < 5000);
    EXPECT_EQ(errno, EAGAIN);
    struct pollfd file = {client, POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(poll(&file, 1, -1) != 1 || file.revents != POLLOUT);
    let_sleep(child);
    while (recv(server, text, 16, MSG_DONTWAIT) == 1) {
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

static int fill(int client)
{
    int count = 0;
    while (count < 5000 && write(client, "x", 1) == 1)
        count++;
    return count;
}

static short ready_after(int size)
{
    static char bytes[1 << 16];
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0 || write(ends[0], bytes, (size_t)size) != size)
        return -1;
    struct pollfd file = {ends[0], POLLOUT, 0};
    return poll(&file, 1, 0) < 0 ? -1 : file.revents;
}

/* A datagram socket can be written to as long as a quarter of the peer's queue is used at most. */
TEST(sockets, a_quarter_of_a_queue_of_datagrams)
{
    EXPECT_EQ(ready_after(46000), POLLOUT);
    EXPECT_EQ(ready_after(54000), 0);
}

/* A socket that was full for its first peer learns of room at the second one. */
TEST(sockets, a_datagram_socket_with_another_peer)
{
    int first = socket(AF_UNIX, SOCK_DGRAM, 0), second = socket(AF_UNIX, SOCK_DGRAM, 0);
    int client = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), set = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
    char text[16];
    EXPECT_OK(bind_to(first, "first"));
    EXPECT_OK(bind_to(second, "second"));
    EXPECT_OK(connect_to(client, "first"));
    EXPECT(fill(client) > 0);
    EXPECT_OK(epoll_ctl(set, EPOLL_CTL_ADD, client, &event));
    EXPECT_EQ(epoll_wait(set, &event, 1, 0), 0);
    EXPECT_OK(connect_to(client, "second"));
    EXPECT_EQ(epoll_wait(set, &event, 1, 0), 1);
    EXPECT(fill(client) > 0);
    EXPECT_EQ(epoll_wait(set, &event, 1, 0), 0);
    struct pollfd file = {client, POLLOUT, 0};
    EXPECT_EQ(poll(&file, 1, 0), 0);
    while (recv(first, text, 16, MSG_DONTWAIT) == 1) {
    }
    EXPECT_EQ(epoll_wait(set, &event, 1, 0), 0);
    while (recv(second, text, 16, MSG_DONTWAIT) == 1) {
    }
    EXPECT_EQ(epoll_wait(set, &event, 1, 0), 1);
}

/* --- Options and refusals --------------------------------------------------------------------- */

static int option(int fd, int which)
{
    int value = -1;
    socklen_t size = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, which, &value, &size) < 0 ? -errno : value;
}

TEST(sockets, options)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), server = listener(SOCK_STREAM, "socket");
    EXPECT_EQ(option(fd, SO_TYPE), SOCK_SEQPACKET);
    EXPECT_EQ(option(fd, SO_DOMAIN), AF_UNIX);
    EXPECT_EQ(option(fd, SO_ERROR), 0);
    EXPECT_EQ(option(fd, SO_ACCEPTCONN), 0);
    EXPECT_EQ(option(server, SO_ACCEPTCONN), 1);
    EXPECT_EQ(option(fd, SO_PASSCRED), 0);
    EXPECT_EQ(option(fd, 999), -ENOPROTOOPT);
    int value = 1;
    EXPECT_OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)));
    EXPECT_ERROR(setsockopt(fd, SOL_SOCKET, 999, &value, sizeof(value)), ENOPROTOOPT);
    EXPECT_ERROR(setsockopt(fd, 6, 1, &value, sizeof(value)), EOPNOTSUPP);
    EXPECT_ERROR(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &value, 2), EINVAL);
    socklen_t size = sizeof(value);
    EXPECT_ERROR(getsockopt(fd, 6, 1, &value, &size), EOPNOTSUPP);
}

TEST(sockets, refusals)
{
    int fds[2], fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {.sun_family = AF_INET};
    struct pollfd file = {fd, POLLIN | POLLOUT, 0};
    char byte;
    make_file("file", "");
    EXPECT_ERROR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
    EXPECT_ERROR(socket(AF_UNIX, 4, 0), ESOCKTNOSUPPORT);
    EXPECT_ERROR(socket(AF_UNIX, 14, 0), EINVAL);
    EXPECT_ERROR(socket(AF_UNIX, SOCK_STREAM, 6), EPROTONOSUPPORT);
    EXPECT_ERROR(socketpair(AF_UNIX, SOCK_STREAM, 0, bad_pointer(0, 8)), EFAULT);
    EXPECT_ERROR(socketpair(AF_UNIX, 4, 0, fds), ESOCKTNOSUPPORT);
    EXPECT_ERROR(bind(open("file", O_RDONLY), (struct sockaddr *)&name, 8), ENOTSOCK);
    EXPECT_ERROR(bind(999, (struct sockaddr *)&name, 8), EBADF);
    EXPECT_ERROR(bind(fd, (struct sockaddr *)&name, 8), EINVAL);
    EXPECT_ERROR(connect(fd, (struct sockaddr *)&name, 8), EINVAL);
    EXPECT_ERROR(connect(fd, (struct sockaddr *)&name, 200), EINVAL);
    EXPECT_ERROR(listen(fd, 1), EINVAL);
    EXPECT_ERROR(read(fd, &byte, 1), EINVAL);
    EXPECT_ERROR(write(fd, "x", 1), ENOTCONN);
    EXPECT_ERROR(lseek(fd, 0, SEEK_SET), ESPIPE);
    EXPECT_EQ(poll(&file, 1, 0), 1);
    EXPECT_EQ(file.revents, POLLOUT | POLLHUP);
    EXPECT_ERROR(send(socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, MSG_OOB), EOPNOTSUPP);
}

TEST(sockets, bad_pointers)
{
    int ends[2];
    char text[16];
    socklen_t size;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_EQ(write(ends[0], "0123456789abcdef", 16), 16);
    EXPECT_FAULT_EACH(bad, 16, bind(ends[0], bad, 16));
    EXPECT_FAULT_EACH(bad, 56, CALL(sendmsg, ends[0], bad, 0));
    EXPECT_FAULT_EACH(bad, 56, CALL(recvmsg, ends[1], bad, 0));
    EXPECT_FAULT_EACH(bad, 4, getsockname(ends[0], (struct sockaddr *)text, bad));
    EXPECT_FAULT_EACH(bad, 4, getsockopt(ends[0], SOL_SOCKET, SO_TYPE, bad, &(socklen_t){4}));
    EXPECT_FAULT_EACH(bad, 4, setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, bad, 4));
    EXPECT_FAULT_EACH(bad, 8, setsockopt(ends[0], SOL_SOCKET, SO_LINGER, bad, 8));
    size = sizeof(text);
    EXPECT_FAULT_EACH(bad, 2, getsockname(ends[0], bad, &size));
    struct msghdr message = {.msg_iov = bad_pointer(0, 16), .msg_iovlen = 1};
    EXPECT_ERROR(CALL(sendmsg, ends[0], &message, 0), EFAULT);
    struct iovec part = {text, 16};
    message = (struct msghdr){
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = bad_pointer(0, 64), .msg_controllen = 64};
    EXPECT_ERROR(CALL(sendmsg, ends[0], &message, 0), EFAULT);
    char control[32] = "";
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    EXPECT_ERROR(CALL(sendmsg, ends[0], &message, 0), EINVAL); /* a header that says 0 bytes */
    message.msg_iovlen = 2000;
    EXPECT_ERROR(CALL(sendmsg, ends[0], &message, 0), EMSGSIZE);
}
