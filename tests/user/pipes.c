/* Pipes. */
#include <poll.h>

#include "support.h"

enum { CAPACITY = 65536 };

TEST(pipes, bytes_come_out_in_order)
{
    int ends[2];
    char text[8] = "";
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], "one", 3), 3);
    EXPECT_EQ(write(ends[1], "two", 3), 3);
    EXPECT_EQ(read(ends[0], text, 4), 4);
    EXPECT_STR(text, "onet");
    EXPECT_EQ(read(ends[0], text, 8), 2);
    EXPECT_ERROR(lseek(ends[0], 0, SEEK_SET), ESPIPE);
    EXPECT_ERROR(pread(ends[0], text, 1, 0), ESPIPE);
    EXPECT_ERROR(read(ends[1], text, 1), EBADF);
    EXPECT_ERROR(write(ends[0], text, 1), EBADF);
}

TEST(pipes, the_end)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    close(ends[1]);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(read(ends[0], &byte, 1), 0);
    EXPECT_EQ(read(ends[0], &byte, 1), 0);
}

TEST(pipes, flags)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
    EXPECT_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(ends[0], F_GETFL), O_RDONLY | O_NONBLOCK);
    EXPECT_EQ(fcntl(ends[1], F_GETFL), O_WRONLY | O_NONBLOCK);
    EXPECT_ERROR(read(ends[0], &byte, 1), EAGAIN);
    EXPECT_ERROR(CALL(pipe2, ends, O_CREAT), EINVAL);
}

TEST(pipes, capacity)
{
    int ends[2];
    static char block[CAPACITY + PAGE];
    EXPECT_OK(pipe2(ends, O_NONBLOCK));
    EXPECT_EQ(write(ends[1], block, sizeof(block)), CAPACITY);
    EXPECT_ERROR(write(ends[1], block, 1), EAGAIN);
    EXPECT_EQ(read(ends[0], block, PAGE), PAGE);
    EXPECT_EQ(write(ends[1], block, PAGE), PAGE);
    EXPECT_ERROR(write(ends[1], block, 1), EAGAIN);
}

/* Fills a pipe, which has `start` bytes of a pattern in it, and checks what comes out. */
static bool holds(int ends[2], unsigned start, unsigned size)
{
    unsigned char byte;
    for (unsigned i = start; i < size; i++) {
        byte = (unsigned char)(i * 7 + i / 251);
        if (write(ends[1], &byte, 1) != 1)
            return false;
    }
    for (unsigned i = 0; i < size; i++) {
        if (read(ends[0], &byte, 1) != 1 || byte != (unsigned char)(i * 7 + i / 251))
            return false;
    }
    return true;
}

