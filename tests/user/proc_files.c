/* What /proc says about descriptors, locks, the processor and unix sockets: fuser, lsof, lslocks
 * and lscpu read it. */
#include <cpuid.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "support.h"

enum { ROOM = 1 << 16, PIDFD_OPEN = 434, LARGE_FILE = 0100000 };

static char text[ROOM];

/* Reads a file into `text`. */
static void read_all(const char *path)
{
    read_whole(path, text, ROOM);
}

static void read_info(int fd)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    read_all(path);
}

/* The text after `word` at the beginning of a line; NULL: no line begins so. */
static const char *after(const char *word)
{
    const char *found = text;
    while ((found = strstr(found, word)) && found != text && found[-1] != '\n')
        found++;
    return found ? found + strlen(word) : NULL;
}

static bool begins(const char *string, const char *with)
{
    return string && strncmp(string, with, strlen(with)) == 0;
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
    EXPECT(begins(text, "pos:\t7\nflags:\t02"));
    EXPECT_OK(fcntl(file, F_SETFD, 0));
    EXPECT_EQ(flags_of(file), O_RDWR | O_APPEND);
    EXPECT_OK(fstat(file, &status));
    EXPECT(after("ino:\t") && strtoul(after("ino:\t"), NULL, 10) == status.st_ino);
    EXPECT_EQ(flags_of(open(".", O_PATH)), O_PATH);
    EXPECT_OK(pipe2(ends, 0));
    EXPECT_EQ(flags_of(ends[0]), 0);
    EXPECT(begins(text, "pos:\t0\nflags:\t00\n"));
    EXPECT_OK(pipe2(ends, O_NONBLOCK));
    EXPECT_EQ(flags_of(ends[0]), O_NONBLOCK);
    EXPECT_EQ(flags_of(ends[1]), O_WRONLY | O_NONBLOCK);
}

/* A read at offset 0 makes the content anew. */
TEST(proc_files, a_file_read_again_is_up_to_date)
{
    char path[64];
    make_file("a", "0123456789");
    int file = open("a", O_RDONLY);
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", file);
    int info = open(path, O_RDONLY);
    EXPECT_EQ(read(info, text, 7), 7);
    EXPECT_EQ(memcmp(text, "pos:\t0\n", 7), 0);
    EXPECT_EQ(lseek(file, 7, SEEK_SET), 7);
    EXPECT_EQ(lseek(info, 0, SEEK_SET), 0);
    EXPECT_EQ(read(info, text, 7), 7);
    EXPECT_EQ(memcmp(text, "pos:\t7\n", 7), 0);
}

/* A program may set any position in a directory. */
TEST(proc_files, a_listing_continues_at_any_position)
{
    static const off_t positions[] = {1,          0x10001,    0x7fffffff,  0x80000001,
                                      0x80000002, 0x80010001, 0x100000002, INT64_MAX};
    static const char *const directories[] = {"/proc", "/proc/self", "/proc/self/fd",
                                              "/proc/self/fdinfo", "/proc/self/task"};
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        int directory = open(directories[i], O_RDONLY);
        for (size_t j = 0; j < sizeof(positions) / sizeof(positions[0]); j++) {
            if (lseek(directory, positions[j], SEEK_SET) == positions[j])
                EXPECT(CALL(getdents64, directory, text, sizeof(text)) >= 0);
        }
    }
}

static unsigned link_mode(int fd)
{
    struct stat status;
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return lstat(path, &status) == 0 ? status.st_mode : 0;
}

TEST(proc_files, permissions_say_what_a_descriptor_is_open_for)
{
    int ends[2];
    make_file("a", "");
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(link_mode(open("a", O_RDONLY)), S_IFLNK | 0500);
    EXPECT_EQ(link_mode(open("a", O_WRONLY)), S_IFLNK | 0300);
    EXPECT_EQ(link_mode(open("a", O_RDWR)), S_IFLNK | 0700);
    EXPECT_EQ(link_mode(open("a", O_PATH)), S_IFLNK);
    EXPECT_EQ(link_mode(ends[0]), S_IFLNK | 0500);
    EXPECT_EQ(link_mode(ends[1]), S_IFLNK | 0300);
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
    EXPECT_EQ(found, id);
    EXPECT_STR(place, "/proc");
}

TEST(proc_files, anonymous_files_show_their_state)
{
    char wanted[128];
    int counter = eventfd(0x1234, 0), file = epoll_create1(0);
    struct stat status;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 0xabcdef0123};
    read_info(counter);
    EXPECT(begins(after("eventfd-count: "), "            1234\n"));
    EXPECT_OK(epoll_ctl(file, EPOLL_CTL_ADD, counter, &event));
    EXPECT_OK(fstat(counter, &status));
    read_info(file);
    snprintf(wanted, sizeof(wanted), "%8d events: %8x data: %16lx  pos:0 ino:%lx sdev:", counter,
             event.events | EPOLLERR | EPOLLHUP, event.data.u64, status.st_ino);
    EXPECT(begins(after("tfd: "), wanted));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    read_info(signalfd(-1, &set, 0));
    EXPECT(begins(after("sigmask:\t"), "0000000000000200\n"));
    read_info((int)syscall(PIDFD_OPEN, getpid(), 0));
    snprintf(wanted, sizeof(wanted), "%d\n", getpid());
    EXPECT(begins(after("Pid:\t"), wanted));
}

