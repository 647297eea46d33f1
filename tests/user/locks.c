/* Locks of files: of ranges, by processes and by open files, and of whole files. */
#include <sys/file.h>

#include "support.h"

static int lock(int fd, int command, short type, off_t start, off_t length)
{
    struct flock lock = {.l_type = type, .l_start = start, .l_len = length};
    return fcntl(fd, command, &lock);
}

/* Does somebody else's lock keep a byte from being written? */
static int is_locked(int fd, off_t byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &lock) < 0 ? -1 : lock.l_type != F_UNLCK;
}

/* Which of the bytes from 0 on are locked, as seen through another file. */
static const char *map_of(int bytes)
{
    static char map[32];
    int fd = open("file", O_RDWR);
    for (int i = 0; i < bytes; i++)
        map[i] = is_locked(fd, i) ? 'L' : '-';
    map[bytes] = '\0';
    return map; /* the file stays open: to close it would give the process's locks back */
}

#define EXPECT_MAP(text) EXPECT(strcmp(map_of((int)strlen(text)), text) == 0)

TEST(locks, ranges_are_split_and_joined)
{
    make_file("file", "0123456789");
    int fd = open("file", O_RDWR);
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 2, 6));
    EXPECT_MAP("--LLLLLL--");
    EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 4, 2));
    EXPECT_MAP("--LL--LL--");
    EXPECT_OK(lock(fd, F_SETLK, F_RDLCK, 3, 4));
    EXPECT_MAP("--LLLLLL--");
    EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 3));
    EXPECT_MAP("---LLLLL--");
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 0));
    EXPECT_MAP("LLLLLLLLLL");
    EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 5, 0));
    EXPECT_MAP("LLLLL-----");
    struct flock from_end = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = 0, .l_len = -2};
    EXPECT_OK(fcntl(fd, F_SETLK, &from_end));
    EXPECT_MAP("LLLLL---LL-");
    EXPECT_EQ(lseek(fd, 6, SEEK_SET), 6);
    struct flock from_here = {.l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 1, .l_len = 1};
    EXPECT_OK(fcntl(fd, F_SETLK, &from_here));
    EXPECT_MAP("LLLLL--LLL-");
    close(open("file", O_RDONLY));
    EXPECT_MAP("-----------");
}

TEST(locks, processes_keep_each_other_out)
{
    make_file("file", "0123456789");
    int fd = open("file", O_RDWR), status;
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 2, 3));
    EXPECT_OK(lock(fd, F_SETLK, F_RDLCK, 6, 2));
    pid_t child = fork();
    if (child == 0) {
        struct flock found = {.l_type = F_RDLCK};
        int bad = lock(fd, F_SETLK, F_RDLCK, 4, 1) == 0 || errno != EAGAIN;
        bad |= lock(fd, F_SETLK, F_RDLCK, 6, 1) != 0;
        bad |= lock(fd, F_SETLK, F_WRLCK, 6, 1) == 0;
        bad |= lock(fd, F_SETLK, F_WRLCK, 0, 2) != 0;
        bad |= fcntl(fd, F_GETLK, &found) != 0 || found.l_type != F_WRLCK ||
               found.l_pid != getppid() || found.l_start != 2 || found.l_len != 3;
        _exit(bad);
    }
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 10)); /* the child's are gone */
}

TEST(locks, waits)
{
    make_file("file", "");
    int fd = open("file", O_RDWR), status;
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 1));
    pid_t child = fork();
    if (child == 0)
        _exit(lock(fd, F_SETLKW, F_WRLCK, 0, 1) != 0);
    let_sleep(child);
    EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 1));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    sigset_t usr1;
    int signal;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL); /* the child may be quick */
    child = fork();
    if (child == 0) {
        lock(fd, F_SETLK, F_WRLCK, 0, 1);
        kill(getppid(), SIGUSR1);
        pause();
    }
    EXPECT_OK(sigwait(&usr1, &signal));
    handle(SIGALRM, do_nothing, 0);
    ualarm(20000, 20000); /* again and again: the first may come before the wait */
    EXPECT_ERROR(lock(fd, F_SETLKW, F_RDLCK, 0, 1), EINTR);
    ualarm(0, 0);
    kill(child, SIGKILL);
    EXPECT_OK(lock(fd, F_SETLKW, F_RDLCK, 0, 1));
}