TEST(pipes, another_size)
{
    int ends[2], file = open("file", O_RDWR | O_CREAT, 0600);
    static char block[16 * PAGE];
    EXPECT_OK(pipe2(ends, O_NONBLOCK));
    EXPECT_EQ(fcntl(ends[0], F_GETPIPE_SZ), CAPACITY);
    EXPECT_EQ(fcntl(ends[1], F_SETPIPE_SZ, PAGE + 1), 2 * PAGE);
    EXPECT_EQ(fcntl(ends[0], F_GETPIPE_SZ), 2 * PAGE);
    EXPECT_EQ(write(ends[1], block, sizeof(block)), 2 * PAGE);
    EXPECT_ERROR(fcntl(ends[1], F_SETPIPE_SZ, PAGE), EBUSY);
    EXPECT_EQ(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
    EXPECT_EQ(write(ends[1], block, sizeof(block)), sizeof(block));
    EXPECT_EQ(read(ends[0], block, sizeof(block)), sizeof(block));
    EXPECT_EQ(read(ends[0], block, sizeof(block)), 2 * PAGE);
    EXPECT_EQ(fcntl(ends[1], F_SETPIPE_SZ, 0), PAGE);
    EXPECT(holds(ends, 0, PAGE));
    EXPECT_ERROR(fcntl(ends[1], F_SETPIPE_SZ, 0xf0000000u), EINVAL);
    EXPECT_ERROR(fcntl(file, F_SETPIPE_SZ, PAGE), EBADF);
    EXPECT_ERROR(fcntl(file, F_GETPIPE_SZ), EBADF);
}

TEST(pipes, another_size_keeps_the_content)
{
    int ends[2];
    static char block[CAPACITY];
    for (unsigned start = 0; start < CAPACITY; start += 9999) {
        EXPECT_OK(pipe2(ends, O_NONBLOCK));
        EXPECT_EQ(write(ends[1], block, start), start); /* the ring begins somewhere */
        EXPECT_EQ(write(ends[1], block, 1), 1);
        EXPECT_EQ(read(ends[0], block, start), start);
        unsigned char byte;
        for (unsigned i = 0; i < 5000; i++) {
            byte = (unsigned char)(i * 7 + i / 251);
            EXPECT_EQ(write(ends[1], &byte, 1), 1);
        }
        EXPECT_EQ(read(ends[0], block, 1), 1);
        EXPECT_EQ(fcntl(ends[1], F_SETPIPE_SZ, start % 2 ? 4 * CAPACITY : CAPACITY / 2),
                  start % 2 ? 4 * CAPACITY : CAPACITY / 2);
        EXPECT(holds(ends, 5000, CAPACITY / 2 - PAGE));
        close(ends[0]);
        close(ends[1]);
    }
}

TEST(pipes, small_writes_are_whole_or_nothing)
{
    int ends[2];
    static char block[CAPACITY];
    EXPECT_OK(pipe2(ends, O_NONBLOCK));
    EXPECT_EQ(write(ends[1], block, CAPACITY - 10), CAPACITY - 10);
    EXPECT_ERROR(write(ends[1], block, PAGE), EAGAIN);
}

static volatile int pipe_signals;

static void count(int signal)
{
    (void)signal;
    pipe_signals++;
}

TEST(pipes, nobody_reads)
{
    int ends[2];
    EXPECT_OK(pipe(ends));
    close(ends[0]);
    handle(SIGPIPE, count, 0);
    EXPECT_ERROR(write(ends[1], "x", 1), EPIPE);
    EXPECT_EQ(pipe_signals, 1);
    signal(SIGPIPE, SIG_IGN);
    EXPECT_ERROR(write(ends[1], "x", 1), EPIPE);
}

static void write_to_nobody(void)
{
    int ends[2];
    if (pipe(ends) == 0 && close(ends[0]) == 0)
        _exit((int)write(ends[1], "x", 1));
}

TEST(pipes, sigpipe_ends_a_program)
{
    int status = status_of(write_to_nobody);
    EXPECT(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGPIPE);
}

TEST(pipes, a_reader_waits)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    pid_t reader = getpid();
    if (fork() == 0) {
        let_sleep(reader);
        _exit(write(ends[1], "x", 1) != 1);
    }
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    close(ends[1]);
    EXPECT_EQ(read(ends[0], &byte, 1), 0); /* the child's end is closed by its end */
}

TEST(pipes, a_writer_waits)
{
    int ends[2];
    static char block[3 * CAPACITY];
    EXPECT_OK(pipe(ends));
    pid_t writer = fork();
    if (writer == 0) {
        for (size_t i = 0; i < sizeof(block); i++)
            block[i] = (char)(i / 1000);
        _exit(write(ends[1], block, sizeof(block)) != sizeof(block));
    }
    close(ends[1]);
    let_sleep(writer);
    size_t total = 0;
    ssize_t size;
    while ((size = read(ends[0], block, 1000)) > 0) {
        for (ssize_t i = 0; i < size; i++, total++)
            EXPECT_EQ(block[i], (char)(total / 1000));
    }
    EXPECT_EQ(total, sizeof(block));
    int status;
    EXPECT_EQ(waitpid(writer, &status, 0), writer);
    EXPECT_EQ(status, 0);
}