/* A timer that is not set, one that has expired, and a periodic one. */
TEST(proc_files, timers_show_their_settings)
{
    uint64_t seconds;
    struct itimerspec at = {.it_value = {0, 5}},
                      again = {.it_interval = {7, 8}, .it_value = {1000000, 0}};
    int file = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
    read_info(file);
    EXPECT(begins(after("clockid: "),
                  "7\nticks: 0\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (0, 0)\n"));
    EXPECT_OK(timerfd_settime(file, TFD_TIMER_ABSTIME, &at, NULL));
    EXPECT_EQ(poll(&(struct pollfd){file, POLLIN, 0}, 1, -1), 1);
    read_info(file);
    EXPECT(begins(after("ticks: "), "1\nsettime flags: 01\nit_value: (0, 0)\n"));
    file = timerfd_create(CLOCK_REALTIME, 0);
    EXPECT_OK(timerfd_settime(file, 0, &again, NULL));
    read_info(file);
    EXPECT(begins(after("clockid: "), "0\nticks: 0\nsettime flags: 00\nit_value: ("));
    seconds = strtoul(after("it_value: ("), NULL, 10);
    EXPECT(seconds == 1000000 || (seconds < 1000000 && seconds > 999000));
    EXPECT(begins(after("it_interval: "), "(7, 8)\n"));
}

/* Does `text` have a line for this watch? Linux shows the file's handle after it. */
static bool has_watch(int number, const char *path, unsigned mask)
{
    char wanted[128];
    struct stat status;
    stat(path, &status);
    snprintf(wanted, sizeof(wanted), "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:0 ",
             number, status.st_ino, major(status.st_dev) << 20 | minor(status.st_dev), mask);
    return after(wanted) != NULL;
}

TEST(proc_files, inotify_shows_its_watches)
{
    make_file("a", "");
    int file = inotify_init1(0);
    read_info(file);
    EXPECT(!strstr(text, "inotify"));
    int first = inotify_add_watch(file, "a", IN_OPEN | IN_ONESHOT);
    int second = inotify_add_watch(file, ".", IN_CREATE | IN_DELETE | IN_EXCL_UNLINK);
    read_info(file);
    EXPECT(has_watch(first, "a", IN_OPEN | IN_ONESHOT));
    EXPECT(has_watch(second, ".", IN_CREATE | IN_DELETE | IN_EXCL_UNLINK));
    EXPECT(strstr(text, "inotify wd:2") < strstr(text, "inotify wd:1"));
    EXPECT_OK(inotify_rm_watch(file, second));
    read_info(file);
    EXPECT(!strstr(text, "inotify wd:2"));
    EXPECT(has_watch(first, "a", IN_OPEN | IN_ONESHOT));
}

/* Does a line of `text` show a lock of this kind and range, on the file of `status`? */
static bool has_lock(const char *kind, const struct stat *status, const char *range)
{
    char place[64];
    snprintf(place, sizeof(place), ":%lu %s\n", status->st_ino, range);
    const char *found = text;
    while ((found = strstr(found, kind))) {
        const char *end = strchr(found, '\n'), *at = strstr(found, place);
        if (at && at < end)
            return true;
        found++;
    }
    return false;
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
        EXPECT(has_lock(posix, &status, "3 6"));
        EXPECT(has_lock(whole, &status, "0 EOF"));
        EXPECT(has_lock("OFDLCK ADVISORY  READ -1 ", &status, "10 EOF"));
    }
    read_info(again);
    EXPECT(!strstr(text, "lock:"));
}

/* The lines of /proc/locks for the file of `status`, without the numbers in front and without the
 * file's device and inode. */
static void read_locks_of(const struct stat *status, char *to, size_t room)
{
    char place[64], *line, *rest;
    size_t length = 0;
    snprintf(place, sizeof(place), ":%lu ", status->st_ino);
    read_all("/proc/locks");
    *to = '\0';
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *at = strstr(line, place), *kind = strstr(line, ": ");
        if (!at)
            continue;
        while (at > line && at[-1] != ' ') /* the device */
            at--;
        at[-1] = '\0';
        length +=
            (size_t)snprintf(to + length, room - length, "%s %s\n", kind + 2, strchr(at, ' ') + 1);
    }
}

/* Starts a child that waits for a lock: with fcntl(), or with flock() where `part` is NULL. */
static pid_t wait_for_lock(int file, struct flock *part)
{
    pid_t child = fork();
    if (child == 0)
        _exit(part ? fcntl(file, F_SETLKW, part) : flock(open("a", O_RDWR), LOCK_SH));
    let_sleep(child);
    return child;
}

