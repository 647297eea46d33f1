/* Files and credentials that go along with the bytes of unix sockets. */
#include "socket_support.h"

/* --- Files ------------------------------------------------------------------------------------ */

/* Sends a byte and files along. */
static ssize_t send_files(int fd, const int *files, int count)
{
    char control[CMSG_SPACE(sizeof(int) * 253)] = "";
    struct iovec part = {"f", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), files, sizeof(int) * (size_t)count);
    return sendmsg(fd, &message, 0);
}

/* Receives up to `room` files; how many came, -1 - flags when some were cut off. */
static int receive_files(int fd, int *files, int room, int flags)
{
    char control[CMSG_SPACE(sizeof(int) * 253)] = "", byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    message.msg_controllen = room > 0 ? CMSG_LEN(sizeof(int) * (size_t)room) : 0;
    if (recvmsg(fd, &message, flags) != 1)
        return -1000;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int count = header ? (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
    if (header)
        memcpy(files, CMSG_DATA(header), sizeof(int) * (size_t)count);
    return message.msg_flags & MSG_CTRUNC ? -1 - count : count;
}

TEST(socket_rights, files_go_along)
{
    int ends[2], pipe_ends[2], got[4];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_OK(pipe(pipe_ends));
    EXPECT_EQ(send_files(ends[0], pipe_ends, 2), 1);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    EXPECT_EQ(receive_files(ends[1], got, 4, MSG_CMSG_CLOEXEC), 2);
    EXPECT_EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(write(got[1], "through", 7), 7);
    EXPECT_TEXT(got[0], "through");
    EXPECT_ERROR(send_files(ends[0], (int[]){999}, 1), EBADF);
    EXPECT_EQ(send_files(ends[0], got, 2), 1);
    EXPECT_EQ(receive_files(ends[1], got, 1, 0), -2);
    close(got[0]);
}

TEST(socket_rights, files_that_nobody_takes_are_closed)
{
    int ends[2], pipe_ends[2], got[2];
    char byte;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_OK(pipe(pipe_ends));
    EXPECT_EQ(send_files(ends[0], &pipe_ends[1], 1), 1);
    close(pipe_ends[1]);
    EXPECT_EQ(read(ends[1], &byte, 1), 1);
    EXPECT_EQ(read(pipe_ends[0], &byte, 1), 0);
    EXPECT_OK(pipe(pipe_ends));
    EXPECT_EQ(send_files(ends[0], &pipe_ends[1], 1), 1);
    close(pipe_ends[1]);
    EXPECT_EQ(receive_files(ends[1], got, 0, 0), -1);
    EXPECT_EQ(read(pipe_ends[0], &byte, 1), 0);
    EXPECT_OK(pipe(pipe_ends));
    EXPECT_EQ(send_files(ends[0], &pipe_ends[1], 1), 1);
    close(pipe_ends[1]);
    close(ends[0]);
    close(ends[1]);
    EXPECT_EQ(read(pipe_ends[0], &byte, 1), 0);
}

TEST(socket_rights, a_read_stops_behind_files)
{
    int ends[2], got[1];
    char text[8];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_EQ(write(ends[0], "ab", 2), 2);
    EXPECT_EQ(send_files(ends[0], ends, 1), 1);
    EXPECT_EQ(write(ends[0], "cd", 2), 2);
    EXPECT_EQ(recv(ends[1], text, 8, 0), 3);
    EXPECT_EQ(recv(ends[1], text, 8, 0), 2);
    EXPECT_EQ(send_files(ends[0], ends, 1), 1);
    EXPECT_EQ(receive_files(ends[1], got, 1, MSG_PEEK), 1);
    EXPECT_EQ(receive_files(ends[1], got, 1, 0), 1);
}

/* A pipe's end and both sockets of a pair lie in the pair's own queues. */
static void leave_circle(int pipe_end)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 || send_files(ends[0], &pipe_end, 1) != 1 ||
        send_files(ends[0], ends, 2) != 1 || send_files(ends[1], ends, 2) != 1)
        _exit(9);
    close(ends[0]);
    close(ends[1]);
}

TEST(socket_rights, circles_are_collected)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    for (int i = 0; i < 100; i++)
        leave_circle(ends[1]);
    close(ends[1]);
    int other[2];
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, other));
    close(other[0]); /* which makes Linux look */
    close(other[1]);
    EXPECT_EQ(read(ends[0], &byte, 1), 0);
}