TEST(locks, a_circle_of_waits_is_refused)
{
    make_file("file", "");
    int fd = open("file", O_RDWR), ends[2], status;
    char byte;
    EXPECT_OK(pipe(ends));
    EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 1));
    pid_t child = fork();
    if (child == 0) {
        int bad = lock(fd, F_SETLK, F_WRLCK, 1, 1) != 0;
        bad |= write(ends[1], "x", 1) != 1;
        _exit(bad | (lock(fd, F_SETLKW, F_WRLCK, 0, 1) != 0));
    }
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    let_sleep(child);
    EXPECT_ERROR(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
    EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 1));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(locks, of_open_files)
{
    make_file("file", "");
    int a = open("file", O_RDWR), b = open("file", O_RDWR), copy = dup(a);
    EXPECT_OK(lock(a, F_OFD_SETLK, F_WRLCK, 0, 10));
    EXPECT_ERROR(lock(b, F_OFD_SETLK, F_RDLCK, 5, 1), EAGAIN);
    EXPECT_ERROR(lock(b, F_SETLK, F_RDLCK, 5, 1), EAGAIN);
    EXPECT_OK(lock(copy, F_OFD_SETLK, F_RDLCK, 0, 10));
    EXPECT_OK(lock(b, F_OFD_SETLK, F_RDLCK, 5, 1));
    struct flock found = {.l_type = F_WRLCK, .l_start = 0, .l_len = 1};
    EXPECT_OK(fcntl(b, F_OFD_GETLK, &found));
    EXPECT_EQ(found.l_type, F_RDLCK);
    EXPECT_EQ(found.l_pid, -1);
    close(a);
    EXPECT_ERROR(lock(b, F_OFD_SETLK, F_WRLCK, 0, 1), EAGAIN);
    close(copy);
    EXPECT_OK(lock(b, F_OFD_SETLK, F_WRLCK, 0, 1));
    found = (struct flock){.l_type = F_WRLCK, .l_pid = 1};
    EXPECT_ERROR(fcntl(b, F_OFD_SETLK, &found), EINVAL);
}

TEST(locks, refusals)
{
    make_file("file", "");
    int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY);
    EXPECT_ERROR(lock(reader, F_SETLK, F_WRLCK, 0, 1), EBADF);
    EXPECT_ERROR(lock(writer, F_SETLK, F_RDLCK, 0, 1), EBADF);
    EXPECT_ERROR(lock(writer, F_SETLK, 9, 0, 1), EINVAL);
    EXPECT_ERROR(lock(writer, F_SETLK, F_WRLCK, -1, 1), EINVAL);
    EXPECT_ERROR(lock(writer, F_SETLK, F_WRLCK, 0, -1), EINVAL);
    EXPECT_ERROR(lock(writer, F_SETLK, F_WRLCK, 10, 0x7fffffffffffffff), EOVERFLOW);
    EXPECT_OK(lock(writer, F_SETLK, F_WRLCK, 0x7fffffffffffffff, 0));
    EXPECT_ERROR(lock(writer, F_GETLK, F_UNLCK, 0, 1), EINVAL);
    EXPECT_FAULT_EACH(bad, sizeof(struct flock), CALL(fcntl, writer, F_SETLK, bad));
    EXPECT_ERROR(flock(writer, 0), EINVAL);
    EXPECT_ERROR(flock(999, LOCK_EX), EBADF);
}

TEST(locks, of_whole_files)
{
    make_file("file", "");
    int a = open("file", O_RDONLY), b = open("file", O_RDONLY), status;
    EXPECT_OK(flock(a, LOCK_SH));
    EXPECT_OK(flock(b, LOCK_SH));
    EXPECT_ERROR(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    EXPECT_OK(flock(a, LOCK_UN));
    EXPECT_OK(flock(b, LOCK_EX | LOCK_NB));
    EXPECT_ERROR(flock(a, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    EXPECT_OK(lock(open("file", O_RDWR), F_SETLK, F_WRLCK, 0, 0)); /* knows nothing of it */
    pid_t child = fork();
    if (child == 0)
        _exit(close(b) != 0 || flock(a, LOCK_EX) != 0);
    let_sleep(child);
    EXPECT_OK(flock(b, LOCK_EX));
    close(b);
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_ERROR(flock(open("file", O_RDONLY), LOCK_SH | LOCK_NB), EWOULDBLOCK);
}

/* A lock that is changed is given up first, also when the other one cannot be had. */
TEST(locks, of_whole_files_change)
{
    make_file("file", "");
    int a = open("file", O_RDONLY), b = open("file", O_RDONLY), status;
    EXPECT_OK(flock(a, LOCK_SH));
    EXPECT_OK(flock(b, LOCK_SH));
    EXPECT_ERROR(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    EXPECT_OK(flock(b, LOCK_EX | LOCK_NB));
    EXPECT_OK(flock(b, LOCK_EX | LOCK_NB));
    EXPECT_OK(flock(b, LOCK_SH | LOCK_NB));
    EXPECT_OK(flock(a, LOCK_SH | LOCK_NB));
    pid_t child = fork();
    if (child == 0)
        _exit(flock(a, LOCK_EX) != 0);
    let_sleep(child);
    EXPECT_OK(flock(b, LOCK_EX)); /* each waits for the other if both keep what they have */
    EXPECT_OK(flock(b, LOCK_UN));
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}
