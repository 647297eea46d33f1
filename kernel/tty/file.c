/*
 * A read takes input from the line discipline in pieces, since the copy to a program may wait. As
 * on Linux, it waits for a line in canonical mode. In raw mode it waits for VMIN bytes, or for the
 * time VTIME, which starts anew with each byte, or at the read's start if VMIN is 0.
 *
 * A write goes out in pieces, too, and other tasks run in between. So the pieces of two large
 * writes may mix.
 */
#include <assert.h>
#include <kernel/task/thread.h>
#include <kernel/tty/file.h>

enum {
    PIECE = 256, /* bytes that are moved at once */
    PIECES = 16, /* of a write, before it yields */
};
#define TENTH      (NANOSECONDS_PER_SECOND / 10)
#define IS_CONSOLE UINT64_MAX /* in place of the number of hang-ups */

void tty_file_init(struct file *file, struct tty *tty, bool is_console)
{
    file->data = tty;
    file->data_number = is_console ? IS_CONSOLE : tty->hang_ups;
}

bool tty_file_is_dead(const struct file *file)
{
    return file->data_number != IS_CONSOLE && file->data_number != tty_of_file(file)->hang_ups;
}

/* Job control. The console is for messages and rescue, so it stops no process. */
static enum error check_foreground(const struct file *file, enum tty_signal signal)
{
    if (file->data_number == IS_CONSOLE)
        return OK;
    return tty_check_foreground(tty_of_file(file), signal);
}

/* --- Waiting ---------------------------------------------------------------------------------- */

struct wait {
    struct future future;
    struct file *file;
    bool (*is_over)(const struct tty *tty);
};

static bool has_input(const struct tty *tty)
{
    return line_discipline_readable(&tty->discipline, 1);
}

static bool has_sent_all(const struct tty *tty)
{
    return !tty->device->has_room || tty->device->has_room(tty, true);
}

static bool is_over(const struct wait *wait)
{
    return tty_file_is_dead(wait->file) || wait->is_over(tty_of_file(wait->file));
}

static enum poll_result poll_wait(struct future *future, struct task *task)
{
    struct wait *wait = CONTAINER_OF(future, struct wait, future);
    if (!is_over(wait)) {
        waker_register(&future->waker, tty_of_file(wait->file)->changed, task);
        if (!is_over(wait)) /* an interrupt may have made room in between */
            return POLL_PENDING;
    }
    waker_finish(&future->waker);
    return POLL_READY;
}

/* Waits until `over` is true or the file is dead, at most `limit` nanoseconds unless that is 0.
 * ERROR_TIMEOUT, ERROR_INTERRUPTED. */
static enum error wait_until(struct file *file, bool (*over)(const struct tty *tty), uint64_t limit)
{
    struct wait wait = {.future = {.poll = poll_wait}, .file = file, .is_over = over};
    struct time_limit limited;
    if (!limit)
        return await_interruptible(&wait.future);
    time_limit_begin(&limited, &wait.future, limit);
    enum error error = await_interruptible(&limited.future);
    return !error && limited.expired ? ERROR_TIMEOUT : error;
}

enum error tty_wait_until(struct file *file, bool (*over)(const struct tty *tty))
{
    return wait_until(file, over, 0);
}

enum error tty_wait_until_sent(struct file *file)
{
    return wait_until(file, has_sent_all, 0);
}

/* --- Reading ---------------------------------------------------------------------------------- */

struct read {
    struct file *file;
    struct buffer *buffer;
    size_t size; /* of the buffer at the start */
    bool over;
};

static bool is_canonical(const struct tty *tty)
{
    return tty->discipline.termios.local & ICANON;
}

static size_t bytes_read(const struct read *read)
{
    return read->size - read->buffer->left;
}

/* Moves a piece of the input to the reader. */
static enum error take_input(struct read *read)
{
    struct tty *tty = tty_of_file(read->file);
    uint8_t piece[PIECE];
    ASSERT(read->buffer->left > 0);
    size_t count = line_discipline_read(&tty->discipline, piece,
                                        MIN(read->buffer->left, sizeof(piece)), &read->over);
    tty_wake(tty); /* there is room for more */
    enum error error = buffer_put(read->buffer, piece, count);
    bool enough = bytes_read(read) >= tty->discipline.termios.characters[VMIN];
    if (read->buffer->left == 0 || (!is_canonical(tty) && enough && !has_input(tty)))
        read->over = true;
    return error;
}