TEST(socket_rights, what_can_be_reached_is_not_collected)
{
    int ends[2], pair[2], inner[2], got[3];
    EXPECT_OK(pipe(ends));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, inner));
    EXPECT_EQ(send_files(inner[1], &ends[1], 1), 1); /* lies in inner[0] */
    EXPECT_EQ(send_files(inner[0], inner, 1), 1);    /* which lies in inner[1] */
    EXPECT_EQ(send_files(pair[0], &inner[1], 1), 1); /* which lies in pair[1] */
    close(inner[0]);
    close(inner[1]);
    close(ends[1]);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, inner));
    close(inner[0]);
    close(inner[1]);
    pause_for(20);
    EXPECT_EQ(receive_files(pair[1], got, 1, 0), 1);
    EXPECT_EQ(receive_files(got[0], got + 1, 1, 0), 1);
    EXPECT_EQ(receive_files(got[1], got + 2, 1, 0), 1);
    EXPECT_EQ(write(got[2], "alive", 5), 5);
    EXPECT_TEXT(ends[0], "alive");
}

TEST(socket_rights, a_long_chain_of_sockets_is_closed)
{
    enum { LENGTH = 3000 };
    int ends[2], before = -1, last[2];
    char byte;
    EXPECT_OK(pipe(ends));
    before = ends[1];
    for (int i = 0; i < LENGTH; i++) {
        int pair[2];
        EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        if (send_files(pair[0], &before, 1) != 1)
            break; /* Linux lets other users than 0 have a few on their way */
        close(before);
        close(pair[0]);
        before = pair[1];
    }
    close(before);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, last));
    close(last[0]);
    close(last[1]);
    EXPECT_EQ(read(ends[0], &byte, 1), 0);
}

/* What cannot be told to the program is not opened. The byte is received all the same. */
TEST(socket_rights, memory_that_cannot_take_files)
{
    int ends[2], pipe_ends[2], on = 1;
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = read_only_page(), .msg_controllen = 64};
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_OK(pipe(pipe_ends));
    EXPECT_EQ(send_files(ends[0], pipe_ends, 2), 1);
    int lowest = dup(0);
    close(lowest);
    EXPECT_EQ(CALL(recvmsg, ends[1], &message, 0), 1);
    EXPECT_EQ(message.msg_flags, MSG_CTRUNC);
    EXPECT_EQ(dup(0), lowest);
    EXPECT_OK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    EXPECT_EQ(write(ends[0], "x", 1), 1);
    message.msg_controllen = 64;
    EXPECT_EQ(CALL(recvmsg, ends[1], &message, 0), 1);
    EXPECT_EQ(message.msg_controllen, 0);
}

/* --- Credentials ------------------------------------------------------------------------------ */

static int own_credentials(const struct ucred *credentials)
{
    return credentials->pid == getpid() && credentials->uid == geteuid() &&
           credentials->gid == getegid();
}

TEST(socket_rights, credentials_of_the_peer)
{
    struct ucred credentials;
    socklen_t size = sizeof(credentials);
    int ends[2], server = listener(SOCK_STREAM, "socket"), client = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    EXPECT_OK(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &credentials, &size));
    EXPECT(own_credentials(&credentials));
    EXPECT_EQ(size, sizeof(credentials));
    EXPECT_OK(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
    EXPECT_EQ(credentials.pid, 0);
    EXPECT_EQ(credentials.uid, UINT32_MAX);
    pid_t child = fork();
    if (child == 0)
        _exit(connect_to(client, "socket") != 0);
    int accepted = accept(server, NULL, NULL);
    EXPECT_OK(accepted);
    EXPECT_OK(getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
    EXPECT_EQ(credentials.pid, child);
}

TEST(socket_rights, credentials_go_along)
{
    int ends[2], on = 1;
    char control[CMSG_SPACE(sizeof(struct ucred))], text[8];
    struct iovec part = {text, sizeof(text)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    struct ucred credentials;
    EXPECT_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    EXPECT_OK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    EXPECT_EQ(write(ends[0], "hi", 2), 2);
    message.msg_controllen = sizeof(control);
    EXPECT_EQ(recvmsg(ends[1], &message, 0), 2);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    EXPECT(header && header->cmsg_type == SCM_CREDENTIALS);
    memcpy(&credentials, CMSG_DATA(header), sizeof(credentials));
    EXPECT(own_credentials(&credentials));
    /* somebody else's, for which one has to be user 0 */
    credentials.pid = getppid();
    memcpy(CMSG_DATA(header), &credentials, sizeof(credentials));
    message.msg_controllen = sizeof(control);
    EXPECT_EQ(sendmsg(ends[0], &message, 0), geteuid() == 0 ? 8 : -1);
    credentials.pid = 1 << 30;
    memcpy(CMSG_DATA(header), &credentials, sizeof(credentials));
    EXPECT(sendmsg(ends[0], &message, 0) == -1);
}
