/*
 * Pipes and FIFOs: what waits, what wakes it, and what stays whole.
 */
#include <fs/filesystem.h>
#include <fs/fs.h>
#include <fs/path.h>
#include <fs/pipe.h>
#include <lib/string.h>

#include "../live_tasks.h"
#include "../test.h"
#include "free_frames.h"
#include "workers.h"

static struct executor executor = EXECUTOR_INIT(executor);
static struct file *read_end, *write_end;

static size_t put(struct file *file, const void *bytes, size_t size, enum error *error)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, (void *)(uintptr_t)bytes, size); /* only read */
    *error = file_write(file, &buffer);
    return size - buffer.left;
}

static size_t get(struct file *file, void *bytes, size_t size, enum error *error)
{
    struct buffer buffer;
    buffer_init_kernel(&buffer, bytes, size);
    *error = file_read(file, &buffer);
    return size - buffer.left;
}

/* --- One reads, one writes -------------------------------------------------------------------- */

static char received[16];
static size_t received_size;
static enum error reader_error, writer_error;

static void read_once(struct worker *worker)
{
    (void)worker;
    received_size = get(read_end, received, sizeof(received), &reader_error);
}

static void write_hello(struct worker *worker)
{
    (void)worker;
    put(write_end, "hello", 5, &writer_error);
}

static void close_write_end(struct worker *worker)
{
    (void)worker;
    file_release(write_end);
}

TEST(pipes, a_reader_waits_for_bytes_and_for_the_end)
{
    struct worker reader, writer;
    EXPECT_EQ(pipe_create(0, &read_end, &write_end), OK);
    EXPECT(worker_start(&executor, &reader, read_once));
    executor_run_ready(&executor);
    EXPECT(!reader.done);
    EXPECT(worker_start(&executor, &writer, write_hello));
    executor_run_ready(&executor);
    EXPECT(reader.done && writer.done);
    EXPECT_EQ(received_size, 5);
    EXPECT(memcmp(received, "hello", 5) == 0);
    EXPECT(worker_start(&executor, &reader, read_once));
    EXPECT(worker_start(&executor, &writer, close_write_end));
    executor_run_ready(&executor);
    EXPECT(reader.done);
    EXPECT_EQ(received_size, 0);
    EXPECT_EQ(reader_error, OK);
    file_release(read_end);
    EXPECT_EQ(live_tasks(&executor), 0);
}

static void begin_taking(struct worker *worker)
{
    struct buffer buffer;
    (void)worker;
    buffer_init_kernel(&buffer, received, 5);
    put(write_end, "hello", 5, &writer_error);
    EXPECT_EQ(pipe_begin_taking(read_end, &buffer), OK);
    EXPECT_EQ(buffer.left, 0);
}

static void end_taking(struct worker *worker)
{
    (void)worker;
    pipe_end_taking(read_end, 2);
}

TEST(pipes, a_reader_waits_for_who_takes)
{
    struct worker taker, reader;
    EXPECT_EQ(pipe_create(0, &read_end, &write_end), OK);
    EXPECT(worker_start(&executor, &taker, begin_taking));
    executor_run_ready(&executor);
    EXPECT(taker.done);
    EXPECT(worker_start(&executor, &reader, read_once));
    executor_run_ready(&executor);
    EXPECT(!reader.done);
    EXPECT_EQ(file_poll(read_end, NULL, NULL) & POLLIN, 0);
    EXPECT(worker_start(&executor, &taker, end_taking));
    executor_run_ready(&executor);
    EXPECT(taker.done && reader.done);
    EXPECT_EQ(received_size, 3);
    EXPECT(memcmp(received, "llo", 3) == 0);
    EXPECT(worker_start(&executor, &taker, close_write_end));
    executor_run_ready(&executor);
    file_release(read_end);
}

TEST(pipes, an_interrupt_ends_the_wait)
{
    struct worker reader;
    EXPECT_EQ(pipe_create(0, &read_end, &write_end), OK);
    EXPECT(worker_start(&executor, &reader, read_once));
    executor_run_ready(&executor);
    thread_interrupt(&reader.thread);
    executor_run_ready(&executor);
    EXPECT(reader.done);
    EXPECT_EQ(reader_error, ERROR_INTERRUPTED);
    file_release(read_end);
    file_release(write_end);
}

static void use_without_waiting(struct worker *worker)
{
    static char block[PIPE_BUF];
    size_t total = 0, done;
    enum error error;
    (void)worker;
    received_size = get(read_end, received, 1, &reader_error);
    while ((done = put(write_end, block, sizeof(block), &error)) > 0)
        total += done;
    writer_error = error;
    received_size = total;
    EXPECT_EQ(get(read_end, received, 1, &error), 1);
    EXPECT_EQ(put(write_end, block, 2, &error), 0); /* not in pieces */
    EXPECT_EQ(error, ERROR_AGAIN);
    EXPECT_EQ(put(write_end, block, PIPE_BUF + 1, &error), 1); /* but what is longer may be cut */
    EXPECT_EQ(file_poll(write_end, NULL, NULL), 0);
    EXPECT_EQ(file_poll(read_end, NULL, NULL), POLLIN | POLLRDNORM);
    file_release(read_end);
    EXPECT_EQ(file_poll(write_end, NULL, NULL), POLLERR);
    EXPECT_EQ(put(write_end, "x", 1, &error), 0);
    EXPECT_EQ(error, ERROR_PIPE);
    file_release(write_end);
}

