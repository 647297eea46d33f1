/*
 * A pipe is a ring of bytes in pages, 16 of them if no program asks for another number, which come
 * as they are needed. A pipe that is empty starts again in the first page, so one that is never
 * fuller than a page has only that.
 *
 * Its mutex is held while bytes are copied, which may wait for a program's memory: so what is
 * written in one call of up to PIPE_BUF bytes stays in one piece. Nobody holds it while waiting for
 * the other end. Readers and writers share one queue.
 *
 * splice() writes what is in a pipe elsewhere before it takes it out, for the write may fail. That
 * may wait for long, so it does not hold the mutex: the pipe has a taker meanwhile, and readers
 * wait as if it were empty.
 *
 * The inode of a pipe or FIFO has a struct pipe as long as one end is open.
 */
#include <assert.h>
#include <fs/filesystem.h>
#include <fs/notify.h>
#include <fs/pipe.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum { FIRST_PAGES = PIPE_FIRST_SIZE / PAGE_SIZE, FIONREAD = 0x541b };
_Static_assert(NO_FRAME == 0, "a ring of zeros has no pages");
#define ALL_EVENTS (~0u)

struct pipe {
    size_t readers, writers;        /* open files */
    size_t read_opens, write_opens; /* that there ever were; for those that wait in open() */
    size_t size;         /* how many bytes it can hold: a power of two, PAGE_SIZE or more */
    size_t start, count; /* the oldest byte's place, below `size`; and how many there are */
    bool has_taker;      /* pipe_begin_taking() was called: nobody else takes bytes out */
    phys_addr_t *pages;  /* of the ring; NO_FRAME: not needed yet */
    phys_addr_t first_pages[FIRST_PAGES]; /* those of a pipe whose size was not changed */
    struct mutex mutex;
    struct wait_queue waiting;
};

static bool may_read(const struct file *file)
{
    return (file->flags & O_ACCMODE) != O_WRONLY;
}

static bool may_write(const struct file *file)
{
    return (file->flags & O_ACCMODE) != O_RDONLY;
}

/* Wakes those that wait for the pipe's other end; `events` are for what watches it (epoll). */
static void wake(struct pipe *pipe, unsigned events)
{
    if (!list_empty(&pipe->waiting.wakers))
        wait_queue_wake_for(&pipe->waiting, events);
}

/* --- Waiting ---------------------------------------------------------------------------------- */

/* Is what a reader, a writer or an opener waits for there? */
typedef bool wait_is_over(const struct pipe *pipe, size_t amount);

static bool can_read(const struct pipe *pipe, size_t unused)
{
    (void)unused;
    return !pipe->has_taker && (pipe->count > 0 || pipe->writers == 0);
}

static bool can_write(const struct pipe *pipe, size_t amount)
{
    return pipe->size - pipe->count >= amount || pipe->readers == 0;
}

static bool has_reader(const struct pipe *pipe, size_t read_opens_before)
{
    return pipe->read_opens != read_opens_before;
}

static bool has_writer(const struct pipe *pipe, size_t write_opens_before)
{
    return pipe->write_opens != write_opens_before;
}

static enum error wait_until(struct pipe *pipe, wait_is_over *is_over, size_t amount)
{
    enum error error = OK;
    while (!is_over(pipe, amount)) {
        if (error)
            return error;
        error = thread_wait_interruptible(&pipe->waiting);
    }
    return OK;
}

/* The same for one who holds the mutex, which is free meanwhile. */
static NOINLINE enum error wait_unlocked(const struct file *file, wait_is_over *is_over,
                                         size_t amount)
{
    struct pipe *pipe = file->inode->pipe;
    if (file->flags & O_NONBLOCK)
        return ERROR_AGAIN;
    thread_unlock(&pipe->mutex);
    enum error error = wait_until(pipe, is_over, amount);
    thread_lock(&pipe->mutex);
    return error;
}

/* --- Bytes ------------------------------------------------------------------------------------ */

/* The page of a place in the ring, which is made if need be; NULL when memory is out. */
static char *page_of(struct pipe *pipe, size_t place)
{
    phys_addr_t *page = &pipe->pages[place / PAGE_SIZE];
    if (*page == NO_FRAME)
        *page = frame_alloc();
    return *page == NO_FRAME ? NULL : phys_to_virt(*page);
}

