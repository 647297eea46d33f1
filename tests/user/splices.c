/* splice: between a pipe and a file. */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "support.h"

static long splice_it(int from, off_t *from_at, int to, off_t *to_at, size_t size, unsigned flags)
{
    return CALL(splice, from, from_at, to, to_at, size, flags);
}

TEST(splices, a_file_goes_into_a_pipe_and_out_of_it)
{
    char text[32] = "";
    int ends[2], from, to;
    off_t at = 2, end = 100;
    make_file("from", "0123456789");
    make_file("to", "");
    from = open("from", O_RDONLY);
    to = open("to", O_RDWR);
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(splice_it(from, &at, ends[1], NULL, 5, 0), 5);
    EXPECT_EQ(at, 7);
    EXPECT_EQ(lseek(from, 0, SEEK_CUR), 0);
    EXPECT_EQ(splice_it(from, NULL, ends[1], NULL, 3, 0), 3);
    EXPECT_EQ(lseek(from, 0, SEEK_CUR), 3);
    EXPECT_EQ(splice_it(ends[0], NULL, to, NULL, 6, 0), 6);
    EXPECT_EQ(splice_it(ends[0], NULL, to, &end, 6, 0), 2);
    EXPECT_EQ(end, 102);
    EXPECT_EQ(pread(to, text, 6, 0), 6);
    EXPECT_STR(text, "234560");
    EXPECT_EQ(pread(to, text, 6, 100), 2);
    EXPECT_EQ(memcmp(text, "12", 2), 0);
    EXPECT_OK(lseek(from, 0, SEEK_END));
    EXPECT_EQ(splice_it(from, NULL, ends[1], NULL, 3, 0), 0);
    EXPECT_OK(close(ends[1]));
    EXPECT_EQ(splice_it(ends[0], NULL, to, NULL, 6, 0), 0);
}

TEST(splices, what_does_not_fit_waits_or_is_refused)
{
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_OK(ftruncate(file, 1 << 20));
    EXPECT_OK(pipe(ends));
    EXPECT_ERROR(splice_it(ends[0], NULL, file, NULL, 10, SPLICE_F_NONBLOCK), EAGAIN);
    EXPECT_EQ(splice_it(file, NULL, ends[1], NULL, 1 << 20, SPLICE_F_NONBLOCK), 65536);
    EXPECT_ERROR(splice_it(file, NULL, ends[1], NULL, 10, SPLICE_F_NONBLOCK), EAGAIN);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 65536);
    int others[2];
    EXPECT_OK(pipe(others));
    EXPECT_EQ(splice_it(ends[0], NULL, others[1], NULL, 10000, 0), 10000);
}

TEST(splices, a_pipe_may_be_open_for_appending)
{
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600), fifo;
    off_t at = 0;
    EXPECT_EQ(write(file, "text", 4), 4);
    EXPECT_OK(mkfifo("fifo", 0600));
    fifo = open("fifo", O_RDWR | O_APPEND | O_NONBLOCK);
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(sendfile(fifo, file, &at, 4), 4);
    EXPECT_EQ(splice_it(fifo, NULL, ends[1], NULL, 4, 0), 4);
    EXPECT_EQ(splice_it(ends[0], NULL, fifo, NULL, 4, 0), 4);
    EXPECT_ERROR(sendfile(open("file", O_WRONLY | O_APPEND), file, &at, 1), EINVAL);
}