TEST(pipes, without_waiting_a_pipe_says_again)
{
    EXPECT_EQ(pipe_create(O_NONBLOCK, &read_end, &write_end), OK);
    EXPECT_EQ(file_poll(read_end, NULL, NULL), 0);
    EXPECT_EQ(file_poll(write_end, NULL, NULL), POLLOUT | POLLWRNORM);
    EXPECT(worker_run(use_without_waiting));
    EXPECT_EQ(reader_error, ERROR_AGAIN);
    EXPECT_EQ(writer_error, ERROR_AGAIN);
    EXPECT_EQ(received_size, PIPE_FIRST_SIZE);
}

/* --- Many writers ----------------------------------------------------------------------------- */

enum { WRITERS = 3, PIECES = 40, PIECE = 3000 };

static size_t mixed_pieces, pieces_read;

static void write_pieces(struct worker *worker)
{
    static uint8_t number;
    char piece[PIECE];
    enum error error;
    (void)worker;
    memset(piece, ++number, sizeof(piece));
    for (unsigned i = 0; i < PIECES; i++)
        EXPECT_EQ(put(write_end, piece, sizeof(piece), &error), PIECE);
}

static void read_pieces(struct worker *worker)
{
    char piece[PIECE];
    enum error error;
    (void)worker;
    while (pieces_read < (size_t)WRITERS * PIECES) {
        size_t size = 0;
        while (size < PIECE)
            size += get(read_end, piece + size, MIN((size_t)700, PIECE - size), &error);
        for (size_t i = 1; i < PIECE; i++)
            mixed_pieces += piece[i] != piece[0];
        pieces_read++;
        thread_yield();
    }
}

/* Together they write more than the pipe holds, one after the other. */
TEST(pipes, what_is_written_at_once_stays_in_one_piece)
{
    struct worker writers[WRITERS], reader;
    uint64_t before = free_frames();
    EXPECT_EQ(pipe_create(0, &read_end, &write_end), OK);
    for (unsigned i = 0; i < WRITERS; i++)
        EXPECT(worker_start(&executor, &writers[i], write_pieces));
    EXPECT(worker_start(&executor, &reader, read_pieces));
    executor_run_ready(&executor);
    EXPECT(reader.done);
    EXPECT_EQ(pieces_read, WRITERS * PIECES);
    EXPECT_EQ(mixed_pieces, 0);
    file_release(read_end);
    file_release(write_end);
    EXPECT(free_frames() + 32 >= before); /* the heap may keep some */
}

/* --- Polling ---------------------------------------------------------------------------------- */

static bool noticed;

static enum poll_result poll_pipe(struct future *future, struct task *task)
{
    if (!(file_poll(read_end, &future->waker, task) & POLLIN))
        return POLL_PENDING;
    waker_finish(&future->waker);
    return POLL_READY;
}

static void wait_by_poll(struct worker *worker)
{
    struct future future = {.poll = poll_pipe};
    (void)worker;
    await(&future);
    noticed = true;
}

TEST(pipes, a_poll_is_woken)
{
    struct worker waiter, writer;
    EXPECT_EQ(pipe_create(0, &read_end, &write_end), OK);
    EXPECT(worker_start(&executor, &waiter, wait_by_poll));
    executor_run_ready(&executor);
    EXPECT(!noticed);
    EXPECT(worker_start(&executor, &writer, write_hello));
    executor_run_ready(&executor);
    EXPECT(noticed);
    file_release(read_end);
    file_release(write_end);
}

/* --- FIFOs ------------------------------------------------------------------------------------ */

static struct fs_context *context;

static void open_to_read(struct worker *worker)
{
    (void)worker;
    reader_error = file_open(context, NULL, "/fifo", O_RDONLY, 0, &read_end);
}

static void open_to_write(struct worker *worker)
{
    (void)worker;
    writer_error = file_open(context, NULL, "/fifo", O_WRONLY, 0, &write_end);
}

TEST(pipes, opening_a_fifo_waits_for_the_other_end)
{
    struct worker reader, writer;
    EXPECT(mount_root_path().mount || fs_start() == OK); /* once for all suites of a boot */
    EXPECT_EQ(fs_context_create(&context), OK);
    EXPECT_EQ(path_make(context, NULL, "/fifo", S_IFIFO | 0666, 0), OK);
    EXPECT_EQ(file_open(context, NULL, "/fifo", O_WRONLY | O_NONBLOCK, 0, &write_end),
              ERROR_NO_UNIT);
    EXPECT(worker_start(&executor, &reader, open_to_read));
    executor_run_ready(&executor);
    EXPECT(!reader.done);
    thread_interrupt(&reader.thread);
    executor_run_ready(&executor);
    EXPECT_EQ(reader_error, ERROR_INTERRUPTED);
    EXPECT(worker_start(&executor, &reader, open_to_read));
    EXPECT(worker_start(&executor, &writer, open_to_write));
    executor_run_ready(&executor);
    EXPECT(reader.done && writer.done);
    EXPECT(worker_run(write_hello));
    EXPECT(worker_run(read_once));
    EXPECT_EQ(received_size, 5);
    file_release(read_end);
    file_release(write_end);
    EXPECT_EQ(path_remove(context, NULL, "/fifo", false), OK);
    fs_context_release(context);
}
