/*
 * The two ends of a pair share one struct pty. Output of the terminal goes into a ring, from which
 * the master reads; the master's writes are the terminal's input. The struct is freed when the
 * master's end is closed, no file is open on the other end, and no session has the terminal. Until
 * then a session's leader still finds its terminal, which is dead.
 *
 * Errors and hang-ups are Linux's (drivers/tty/pty.c). When the last file on the other end is
 * closed, the master reads the rest of the output, and then ERROR_DEVICE.
 */
#include <assert.h>
#include <fs/device.h>
#include <fs/devpts.h>
#include <fs/mount.h>
#include <kernel/task/thread.h>
#include <kernel/tty/controls.h>
#include <kernel/tty/file.h>
#include <kernel/tty/pty.h>
#include <lib/ring.h>
#include <lib/string.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

enum {
    PTMX = DEVICE_NUMBER(5, 2),
    FIRST_PTY = DEVICE_NUMBER(136, 0),
    PTYS_MAX = 256,
    OUTPUT = 16384, /* bytes, a power of two */
    ROOM = 4096,    /* bytes; with less room a program's write waits */
    PIECE = 256,    /* bytes that are moved at once */
};

/* The first byte of each packet (include/uapi/asm-generic/ioctls.h). */
enum {
    PACKET_DATA = 0,
    PACKET_STOP = 4,
    PACKET_START = 8,
    PACKET_NO_FLOW_CONTROL = 16,
    PACKET_FLOW_CONTROL = 32,
};

struct pty {
    struct tty tty;
    unsigned index;
    struct dentry *node;    /* /dev/pts/N; NULL once the master is closed */
    bool is_locked;         /* the other end cannot be opened by its name */
    size_t files;           /* how many are open on the other end */
    bool was_open;          /* a file has been open on the other end */
    bool in_packets;        /* the master reads packets (TIOCPKT), whose last status said: */
    bool told_stopped;      /* ... the output is stopped */
    bool told_flow_control; /* ... Ctrl-S and Ctrl-Q stop and start the output */
    struct ring output;     /* bytes that the master has not read yet */
    uint8_t bytes[OUTPUT];
};

static struct pty *ptys[PTYS_MAX];

static struct pty *pty_of(const struct tty *tty)
{
    struct pty *pty = ptys[tty->number - FIRST_PTY];
    ASSERT(pty && &pty->tty == tty);
    return pty;
}

static void free_if_unused(struct tty *tty)
{
    struct pty *pty = pty_of(tty);
    if (pty->node || pty->files > 0 || tty->session)
        return;
    tty_remove(tty);
    ptys[pty->index] = NULL;
    kfree(pty);
}

/* --- The terminal's device -------------------------------------------------------------------- */

/* An echo for which there is no room is lost. */
static void write_output(struct tty *tty, const char *bytes, size_t count)
{
    (void)ring_push(&pty_of(tty)->output, bytes, (uint32_t)count);
    tty_wake(tty);
}

static bool has_room(const struct tty *tty, bool all)
{
    const struct pty *pty = pty_of(tty);
    (void)all; /* bytes in the ring count as shown */
    return OUTPUT - ring_count(&pty->output) >= ROOM;
}

static const struct tty_device pair = {.write = write_output,
                                       .has_room = has_room,
                                       .session_ended = free_if_unused,
                                       .fixed_control = CSIZE | PARENB | CREAD,
                                       .stays = true};

/* --- The other end ---------------------------------------------------------------------------- */

static enum error open_other(struct file *file)
{
    struct pty *pty = ptys[file->inode->rdev - FIRST_PTY];
    if (!pty || !pty->node || pty->is_locked)
        return ERROR_DEVICE;
    tty_file_init(file, &pty->tty, false);
    pty->files++;
    pty->was_open = true;
    if (!(file->flags & O_NOCTTY) && (file->flags & O_ACCMODE) != O_WRONLY)
        (void)tty_take(&pty->tty, false); /* it is no error if it may not */
    return OK;
}

static void close_other(struct file *file)
{
    struct tty *tty = tty_of_file(file);
    ASSERT(pty_of(tty)->files > 0);
    pty_of(tty)->files--;
    tty_wake(tty);
    free_if_unused(tty);
}

static const struct file_operations other_operations = {.open = open_other,
                                                        .close = close_other,
                                                        .read = tty_read,
                                                        .write = tty_write,
                                                        .poll = tty_poll,
                                                        .ioctl = tty_ioctl};

/* --- The master's end ------------------------------------------------------------------------- */

static bool has_flow_control(const struct termios *termios)
{
    return termios->input & IXON && termios->characters[VSTOP] == 0x13 &&
           termios->characters[VSTART] == 0x11;
}

