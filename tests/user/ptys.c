/* Pseudo-terminals: both ends, hang-ups, the window's size, packets. */
#include <sys/sysmacros.h>

#include "pty_support.h"

static volatile int signals;

static void note(int signal)
{
    (void)signal;
    signals++;
}

static int status_of_child(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

TEST(ptys, carry_bytes_both_ways)
{
    struct pair pair = open_pair();
    EXPECT(pair.other >= 0);
    EXPECT(isatty(pair.other));
    EXPECT(isatty(pair.master));
    type(pair.other, "shown\n");
    EXPECT(sees(pair.master, "shown\r\n"));
    type(pair.master, "typed\n");
    EXPECT(sees(pair.other, "typed\n"));
    EXPECT(sees(pair.master, "typed\r\n")); /* the echo */
}

TEST(ptys, have_names_and_numbers)
{
    struct pair pair = open_pair();
    struct stat status;
    unsigned number = 99999;
    char name[32], link[64] = "", path[32];
    EXPECT_OK(ioctl(pair.master, TIOCGPTN, &number));
    snprintf(name, sizeof(name), "/dev/pts/%u", number);
    EXPECT_STR(ptsname(pair.master), name);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", pair.other);
    EXPECT(readlink(path, link, sizeof(link) - 1) > 0);
    EXPECT_STR(link, name);
    EXPECT_STR(ttyname(pair.other), name);
    EXPECT_OK(stat(name, &status));
    EXPECT(S_ISCHR(status.st_mode));
    EXPECT_EQ(status.st_rdev, makedev(136, number));
    if (geteuid() == 0) /* other users get EACCES */
        EXPECT_ERROR(unlink(name), EPERM);
    EXPECT_ERROR(ioctl(pair.other, TIOCGPTN, &number), ENOTTY);
    struct pair second = open_pair();
    unsigned other_number = number;
    EXPECT_OK(ioctl(second.master, TIOCGPTN, &other_number));
    EXPECT(other_number != number);
    close(pair.other);
    close(pair.master);
    EXPECT_ERROR(stat(name, &status), ENOENT);
}

TEST(ptys, are_locked_at_first)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), lock = -1;
    EXPECT(master >= 0);
    EXPECT_OK(ioctl(master, TIOCGPTLCK, &lock));
    EXPECT_EQ(lock, 1);
    EXPECT_ERROR(open(ptsname(master), O_RDWR | O_NOCTTY), EIO);
    lock = 0;
    EXPECT_OK(ioctl(master, TIOCSPTLCK, &lock));
    EXPECT(open(ptsname(master), O_RDWR | O_NOCTTY) >= 0);
    EXPECT_ERROR(ioctl(master, TIOCSPTLCK, NULL), EFAULT);
}

TEST(ptys, open_the_peer_of_a_master)
{
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), lock = 0;
    EXPECT_OK(ioctl(master, TIOCSPTLCK, &lock));
    int other = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT(other >= 0);
    EXPECT_EQ(fcntl(other, F_GETFD), FD_CLOEXEC);
    type(other, "x");
    EXPECT(sees(master, "x"));
    EXPECT_STR(ttyname(other), ptsname(master));
}

TEST(ptys, when_the_other_end_is_closed)
{
    struct pair pair = open_pair();
    struct pollfd ready = {.fd = pair.master, .events = POLLIN | POLLOUT};
    char byte;
    EXPECT_EQ(poll(&ready, 1, 0), 1);
    EXPECT_EQ(ready.revents, POLLOUT);
    type(pair.other, "last");
    close(pair.other);
    EXPECT_EQ(poll(&ready, 1, 1000), 1);
    EXPECT(ready.revents & POLLHUP);
    EXPECT(sees(pair.master, "last"));
    EXPECT_ERROR(read(pair.master, &byte, 1), EIO);
    int other = open(ptsname(pair.master), O_RDWR | O_NOCTTY); /* and it is there again */
    EXPECT(other >= 0);
    EXPECT_EQ(poll(&ready, 1, 0), 1);
    EXPECT_EQ(ready.revents, POLLOUT);
    type(other, "again");
    EXPECT(sees(pair.master, "again"));
}