/* Takes as much out of the buffer as there is room for. */
static enum error fill(struct pipe *pipe, struct buffer *buffer)
{
    enum error error = OK;
    while (!error && buffer->left > 0 && pipe->count < pipe->size) {
        size_t place = (pipe->start + pipe->count) % pipe->size, within = place % PAGE_SIZE;
        size_t before = buffer->left, room = MIN(PAGE_SIZE - within, pipe->size - pipe->count);
        char *page = page_of(pipe, place);
        if (!page)
            return ERROR_OUT_OF_FRAMES;
        error = buffer_get(buffer, page + within, MIN(room, before));
        pipe->count += before - buffer->left;
    }
    return error;
}

/* Takes out the oldest bytes. */
static void drop(struct pipe *pipe, size_t size)
{
    pipe->count -= size;
    pipe->start = pipe->count ? (pipe->start + size) % pipe->size : 0;
}

/* Puts as much into the buffer as there is. */
static enum error drain(struct pipe *pipe, struct buffer *buffer)
{
    enum error error = OK;
    while (!error && buffer->left > 0 && pipe->count > 0) {
        size_t within = pipe->start % PAGE_SIZE, before = buffer->left;
        size_t size = MIN(PAGE_SIZE - within, pipe->count);
        size = MIN(size, before);
        error = buffer_put(buffer, page_of(pipe, pipe->start) + within, size);
        drop(pipe, before - buffer->left);
    }
    return error;
}

static enum error read_locked(const struct file *file, struct buffer *buffer)
{
    struct pipe *pipe = file->inode->pipe;
    while (pipe->count == 0 || pipe->has_taker) {
        if (can_read(pipe, 0))
            return OK; /* the end */
        enum error error = wait_unlocked(file, can_read, 0);
        if (error)
            return error;
    }
    enum error error = drain(pipe, buffer);
    wake(pipe, POLLOUT | POLLWRNORM);
    return error;
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct pipe *pipe = file->inode->pipe;
    enum error error = OK;
    (void)position;
    if (buffer->left == 0)
        return OK;
    /* Most reads of an empty pipe wait here, without the mutex. */
    if (!(file->flags & O_NONBLOCK))
        error = wait_until(pipe, can_read, 0);
    if (error)
        return error;
    thread_lock(&pipe->mutex);
    error = read_locked(file, buffer);
    thread_unlock(&pipe->mutex);
    return error;
}

static enum error write_locked(const struct file *file, struct buffer *buffer)
{
    struct pipe *pipe = file->inode->pipe;
    size_t piece = buffer->left <= PIPE_BUF ? buffer->left : 1;
    enum error error = OK;
    while (!error && buffer->left > 0) {
        if (pipe->readers == 0)
            return ERROR_PIPE;
        if (pipe->size - pipe->count < piece) {
            error = wait_unlocked(file, can_write, piece);
            continue;
        }
        error = fill(pipe, buffer);
        wake(pipe, POLLIN | POLLRDNORM);
    }
    return error;
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)position;
    if (buffer->left == 0)
        return OK;
    thread_lock(&file->inode->pipe->mutex);
    enum error error = write_locked(file, buffer);
    thread_unlock(&file->inode->pipe->mutex);
    return error;
}

/* Have all writers gone, and had one come since the reader was opened? */
static bool has_lost_writers(const struct file *file)
{
    const struct pipe *pipe = file->inode->pipe;
    return pipe->writers == 0 && pipe->write_opens > file->data_number;
}

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    struct pipe *pipe = file->inode->pipe;
    unsigned ready = 0;
    if (waker)
        waker_register(waker, &pipe->waiting, task);
    if (may_read(file)) {
        ready |= pipe->count > 0 && !pipe->has_taker ? POLLIN | POLLRDNORM : 0;
        ready |= has_lost_writers(file) ? POLLHUP : 0;
    }
    if (may_write(file)) {
        ready |= pipe->size - pipe->count >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0;
        ready |= pipe->readers == 0 ? POLLERR : 0;
    }
    return ready;
}

static enum error ioctl(struct file *file, unsigned request, uint64_t argument, int64_t *result)
{
    int32_t count = (int32_t)file->inode->pipe->count;
    if (request != FIONREAD)
        return ERROR_NOT_TERMINAL;
    *result = 0;
    return copy_to_user(argument, &count, sizeof(count));
}

/* --- Opening and closing ---------------------------------------------------------------------- */

static struct filesystem_type pipes_type = {.name = "pipefs"};
static struct filesystem pipes;