/* The status byte of the next packet: what has changed since the last one. 0 for data. */
static uint8_t packet_status(const struct pty *pty)
{
    uint8_t status = 0;
    if (!pty->in_packets)
        return 0;
    if (pty->told_stopped != pty->tty.discipline.stopped)
        status |= pty->told_stopped ? PACKET_START : PACKET_STOP;
    if (pty->told_flow_control != has_flow_control(&pty->tty.discipline.termios))
        status |= pty->told_flow_control ? PACKET_NO_FLOW_CONTROL : PACKET_FLOW_CONTROL;
    return status;
}

static void set_told(struct pty *pty)
{
    pty->told_stopped = pty->tty.discipline.stopped;
    pty->told_flow_control = has_flow_control(&pty->tty.discipline.termios);
}

static bool is_closed(const struct pty *pty)
{
    return pty->was_open && pty->files == 0;
}

static bool is_readable(const struct tty *tty)
{
    const struct pty *pty = pty_of(tty);
    return ring_count(&pty->output) > 0 || packet_status(pty) || is_closed(pty);
}

static enum error read_output(struct pty *pty, struct buffer *buffer)
{
    enum error error = OK;
    while (!error && buffer->left > 0 && ring_count(&pty->output) > 0) {
        const uint8_t *oldest;
        uint8_t piece[PIECE];
        uint32_t stored = ring_oldest(&pty->output, &oldest);
        size_t count = MIN((size_t)stored, sizeof(piece));
        count = MIN(count, buffer->left);
        memcpy(piece, oldest, count);
        ring_drop(&pty->output, (uint32_t)count);
        error = buffer_put(buffer, piece, count);
    }
    tty_wake(&pty->tty); /* there is room for more */
    return error;
}

static enum error master_read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct pty *pty = pty_of(tty_of_file(file));
    uint8_t status;
    (void)position;
    if (buffer->left == 0)
        return OK;
    if (!is_readable(&pty->tty)) {
        enum error error =
            file->flags & O_NONBLOCK ? ERROR_AGAIN : tty_wait_until(file, is_readable);
        if (error)
            return error;
    }
    status = packet_status(pty);
    ASSERT(is_readable(&pty->tty));
    if (!status && ring_count(&pty->output) == 0)
        return ERROR_DEVICE; /* the rest of the output has been read, and the other end is closed */
    set_told(pty);
    if (pty->in_packets) {
        enum error error = buffer_put(buffer, &status, sizeof(status));
        if (error || status)
            return error;
    }
    return read_output(pty, buffer);
}

static bool takes_input(const struct tty *tty)
{
    return !line_discipline_is_full(&tty->discipline) || is_closed(pty_of(tty));
}

/* Types all bytes. There was room for them, but others may have typed since. */
static enum error type_all(struct file *file, const uint8_t *bytes, size_t count)
{
    struct tty *tty = tty_of_file(file);
    enum error error = OK;
    for (;;) {
        size_t taken = tty_input(tty, bytes, count);
        bytes += taken;
        count -= taken;
        if (error || count == 0)
            return error;
        if (is_closed(pty_of(tty)))
            return ERROR_DEVICE;
        error = tty_wait_until(file, takes_input);
    }
}

static enum error master_write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct tty *tty = tty_of_file(file);
    enum error error = OK;
    (void)position;
    while (!error && buffer->left > 0) {
        uint8_t piece[PIECE];
        size_t count = line_discipline_room(&tty->discipline);
        if (is_closed(pty_of(tty)))
            return ERROR_DEVICE;
        if (count == 0) {
            error = file->flags & O_NONBLOCK ? ERROR_AGAIN : tty_wait_until(file, takes_input);
            continue;
        }
        count = MIN(count, sizeof(piece));
        count = MIN(count, buffer->left);
        error = buffer_get(buffer, piece, count);
        if (!error)
            error = type_all(file, piece, count);
    }
    return error;
}

static unsigned master_poll(struct file *file, struct waker *waker, struct task *task)
{
    struct tty *tty = tty_of_file(file);
    if (waker)
        waker_register(waker, tty->changed, task);
    unsigned ready = is_readable(tty) ? POLL_INPUT : 0;
    ready |= packet_status(pty_of(tty)) ? POLLPRI : 0;
    ready |= takes_input(tty) ? POLL_ROOM : 0;
    return ready | (is_closed(pty_of(tty)) ? POLLHUP : 0);
}

/* --- Requests --------------------------------------------------------------------------------- */

/* The requests of pseudo-terminals alone (Linux: include/uapi/asm-generic/ioctls.h). */
enum {
    TIOCPKT = 0x5420,
    TIOCGPTN = (int)0x80045430,
    TIOCSPTLCK = 0x40045431,
    TIOCGPKT = (int)0x80045438,
    TIOCGPTLCK = (int)0x80045439,
    TIOCGPTPEER = 0x5441,
};