TEST(ptys, a_master_waits_for_the_first_open)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    struct pollfd ready = {.fd = master, .events = POLLIN};
    char byte;
    EXPECT_EQ(poll(&ready, 1, 0), 0);
    EXPECT_ERROR(read(master, &byte, 1), EAGAIN);
}

TEST(ptys, when_the_master_is_closed)
{
    struct pair pair = open_pair();
    struct pollfd ready = {.fd = pair.other, .events = POLLIN | POLLOUT};
    struct termios settings;
    char byte;
    type(pair.master, "not read\n");
    close(pair.master);
    EXPECT_EQ(read(pair.other, &byte, 1), 0);
    EXPECT_ERROR(write(pair.other, "x", 1), EIO);
    EXPECT_EQ(poll(&ready, 1, 0), 1);
    EXPECT_EQ(ready.revents & (POLLHUP | POLLIN), POLLHUP | POLLIN);
    EXPECT_ERROR(ioctl(pair.other, TCGETS, &settings), EIO);
}

static void end_of_session(void)
{
    struct pair pair = open_pair();
    int ends[2];
    char byte;
    if (pipe(ends) < 0)
        _exit(1);
    pid_t leader = fork_session(&pair);
    if (leader == 0) {
        if (fork() == 0) { /* also in the foreground */
            write(ends[1], "x", 1);
            pause();
            _exit(0);
        }
        pause();
        _exit(0);
    }
    close(ends[1]);
    close(pair.other);
    if (read(ends[0], &byte, 1) != 1)
        _exit(2);
    close(pair.master);
    int status = status_of_child(leader);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGHUP)
        _exit(3);
    if (read(ends[0], &byte, 1) != 0) /* SIGHUP has ended the leader's child */
        _exit(4);
    _exit(0);
}

TEST(ptys, hang_up_the_session_with_the_master)
{
    EXPECT_EQ(status_of(end_of_session), 0);
}

TEST(ptys, tell_the_foreground_that_the_leader_has_ended)
{
    struct pair pair = open_pair();
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    pid_t leader = fork_session(&pair);
    if (leader == 0) {
        handle(SIGHUP, note, 0);
        if (fork() == 0) {
            write(ends[1], "x", 1);
            while (!signals)
                pause_for(5);
            /* The terminal is no session's any more, but it works. */
            write(ends[1], open("/dev/tty", O_RDWR) < 0 && errno == ENXIO ? "y" : "n", 1);
            write(ends[1], write(pair.other, "z", 1) == 1 ? "y" : "n", 1);
            _exit(0);
        }
        pause();
        _exit(0);
    }
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    kill(leader, SIGKILL);
    waitpid(leader, NULL, 0);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
}

static void expect_new_size(struct pair *pair)
{
    struct winsize size;
    handle(SIGWINCH, note, 0);
    type(pair->other, "ready");
    while (!signals)
        pause_for(5);
    ioctl(pair->other, TIOCGWINSZ, &size);
    _exit(size.ws_row == 40 && size.ws_col == 100 ? 0 : 1);
}

TEST(ptys, tell_the_foreground_a_new_size)
{
    struct pair pair = open_pair();
    struct winsize size = {99, 99, 99, 99};
    EXPECT_OK(ioctl(pair.other, TIOCGWINSZ, &size));
    EXPECT(size.ws_row == 0 && size.ws_col == 0);
    pid_t child = fork_session(&pair);
    if (child == 0)
        expect_new_size(&pair);
    EXPECT(sees(pair.master, "ready"));
    size = (struct winsize){40, 100, 0, 0};
    EXPECT_OK(ioctl(pair.master, TIOCSWINSZ, &size));
    EXPECT_EQ(status_of_child(child), 0);
    EXPECT_OK(ioctl(pair.master, TIOCGWINSZ, &size));
    EXPECT(size.ws_row == 40 && size.ws_col == 100);
}

