/* What /proc tells of descriptors, locks and unix sockets: fuser, lsof and lslocks read that. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "support.h"

enum { ROOM = 1 << 16, PIDFD_OPEN = 434, LARGE_FILE = 0100000 };

static char text[ROOM];

static void read_all(const char *path)
{
    size_t length = 0;
    int file = open(path, O_RDONLY);
    for (ssize_t got; (got = read(file, text + length, ROOM - 1 - length)) > 0;)
        length += (size_t)got;
    text[length] = '\0';
    close(file);
}

static void read_info(int fd)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    read_all(path);
}

/* What stands behind a word at the beginning of a line; NULL: there is no such line. */
static const char *after(const char *word)
{
    const char *found = text;
    while ((found = strstr(found, word)) && found != text && found[-1] != '\n')
        found++;
    return found ? found + strlen(word) : NULL;
}

static unsigned flags_of(int fd)
{
    read_info(fd);
    const char *flags = after("flags:\t0");
    return flags ? (unsigned)strtoul(flags, NULL, 8) & ~(unsigned)LARGE_FILE : ~0u;
}

TEST(proc_files, position_and_flags_of_a_descriptor)
{
    make_file("a", "0123456789");
    struct stat status;
    int ends[2], file = open("a", O_RDWR | O_APPEND | O_CLOEXEC);
    EXPECT_EQ(lseek(file, 7, SEEK_SET), 7);
    EXPECT_EQ(flags_of(file), O_RDWR | O_APPEND | O_CLOEXEC);
    EXPECT_EQ(strncmp(text, "pos:\t7\nflags:\t02", 16), 0);
    EXPECT_OK(fcntl(file, F_SETFD, 0));
    EXPECT_EQ(flags_of(file), O_RDWR | O_APPEND);
    EXPECT_OK(fstat(file, &status));
    EXPECT(after("ino:\t") && strtoul(after("ino:\t"), NULL, 10) == status.st_ino);
    EXPECT_EQ(flags_of(open(".", O_PATH)), O_PATH);
    EXPECT_OK(pipe2(ends, O_NONBLOCK));
    EXPECT_EQ(flags_of(ends[0]), O_NONBLOCK);
    EXPECT_EQ(flags_of(ends[1]), O_WRONLY | O_NONBLOCK);
}

TEST(proc_files, the_mount_of_a_descriptor)
{
    read_info(open("/proc", O_RDONLY));
    EXPECT(after("mnt_id:\t"));
    long id = strtol(after("mnt_id:\t"), NULL, 10), found = 0;
    char place[64] = "", line[1024];
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    while (fgets(line, sizeof(line), mounts))
        if (sscanf(line, "%ld %*d %*s %*s %63s", &found, place) == 2 && found == id)
            break;
    EXPECT_STR(place, "/proc");
    fclose(mounts);
}

TEST(proc_files, files_without_a_name_tell_what_they_hold)
{
    char wanted[128];
    int counter = eventfd(0x1234, 0), file = epoll_create1(0);
    struct stat status;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 0xabcdef0123};
    read_info(counter);
    EXPECT_EQ(strncmp(after("eventfd-count: "), "            1234\n", 17), 0);
    EXPECT_OK(epoll_ctl(file, EPOLL_CTL_ADD, counter, &event));
    EXPECT_OK(fstat(counter, &status));
    read_info(file);
    snprintf(wanted, sizeof(wanted), "%8d events: %8x data: %16lx  pos:0 ino:%lx sdev:", counter,
             event.events | EPOLLERR | EPOLLHUP, event.data.u64, status.st_ino);
    EXPECT(after("tfd: "));
    EXPECT_EQ(strncmp(after("tfd: "), wanted, strlen(wanted)), 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    read_info(signalfd(-1, &set, 0));
    EXPECT_EQ(strncmp(after("sigmask:\t"), "0000000000000200\n", 17), 0);
    read_info((int)syscall(PIDFD_OPEN, getpid(), 0));
    EXPECT_EQ(strtol(after("Pid:\t"), NULL, 10), getpid());
}

static int has_line(const char *what, const struct stat *status, const char *range)
{
    char place[64];
    snprintf(place, sizeof(place), ":%lu %s\n", status->st_ino, range);
    const char *found = text;
    while ((found = strstr(found, what))) {
        const char *end = strchr(found, '\n'), *at = strstr(found, place);
        if (at && at < end)
            return 1;
        found++;
    }
    return 0;
}

TEST(proc_files, locks)
{
    char posix[64], whole[64];
    struct stat status;
    struct flock part = {.l_type = F_WRLCK, .l_start = 3, .l_len = 4},
                 rest = {.l_type = F_RDLCK, .l_start = 10};
    make_file("a", "x");
    int file = open("a", O_RDWR), again = open("a", O_RDWR);
    EXPECT_OK(fstat(file, &status));
    EXPECT_OK(fcntl(file, F_SETLK, &part));
    EXPECT_OK(fcntl(file, F_OFD_SETLK, &rest));
    EXPECT_OK(flock(file, LOCK_SH));
    snprintf(posix, sizeof(posix), "POSIX  ADVISORY  WRITE %d ", getpid());
    snprintf(whole, sizeof(whole), "FLOCK  ADVISORY  READ %d ", getpid());
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            read_all("/proc/locks");
        else
            read_info(file);
        EXPECT(has_line(posix, &status, "3 6"));
        EXPECT(has_line(whole, &status, "0 EOF"));
        EXPECT(has_line("OFDLCK ADVISORY  READ -1 ", &status, "10 EOF"));
    }
    read_info(again);
    EXPECT(!strstr(text, "lock:"));
}

/* A line of /proc/net/unix without its first two words, which are a place in memory and a count. */
static int has_socket(int fd, const char *flags_type_state, const char *path)
{
    char wanted[256];
    struct stat status;
    fstat(fd, &status);
    snprintf(wanted, sizeof(wanted), " 00000000 %s %5lu%s\n", flags_type_state, status.st_ino,
             path);
    read_all("/proc/net/unix");
    return strstr(text, wanted) != NULL;
}

TEST(proc_files, unix_sockets)
{
    struct sockaddr_un name = {AF_UNIX, "named"}, abstract = {AF_UNIX, "\0abstract"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    int client = socket(AF_UNIX, SOCK_STREAM, 0), pair[2];
    EXPECT_OK(bind(listener, (struct sockaddr *)&name, sizeof(name)));
    EXPECT(has_socket(listener, "00000000 0001 01", " named"));
    EXPECT_OK(listen(listener, 1));
    EXPECT(has_socket(listener, "00010000 0001 01", " named"));
    EXPECT_OK(bind(datagrams, (struct sockaddr *)&abstract, sizeof(sa_family_t) + 9));
    EXPECT(has_socket(datagrams, "00000000 0002 01", " @abstract"));
    EXPECT_OK(connect(client, (struct sockaddr *)&name, sizeof(name)));
    EXPECT(has_socket(client, "00000000 0001 03", ""));
    EXPECT(has_socket(accept(listener, NULL, NULL), "00000000 0001 03", " named"));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
    EXPECT(has_socket(pair[1], "00000000 0005 03", ""));
    EXPECT_EQ(strncmp(text, "Num       RefCount Protocol Flags    Type St Inode Path\n", 56), 0);
}