static enum error get_flag(uint64_t address, bool *flag)
{
    int number;
    enum error error = copy_from_user(&number, address, sizeof(number));
    if (!error)
        *flag = number != 0;
    return error;
}

/* Opens the other end for the running process without its name, which may lead elsewhere. */
static enum error open_peer(struct pty *pty, unsigned flags, int64_t *result)
{
    struct file *file;
    int fd = -1;
    ASSERT(pty->node); /* the master is open: this is its ioctl() */
    bool was_locked = pty->is_locked;
    pty->is_locked = false;
    enum error error = file_create(&other_operations, pty->node->inode, pty->node,
                                   flags & ~(unsigned)O_CLOEXEC, &file);
    pty->is_locked = was_locked;
    if (error)
        return error;
    file->mount = mount_showing(pty->node);
    mount_reference(file->mount);
    error = tty_hooks()->open_descriptor(file, flags & O_CLOEXEC, &fd);
    if (error)
        file_release(file);
    *result = fd;
    return error;
}

static enum error set_packets(struct pty *pty, uint64_t address)
{
    bool was = pty->in_packets;
    enum error error = get_flag(address, &pty->in_packets);
    if (!was)
        set_told(pty);
    return error;
}

static enum error master_ioctl(struct file *file, unsigned request, uint64_t argument,
                               int64_t *result)
{
    struct pty *pty = pty_of(tty_of_file(file));
    *result = 0;
    switch ((int)request) {
    case TIOCGPTN:
        return tty_give_number(argument, (int)pty->index);
    case TIOCSPTLCK:
        return get_flag(argument, &pty->is_locked);
    case TIOCGPTLCK:
        return tty_give_number(argument, pty->is_locked);
    case TIOCGPTPEER:
        return open_peer(pty, (unsigned)argument, result);
    case TIOCPKT:
        return set_packets(pty, argument);
    case TIOCGPKT:
        return tty_give_number(argument, pty->in_packets);
    case FIONREAD:
        return tty_give_number(argument, (int)ring_count(&pty->output));
    case TIOCGPGRP:
        return tty_give_number(argument, pty->tty.foreground);
    case TIOCGSID:
        return pty->tty.session ? tty_give_number(argument, pty->tty.session) : ERROR_NOT_TERMINAL;
    default:
        return tty_ioctl(file, request, argument, result);
    }
}

/* --- Making and closing ----------------------------------------------------------------------- */

static unsigned free_index(void)
{
    unsigned index = 0;
    while (index < PTYS_MAX && ptys[index])
        index++;
    return index;
}

static enum error open_master(struct file *file)
{
    struct termios settings = TERMIOS_INITIAL;
    unsigned index = free_index();
    if (index == PTYS_MAX)
        return ERROR_FULL;
    struct pty *pty = kzalloc(sizeof(*pty));
    if (!pty)
        return ERROR_OUT_OF_FRAMES;
    enum error error =
        devpts_add(index, FIRST_PTY + index, tty_hooks()->current_user(), &pty->node);
    if (error) {
        kfree(pty);
        return error;
    }
    settings.input &= ~(uint32_t)IUTF8;
    settings.control &= ~(uint32_t)HUPCL;
    pty->index = index;
    pty->is_locked = true;
    pty->output = (struct ring){.bytes = pty->bytes, .mask = OUTPUT - 1};
    pty->tty.device = &pair;
    pty->tty.number = FIRST_PTY + index;
    tty_add(&pty->tty, &settings, NULL);
    ptys[index] = pty;
    tty_file_init(file, &pty->tty, true);
    return OK;
}

static void close_master(struct file *file)
{
    struct tty *tty = tty_of_file(file);
    struct pty *pty = pty_of(tty);
    struct dentry *node = pty->node;
    tty_end(tty);
    pty->node = NULL;
    free_if_unused(tty);
    devpts_remove(node);
}

static const struct file_operations master_operations = {.open = open_master,
                                                         .close = close_master,
                                                         .read = master_read,
                                                         .write = master_write,
                                                         .poll = master_poll,
                                                         .ioctl = master_ioctl};

void ptys_start(void)
{
    static struct device devices_of_ptys[] = {
        {.name = "ptmx", .number = PTMX, .mode = 0666, .operations = &master_operations},
        {.number = FIRST_PTY, .more = PTYS_MAX - 1, .operations = &other_operations},
    };
    for (size_t i = 0; i < ARRAY_SIZE(devices_of_ptys); i++)
        device_add(&devices_of_ptys[i]);
}