static struct pipe *make_pipe(void)
{
    struct pipe *pipe = kzalloc(sizeof(*pipe));
    if (!pipe)
        return NULL;
    pipe->size = PIPE_FIRST_SIZE;
    pipe->pages = pipe->first_pages;
    pipe->mutex = (struct mutex)MUTEX_INIT_RANKED(pipe->mutex, LOCK_OF_PIPE);
    wait_queue_init(&pipe->waiting);
    return pipe;
}

static void free_pages(const phys_addr_t *pages, size_t size)
{
    for (size_t i = 0; i < size / PAGE_SIZE; i++) {
        if (pages[i] != NO_FRAME)
            frame_free(pages[i]);
    }
}

/* Frees the ring, but for what is part of the pipe. */
static void free_ring(struct pipe *pipe)
{
    free_pages(pipe->pages, pipe->size);
    if (pipe->pages != pipe->first_pages)
        kfree(pipe->pages);
}

static void free_pipe(struct pipe *pipe)
{
    free_ring(pipe);
    kfree(pipe);
}

/* A FIFO's file remembers (data_number) how many writers had gone before it was opened: a reader
 * has not lost those. A pipe's reader has lost all that are gone. */
static void enter(struct file *file)
{
    struct pipe *pipe = file->inode->pipe;
    bool has_name = file->inode->filesystem != &pipes;
    file->data_number = has_name ? pipe->write_opens - pipe->writers : 0;
    pipe->readers += may_read(file);
    pipe->read_opens += may_read(file);
    pipe->writers += may_write(file);
    pipe->write_opens += may_write(file);
    wake(pipe, ALL_EVENTS);
}

static void leave(struct file *file)
{
    struct pipe *pipe = file->inode->pipe;
    ASSERT(pipe->readers >= may_read(file) && pipe->writers >= may_write(file));
    pipe->readers -= may_read(file);
    pipe->writers -= may_write(file);
    wake(pipe, ALL_EVENTS);
    if (pipe->readers > 0 || pipe->writers > 0)
        return;
    file->inode->pipe = NULL;
    free_pipe(pipe);
}

/* Opening one end of a FIFO waits until the other one is open, too (fifo(7)). A pipe without a name
 * does not wait: it is opened again by the number of one of its descriptors. */
static enum error wait_for_other_end(const struct file *file)
{
    struct pipe *pipe = file->inode->pipe;
    bool nonblocking = file->flags & O_NONBLOCK;
    if ((may_read(file) && may_write(file)) || file->inode->filesystem == &pipes)
        return OK;
    if (may_read(file))
        return nonblocking || pipe->writers > 0 ? OK
                                                : wait_until(pipe, has_writer, pipe->write_opens);
    if (pipe->readers > 0)
        return OK;
    return nonblocking ? ERROR_NO_UNIT : wait_until(pipe, has_reader, pipe->read_opens);
}

static enum error open(struct file *file)
{
    if (!file->inode->pipe)
        file->inode->pipe = make_pipe();
    if (!file->inode->pipe)
        return ERROR_OUT_OF_FRAMES;
    enter(file);
    enum error error = wait_for_other_end(file);
    if (error)
        leave(file);
    return error;
}

const struct file_operations fifo_operations = {
    .open = open, .close = leave, .read = read, .write = write, .ioctl = ioctl, .poll = poll};

/* --- The size -------------------------------------------------------------------------------- */

/* Copies what is in the pipe to the start of other pages, which have room for it. */
static enum error copy_content(struct pipe *pipe, phys_addr_t *pages)
{
    ASSERT(pipe->start < pipe->size && pipe->count <= pipe->size);
    for (size_t done = 0, size; done < pipe->count; done += size) {
        size_t place = (pipe->start + done) % pipe->size;
        size_t from = place % PAGE_SIZE, to = done % PAGE_SIZE;
        phys_addr_t *page = &pages[done / PAGE_SIZE];
        if (*page == NO_FRAME)
            *page = frame_alloc();
        if (*page == NO_FRAME)
            return ERROR_OUT_OF_FRAMES;
        size = MIN(PAGE_SIZE - MAX(from, to), pipe->count - done);
        memcpy((char *)phys_to_virt(*page) + to, page_of(pipe, place) + from, size);
    }
    return OK;
}