TEST(splices, bad_ones_are_refused)
{
    int ends[2], others[2], file = open("file", O_RDWR | O_CREAT, 0600);
    off_t at = 0, negative = -1;
    EXPECT_EQ(write(file, "text", 4), 4);
    EXPECT_OK(pipe(ends));
    EXPECT_OK(pipe(others));
    EXPECT_EQ(splice_it(-1, NULL, -1, NULL, 0, 0), 0);
    EXPECT_ERROR(splice_it(-1, NULL, ends[1], NULL, 1, 0), EBADF);
    EXPECT_ERROR(splice_it(file, NULL, -1, NULL, 1, 0), EBADF);
    EXPECT_ERROR(splice_it(file, &at, ends[1], NULL, 1, 0x100), EINVAL);
    EXPECT_ERROR(splice_it(file, &at, file, NULL, 1, 0), EINVAL);
    EXPECT_ERROR(splice_it(ends[0], &at, file, NULL, 1, 0), ESPIPE);
    EXPECT_ERROR(splice_it(file, &at, ends[1], &at, 1, 0), ESPIPE);
    EXPECT_ERROR(splice_it(file, &negative, ends[1], NULL, 1, 0), EINVAL);
    EXPECT_ERROR(splice_it(file, &at, ends[0], NULL, 1, 0), EBADF);
    EXPECT_ERROR(splice_it(ends[0], NULL, ends[1], NULL, 1, 0), EINVAL);
    EXPECT_ERROR(splice_it(open(".", O_RDONLY), NULL, ends[1], NULL, 1, 0), EINVAL);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_ERROR(splice_it(ends[0], NULL, open("file", O_WRONLY | O_APPEND), NULL, 1, 0), EINVAL);
    EXPECT_ERROR(splice_it(ends[0], NULL, open("file", O_RDONLY), NULL, 1, 0), EBADF);
    signal(SIGPIPE, SIG_IGN);
    EXPECT_OK(close(others[0]));
    EXPECT_ERROR(splice_it(file, &at, others[1], NULL, 1, 0), EPIPE);
}

static void ignore(int signal)
{
    (void)signal;
}

/* The bytes are taken out of the pipe when they are written, not before. */
TEST(splices, bytes_that_cannot_be_written_stay_in_the_pipe)
{
    char bytes[20] = "";
    int from[2], to[2], sockets[2], file = memfd_create("sealed", MFD_ALLOW_SEALING);
    EXPECT_OK(ftruncate(file, 100));
    EXPECT_OK(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
    EXPECT_OK(pipe2(from, O_NONBLOCK));
    EXPECT_OK(pipe(to));
    EXPECT_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
    EXPECT_OK(close(to[0]));
    EXPECT_OK(close(sockets[1]));
    signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(write(from[1], "in the pipe", 11), 11);
    EXPECT_ERROR(splice_it(from[0], NULL, file, NULL, 5, 0), EPERM);
    EXPECT_ERROR(splice_it(from[0], NULL, to[1], NULL, 5, 0), EPIPE);
    EXPECT_ERROR(splice_it(from[0], NULL, sockets[0], NULL, 5, 0), EPIPE);
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 0);
    EXPECT_EQ(read(from[0], bytes, 20), 11);
    EXPECT_STR(bytes, "in the pipe");
}

TEST(splices, a_file_that_waits_for_room_in_a_pipe_does_not_move)
{
    static const struct itimerval often = {{0, 10000}, {0, 10000}}, never;
    const struct sigaction action = {.sa_handler = ignore};
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600);
    EXPECT_OK(ftruncate(file, 1 << 20));
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(splice_it(file, NULL, ends[1], NULL, 65536, 0), 65536);
    EXPECT_OK(sigaction(SIGALRM, &action, NULL));
    EXPECT_OK(setitimer(ITIMER_REAL, &often, NULL));
    EXPECT_ERROR(splice_it(file, NULL, ends[1], NULL, 10, 0), EINTR);
    EXPECT_OK(setitimer(ITIMER_REAL, &never, NULL));
    EXPECT_EQ(lseek(file, 0, SEEK_CUR), 65536);
}

/* Whoever reads meanwhile waits: no byte is read twice. */
TEST(splices, two_take_from_a_pipe)
{
    enum { BYTES = 1 << 18 };
    static unsigned char bytes[BYTES];
    size_t sum = 0, expected = 0;
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600),
                 rest = open("rest", O_RDWR | O_CREAT, 0600);
    EXPECT_OK(pipe(ends));
    if (fork() == 0) {
        close(ends[1]);
        while (splice_it(ends[0], NULL, rest, NULL, 1000, 0) > 0)
            ;
        _exit(0);
    }
    if (fork() == 0) {
        ssize_t got;
        close(ends[1]);
        while ((got = read(ends[0], bytes, 700)) > 0)
            write(file, bytes, (size_t)got);
        _exit(0);
    }
    for (size_t i = 0; i < BYTES; i++)
        expected += bytes[i] = (unsigned char)(i * 2654435761u >> 24);
    EXPECT_EQ(write(ends[1], bytes, BYTES), BYTES);
    EXPECT_OK(close(ends[1]));
    EXPECT_OK(wait(NULL));
    EXPECT_OK(wait(NULL));
    off_t first = lseek(file, 0, SEEK_END), second = lseek(rest, 0, SEEK_END);
    EXPECT_EQ(first + second, BYTES);
    EXPECT_EQ(pread(file, bytes, BYTES, 0), first);
    EXPECT_EQ(pread(rest, bytes + first, BYTES, 0), second);
    for (size_t i = 0; i < BYTES; i++)
        sum += bytes[i];
    EXPECT_EQ(sum, expected);
}