/* Each waiter stands below the lock, or the other waiter, that it waits for. */
TEST(proc_files, waiters_for_a_lock)
{
    char found[1024], wanted[1024];
    struct stat status;
    struct flock write = {.l_type = F_WRLCK, .l_start = 3, .l_len = 4},
                 read = {.l_type = F_RDLCK, .l_start = 4};
    make_file("a", "x");
    int file = open("a", O_RDWR);
    EXPECT_OK(fstat(file, &status));
    EXPECT_OK(flock(file, LOCK_EX));
    EXPECT_OK(fcntl(file, F_SETLK, &write));
    pid_t first = wait_for_lock(file, &read), second = wait_for_lock(file, &read);
    pid_t third = wait_for_lock(file, &write), fourth = wait_for_lock(file, NULL);
    read_locks_of(&status, found, sizeof(found));
    const char *posix = strstr(found, "POSIX"), *whole = strstr(found, "FLOCK");
    EXPECT(posix && whole);
    snprintf(wanted, sizeof(wanted),
             "POSIX  ADVISORY  WRITE %d 3 6\n-> POSIX  ADVISORY  READ %d 4 EOF\n"
             " -> POSIX  ADVISORY  WRITE %d 3 6\n-> POSIX  ADVISORY  READ %d 4 EOF\n",
             getpid(), first, third, second);
    EXPECT(begins(posix, wanted));
    snprintf(wanted, sizeof(wanted),
             "FLOCK  ADVISORY  WRITE %d 0 EOF\n-> FLOCK  ADVISORY  READ %d 0 EOF\n", getpid(),
             fourth);
    EXPECT(begins(whole, wanted));
}

/* /proc/cpuinfo names the features that the processor has, and no others. */
TEST(proc_files, features_of_the_processor)
{
    unsigned a, b, c, d, extended_a, extended_b, extended_c, extended_d;
    read_all("/proc/cpuinfo");
    const char *flags = strstr(text, "flags\t\t: ");
    EXPECT(flags);
    char line[8192];
    snprintf(line, sizeof(line), "%.*s ", (int)strcspn(flags, "\n"), flags);
    EXPECT(__get_cpuid(1, &a, &b, &c, &d));
    EXPECT(__get_cpuid(0x80000001, &extended_a, &extended_b, &extended_c, &extended_d));
    const struct {
        const char *name;
        unsigned bit;
    } features[] = {
        {" fpu ", d & 1},
        {" tsc ", d >> 4 & 1},
        {" sse2 ", d >> 26 & 1},
        {" pni ", c & 1},
        {" ssse3 ", c >> 9 & 1},
        {" sse4_2 ", c >> 20 & 1},
        {" popcnt ", c >> 23 & 1},
        {" rdrand ", c >> 30 & 1},
        {" hypervisor ", c >> 31},
        {" cx16 ", c >> 13 & 1},
        {" lm ", extended_d >> 29 & 1},
        {" syscall ", extended_d >> 11 & 1},
        {" nx ", extended_d >> 20 & 1},
        {" lahf_lm ", extended_c & 1},
    };
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        EXPECT_EQ(strstr(line, features[i].name) != NULL, features[i].bit);
    EXPECT(strstr(text, "\nmodel name\t: ") && strstr(text, "\naddress sizes\t: "));
}

/* Does /proc/net/unix show this socket? Its line begins with an address and a count, which do not
 * matter. */
static bool has_socket(int fd, const char *flags_type_state, const char *path)
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
    EXPECT(begins(text, "Num       RefCount Protocol Flags    Type St Inode Path\n"));
}

static void make_names_in(const char *directory, int error_of_file, int error_of_others)
{
    EXPECT_OK(chdir(directory));
    EXPECT_ERROR(open("absent", O_WRONLY | O_CREAT, 0600), error_of_file);
    EXPECT_ERROR(open("absent", O_WRONLY | O_CREAT | O_EXCL, 0600), error_of_file);
    EXPECT_ERROR(mknod("absent", S_IFREG | 0600, 0), error_of_file);
    EXPECT_ERROR(mkdir("absent", 0700), error_of_others);
    EXPECT_ERROR(mkfifo("absent", 0600), error_of_others);
    EXPECT_ERROR(symlink("target", "absent"), error_of_others);
}

/* In /proc a name that is not there is not there, whatever the user may do. */
TEST(proc_files, no_names_can_be_made)
{
    NEEDS_ROOT();
    for (int user = 0; user < 2; user++) {
        make_names_in("/proc", ENOENT, ENOENT);
        make_names_in("/proc/sys", ENOENT, ENOENT);
        make_names_in("/proc/self/fd", ENOENT, ENOENT);
        EXPECT_ERROR(link("/proc/self/status", "/proc/absent"), ENOENT);
        EXPECT_ERROR(rename("/proc/self/status", "/proc/self/absent"), ENOENT);
        make_names_in("/sys", EACCES, user ? EACCES : EPERM);
        make_names_in("/dev/pts", EACCES, user ? EACCES : EPERM);
        if (!user)
            become_user();
    }
}