static enum error peek_locked(const struct file *file, size_t skipped, struct buffer *buffer)
{
    struct pipe *pipe = file->inode->pipe;
    enum error error = OK;
    while (!error && skipped == 0 && !can_read(pipe, 0))
        error = wait_unlocked(file, can_read, 0);
    while (!error && buffer->left > 0 && skipped < pipe->count) {
        size_t place = (pipe->start + skipped) % pipe->size, within = place % PAGE_SIZE;
        size_t size = MIN(PAGE_SIZE - within, pipe->count - skipped);
        size = MIN(size, buffer->left);
        error = buffer_put(buffer, page_of(pipe, place) + within, size);
        skipped += size;
    }
    return error;
}

enum error pipe_peek(struct file *file, size_t skipped, struct buffer *buffer)
{
    struct pipe *pipe = file->inode->pipe;
    ASSERT(pipe);
    thread_lock(&pipe->mutex);
    enum error error = peek_locked(file, skipped, buffer);
    thread_unlock(&pipe->mutex);
    return error;
}

enum error pipe_begin_taking(struct file *file, struct buffer *buffer)
{
    struct pipe *pipe = file->inode->pipe;
    ASSERT(pipe);
    thread_lock(&pipe->mutex);
    enum error error = peek_locked(file, 0, buffer);
    if (!error)
        pipe->has_taker = true;
    thread_unlock(&pipe->mutex);
    return error;
}

void pipe_end_taking(struct file *file, size_t taken)
{
    struct pipe *pipe = file->inode->pipe;
    thread_lock(&pipe->mutex);
    ASSERT(pipe->has_taker && taken <= pipe->count);
    drop(pipe, taken);
    pipe->has_taker = false;
    thread_unlock(&pipe->mutex);
    wake(pipe, ALL_EVENTS);
    if (taken > 0)
        notify_file(file, NOTIFY_ACCESS);
}

/* For one who holds the mutex. */
static enum error resize(struct pipe *pipe, size_t size)
{
    if (pipe->count > size)
        return ERROR_BUSY;
    phys_addr_t *pages = kzalloc(size / PAGE_SIZE * sizeof(*pages));
    if (!pages)
        return ERROR_OUT_OF_FRAMES;
    enum error error = copy_content(pipe, pages);
    if (error) {
        free_pages(pages, size);
        kfree(pages);
        return error;
    }
    free_ring(pipe);
    pipe->pages = pages;
    pipe->size = size;
    pipe->start = 0;
    ASSERT(pipe->count <= size);
    wake(pipe, POLLOUT | POLLWRNORM);
    return OK;
}

size_t pipe_size(const struct file *file)
{
    return file->inode->pipe ? file->inode->pipe->size : 0;
}

enum error pipe_resize(struct file *file, size_t wanted)
{
    struct pipe *pipe = file->inode->pipe;
    size_t size = PAGE_SIZE;
    ASSERT(pipe);
    ASSERT(wanted <= PIPE_LAST_SIZE);
    while (size < wanted)
        size *= 2;
    thread_lock(&pipe->mutex);
    enum error error = size == pipe->size ? OK : resize(pipe, size);
    thread_unlock(&pipe->mutex);
    return error;
}

/* --- Pipes ------------------------------------------------------------------------------------ */

static void release(struct vm_object *object)
{
    struct inode *inode = CONTAINER_OF(object, struct inode, object);
    inode_end(inode);
    kfree(inode);
}

static const struct inode_operations inode_operations;
static const struct vm_object_operations object_operations = {.release = release};

static struct inode *make_inode(void)
{
    struct inode *inode = kzalloc(sizeof(*inode));
    if (!inode)
        return NULL;
    if (!pipes.type)
        filesystem_init(&pipes, &pipes_type);
    inode_init(inode, &pipes, &object_operations, S_IFIFO | 0600);
    inode->operations = &inode_operations;
    inode->links = 1;
    return inode;
}

static enum error open_ends(struct inode *inode, struct file **read_end, struct file **write_end)
{
    enum error error = file_create(&fifo_operations, inode, NULL, O_RDONLY, read_end);
    if (error)
        return error;
    error = file_create(&fifo_operations, inode, NULL, O_WRONLY, write_end);
    if (error)
        file_release(*read_end);
    return error;
}

enum error pipe_create(unsigned flags, struct file **read_end, struct file **write_end)
{
    struct inode *inode = make_inode();
    if (!inode)
        return ERROR_OUT_OF_FRAMES;
    enum error error = open_ends(inode, read_end, write_end);
    if (!error) {
        (*read_end)->flags = O_RDONLY | (flags & O_NONBLOCK);
        (*write_end)->flags = O_WRONLY | (flags & O_NONBLOCK);
    }
    inode_release(inode); /* the files hold it */
    return error;
}