TEST(splices, tee_leaves_what_it_copies)
{
    int from[2], to[2];
    char bytes[20] = "";
    EXPECT_OK(pipe(from));
    EXPECT_OK(pipe(to));
    EXPECT_ERROR(CALL(tee, from[0], to[1], 100, 2 /* SPLICE_F_NONBLOCK */), EAGAIN);
    EXPECT_EQ(write(from[1], "in the pipe", 11), 11);
    EXPECT_EQ(CALL(tee, from[0], to[1], 6, 0), 6);
    EXPECT_EQ(CALL(tee, from[0], to[1], 100, 0), 11);
    EXPECT_EQ(read(from[0], bytes, 20), 11);
    EXPECT_EQ(memcmp(bytes, "in the pipe", 11), 0);
    EXPECT_EQ(read(to[0], bytes, 20), 17);
    EXPECT_EQ(memcmp(bytes, "in thein the pipe", 17), 0);
    EXPECT_EQ(CALL(tee, from[0], to[1], 0, 0), 0);
    EXPECT_ERROR(CALL(tee, from[0], from[1], 1, 0), EINVAL);
    EXPECT_ERROR(CALL(tee, from[1], to[1], 1, 0), EBADF);
    EXPECT_ERROR(CALL(tee, from[0], to[1], 1, 16), EINVAL);
    EXPECT_ERROR(CALL(tee, open("/dev/null", O_RDWR), to[1], 1, 0), EINVAL);
    EXPECT_OK(close(from[1]));
    EXPECT_EQ(CALL(tee, from[0], to[1], 1, 0), 0);
    EXPECT_OK(close(to[0]));
    signal(SIGPIPE, SIG_IGN);
    EXPECT_OK(pipe(from));
    EXPECT_EQ(write(from[1], "x", 1), 1);
    EXPECT_ERROR(CALL(tee, from[0], to[1], 1, 0), EPIPE);
}

TEST(splices, memory_goes_into_a_pipe_and_out_of_it)
{
    enum { NO_WAIT = 2 };
    static char large[100000] __attribute__((aligned(PAGE))); /* for Linux counts pages */
    char a[4] = "", b[8] = "";
    int ends[2];
    struct iovec from[] = {{"one", 3}, {"three", 5}}, to[] = {{a, 4}, {b, 7}};
    struct iovec much = {large, sizeof(large)}, bad = {(void *)1, 1};
    EXPECT_OK(pipe(ends));
    EXPECT_ERROR(CALL(vmsplice, ends[0], to, 2L, NO_WAIT), EAGAIN);
    EXPECT_EQ(CALL(vmsplice, ends[1], from, 2L, 0), 8);
    EXPECT_EQ(CALL(vmsplice, ends[0], to, 2L, 0), 8);
    EXPECT_EQ(memcmp(a, "onet", 4), 0);
    EXPECT_STR(b, "hree");
    EXPECT_EQ(CALL(vmsplice, ends[1], &much, 1L, 0), 65536);
    EXPECT_ERROR(CALL(vmsplice, ends[1], &much, 1L, NO_WAIT), EAGAIN);
    EXPECT_EQ(CALL(vmsplice, ends[1], &much, 0L, 0), 0);
    EXPECT_EQ(read(ends[0], large, sizeof(large)), 65536);
    EXPECT_ERROR(CALL(vmsplice, ends[1], &bad, 1L, NO_WAIT), EFAULT);
    EXPECT_ERROR(CALL(vmsplice, ends[1], from, 2L, 16), EINVAL);
    EXPECT_ERROR(CALL(vmsplice, ends[1], from, 1025L, 0), EINVAL);
    EXPECT_ERROR(CALL(vmsplice, open("/dev/null", O_RDWR), from, 2L, 0), EBADF);
    signal(SIGPIPE, SIG_IGN);
    EXPECT_OK(close(ends[0]));
    EXPECT_ERROR(CALL(vmsplice, ends[1], from, 2L, 0), EPIPE);
}