/* Writes of up to a page are not mixed up, however many write. */
TEST(pipes, writes_are_atomic)
{
    enum { WRITERS = 4, WRITES = 200, SIZE = 700 };
    int ends[2];
    static char block[SIZE];
    EXPECT_OK(pipe(ends));
    for (int writer = 0; writer < WRITERS; writer++) {
        if (fork() == 0) {
            memset(block, 'a' + writer, SIZE);
            for (int i = 0; i < WRITES; i++) {
                if (write(ends[1], block, SIZE) != SIZE)
                    _exit(1);
            }
            _exit(0);
        }
    }
    close(ends[1]);
    FILE *input = fdopen(ends[0], "r");
    int blocks = 0;
    while (fread(block, SIZE, 1, input) == 1) {
        for (int i = 1; i < SIZE; i++)
            EXPECT_EQ(block[i], block[0]);
        blocks++;
    }
    EXPECT_EQ(blocks, WRITERS * WRITES);
}

TEST(pipes, a_signal_interrupts_a_reader)
{
    int ends[2];
    char byte;
    EXPECT_OK(pipe(ends));
    handle(SIGUSR1, count, 0);
    pid_t reader = getpid();
    if (fork() == 0) {
        let_sleep(reader);
        kill(reader, SIGUSR1);
        _exit(0);
    }
    EXPECT_ERROR(read(ends[0], &byte, 1), EINTR);
    EXPECT_EQ(pipe_signals, 1);
}

TEST(pipes, a_reader_is_restarted)
{
    int ends[2];
    char byte = 0;
    EXPECT_OK(pipe(ends));
    handle(SIGUSR1, count, SA_RESTART);
    pid_t reader = getpid();
    if (fork() == 0) {
        let_sleep(reader);
        kill(reader, SIGUSR1);
        let_sleep(reader);
        _exit(write(ends[1], "y", 1) != 1);
    }
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    EXPECT_EQ(pipe_signals, 1);
}

TEST(pipes, a_signal_interrupts_a_writer)
{
    int ends[2];
    static char block[2 * CAPACITY];
    EXPECT_OK(pipe(ends));
    handle(SIGUSR1, count, SA_RESTART);
    pid_t writer = getpid();
    if (fork() == 0) {
        let_sleep(writer);
        kill(writer, SIGUSR1);
        _exit(0);
    }
    EXPECT_EQ(write(ends[1], block, sizeof(block)),
              CAPACITY); /* what has gone is told, not EINTR */
    EXPECT_EQ(pipe_signals, 1);
}

/* A shell passes `<(command)` to programs that way. Only the end of a FIFO that has a name waits
 * for the other one to be opened. */
TEST(pipes, an_end_is_opened_again_by_its_number)
{
    int ends[2];
    char name[32], byte;
    EXPECT_OK(pipe(ends));
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    close(ends[1]);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
    alarm(10);
    int again = open(name, O_RDONLY);
    EXPECT_OK(again);
    close(ends[0]);
    EXPECT_EQ(read(again, &byte, 1), 1);
    EXPECT_EQ(read(again, &byte, 1), 0);
    EXPECT_ERROR(open(name, O_WRONLY), ENOENT);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", again);
    int writer = open(name, O_WRONLY);
    EXPECT_OK(writer);
    EXPECT_EQ(write(writer, "y", 1), 1);
    EXPECT_EQ(read(again, &byte, 1), 1);
}

static short ready_for(int fd, short events)
{
    struct pollfd file = {fd, events, 0};
    return poll(&file, 1, 0) < 0 ? -1 : file.revents;
}

/* A reader that did not wait for a writer has lost none before one has come. */
TEST(pipes, a_fifo_ends_with_its_last_writer)
{
    char byte;
    EXPECT_OK(mkfifo("fifo", 0600));
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    EXPECT_EQ(ready_for(reader, POLLIN), 0);
    EXPECT_EQ(read(reader, &byte, 1), 0);
    int writer = open("fifo", O_WRONLY | O_NONBLOCK);
    EXPECT_EQ(ready_for(reader, POLLIN), 0);
    EXPECT_EQ(write(writer, "x", 1), 1);
    close(writer);
    EXPECT_EQ(ready_for(reader, POLLIN), POLLIN | POLLHUP);
    EXPECT_EQ(read(reader, &byte, 1), 1);
    EXPECT_EQ(ready_for(reader, POLLIN), POLLHUP);
    int late = open("fifo", O_RDONLY | O_NONBLOCK);
    EXPECT_EQ(ready_for(late, POLLIN), 0);
    close(open("fifo", O_RDWR));
    EXPECT_EQ(ready_for(late, POLLIN), POLLHUP);
}