TEST(ptys, share_their_settings)
{
    struct pair pair = open_pair();
    struct termios settings;
    change_local(pair.master, ECHO, 0);
    EXPECT_OK(tcgetattr(pair.other, &settings));
    EXPECT_EQ(settings.c_lflag & ECHO, 0);
    EXPECT_EQ(settings.c_lflag & ICANON, ICANON);
    type(pair.master, "silent\n");
    EXPECT(sees(pair.master, ""));
}

TEST(ptys, tell_how_much_there_is_to_read)
{
    struct pair pair = open_pair();
    type(pair.other, "12345");
    wait_for_bytes(pair.master, 5);
    change_local(pair.other, ECHO, 0);
    type(pair.master, "12\n");
    wait_for_bytes(pair.other, 3);
}

/* Writes more than fits, in a child: the child waits for the reader at the other end. */
static void pass_much(int from, int to)
{
    static char text[1 << 18], part[1000];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 26);
    pid_t child = fork();
    if (child == 0)
        _exit(write(from, text, sizeof(text)) != sizeof(text));
    let_sleep(child);
    for (size_t count = 0; count < sizeof(text);) {
        ssize_t more = read(to, part, sizeof(part));
        EXPECT(more > 0);
        EXPECT_EQ(memcmp(part, text + count, (size_t)more), 0);
        count += (size_t)more;
    }
    EXPECT_EQ(status_of_child(child), 0);
}

TEST(ptys, make_a_writer_wait_for_the_master)
{
    struct pair pair = open_pair();
    pass_much(pair.other, pair.master);
}

TEST(ptys, make_the_master_wait_for_a_reader)
{
    struct pair pair = open_pair();
    change_local(pair.other, ECHO | ICANON, 0);
    pass_much(pair.master, pair.other);
}

TEST(ptys, send_packets)
{
    struct pair pair = open_pair();
    int on = 1, off = 0;
    char packet[64];
    EXPECT_OK(ioctl(pair.master, TIOCPKT, &on));
    type(pair.other, "text");
    EXPECT_EQ(read(pair.master, packet, sizeof(packet)), 5);
    EXPECT_EQ(packet[0], TIOCPKT_DATA);
    EXPECT_EQ(memcmp(packet + 1, "text", 4), 0);
    change_input(pair.other, IXON, 0);
    EXPECT_EQ(read(pair.master, packet, sizeof(packet)), 1);
    EXPECT_EQ(packet[0], TIOCPKT_NOSTOP);
    change_input(pair.other, 0, IXON);
    EXPECT_EQ(read(pair.master, packet, sizeof(packet)), 1);
    EXPECT_EQ(packet[0], TIOCPKT_DOSTOP);
    EXPECT_OK(tcflow(pair.other, TCOOFF));
    EXPECT_EQ(read(pair.master, packet, sizeof(packet)), 1);
    EXPECT_EQ(packet[0], TIOCPKT_STOP);
    EXPECT_OK(tcflow(pair.other, TCOON));
    EXPECT_EQ(read(pair.master, packet, sizeof(packet)), 1);
    EXPECT_EQ(packet[0], TIOCPKT_START);
    EXPECT_OK(ioctl(pair.master, TIOCPKT, &off));
    type(pair.other, "text");
    EXPECT_EQ(read(pair.master, packet, sizeof(packet)), 4);
}

TEST(ptys, there_can_be_many)
{
    enum { MANY = 40 };
    struct pair pairs[MANY];
    for (int i = 0; i < MANY; i++) {
        pairs[i] = open_pair();
        EXPECT(pairs[i].other >= 0);
    }
    for (int i = 0; i < MANY; i++)
        type(pairs[i].other, (char[]){(char)('A' + i), 0});
    for (int i = 0; i < MANY; i++) {
        char letter;
        EXPECT_EQ(read(pairs[i].master, &letter, 1), 1);
        EXPECT_EQ(letter, 'A' + i);
        close(i % 2 ? pairs[i].other : pairs[i].master);
        close(i % 2 ? pairs[i].master : pairs[i].other);
    }
}