/* Waits for more input, or finds that the read is over. */
static enum error wait_for_input(struct read *read)
{
    struct tty *tty = tty_of_file(read->file);
    unsigned minimum = tty->discipline.termios.characters[VMIN];
    unsigned tenths = tty->discipline.termios.characters[VTIME];
    bool got_some = bytes_read(read) > 0;
    bool is_timed = !is_canonical(tty) && (minimum == 0 || got_some);
    read->over = tty_file_is_dead(read->file) || (is_timed && minimum == 0 && tenths == 0);
    if (read->over)
        return OK;
    enum error error = read->file->flags & O_NONBLOCK
                           ? ERROR_AGAIN
                           : wait_until(read->file, has_input, is_timed ? tenths * TENTH : 0);
    read->over = error == ERROR_TIMEOUT || (error && got_some);
    return read->over ? OK : error;
}

enum error tty_read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct read read = {.file = file, .buffer = buffer, .size = buffer->left};
    (void)position;
    if (buffer->left == 0 || tty_file_is_dead(file))
        return OK;
    enum error error = check_foreground(file, TTY_SIGNAL_INPUT);
    while (!error && !read.over) {
        /* Input that is typed after a hang-up is for the next session. */
        bool may_take = has_input(tty_of_file(file)) && !tty_file_is_dead(file);
        error = may_take ? take_input(&read) : wait_for_input(&read);
    }
    return error;
}

/* --- Writing ---------------------------------------------------------------------------------- */

static enum error wait_for_room(struct file *file)
{
    if (!tty_file_is_dead(file) && !tty_is_writable(tty_of_file(file))) {
        if (file->flags & O_NONBLOCK)
            return ERROR_AGAIN;
        enum error error = wait_until(file, tty_is_writable, 0);
        if (error)
            return error;
    }
    return tty_file_is_dead(file) ? ERROR_DEVICE : OK;
}

static enum error write_piece(struct tty *tty, struct buffer *buffer)
{
    char piece[PIECE];
    size_t count = MIN(buffer->left, sizeof(piece));
    enum error error = buffer_get(buffer, piece, count);
    if (!error)
        tty_output(tty, piece, count);
    return error;
}

struct yield {
    struct future future;
    bool done;
};

static enum poll_result poll_yield(struct future *future, struct task *task)
{
    struct yield *yield = CONTAINER_OF(future, struct yield, future);
    if (yield->done)
        return POLL_READY;
    yield->done = true;
    return task_yield(task);
}

/* Lets other tasks run. ERROR_INTERRUPTED: a signal ends the write. */
static enum error yield_interruptible(void)
{
    struct yield yield = {.future = {.poll = poll_yield}};
    return await_interruptible(&yield.future);
}

enum error tty_write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct tty *tty = tty_of_file(file);
    enum error error = OK;
    (void)position;
    if (tty->discipline.termios.local & TOSTOP)
        error = check_foreground(file, TTY_SIGNAL_OUTPUT);
    for (unsigned pieces = 1; !error && buffer->left > 0; pieces++) {
        error = wait_for_room(file);
        if (!error)
            error = write_piece(tty, buffer);
        if (!error && pieces % PIECES == 0)
            error = yield_interruptible();
    }
    return error;
}

/* --- Polling ---------------------------------------------------------------------------------- */

unsigned tty_poll(struct file *file, struct waker *waker, struct task *task)
{
    struct tty *tty = tty_of_file(file);
    const uint8_t *characters = tty->discipline.termios.characters;
    bool waits_for_many = characters[VTIME] == 0 && characters[VMIN] > 0;
    if (waker)
        waker_register(waker, tty->changed, task);
    if (tty_file_is_dead(file))
        return POLL_INPUT | POLL_ROOM | POLLERR | POLLHUP;
    bool readable =
        line_discipline_readable(&tty->discipline, waits_for_many ? characters[VMIN] : 1);
    return (readable ? POLL_INPUT : 0) | (tty_is_writable(tty) ? POLL_ROOM : 0);
}
