#include <fs/anonymous.h>
#include <fs/text.h>
#include <kernel/process/process.h>
#include <kernel/process/signalfd.h>
#include <kernel/process/timers.h>
#include <mm/heap.h>

struct signalfd {
    uint64_t set;
};

/* Linux's struct signalfd_siginfo (include/uapi/linux/signalfd.h). */
struct read_signal {
    uint32_t number;
    int32_t error, code;
    uint32_t process, user;
    int32_t fd;
    uint32_t timer, band, overrun, trap;
    int32_t status, value;
    uint64_t pointer, user_time, system_time, address;
    uint8_t room[48];
};
_Static_assert(sizeof(struct read_signal) == 128, "include/uapi/linux/signalfd.h");

static struct signalfd *signalfd_of(const struct file *file)
{
    return file->data;
}

static struct read_signal describe(const struct signal_info *info)
{
    struct read_signal signal = {.number = (uint32_t)info->number,
                                 .error = info->error,
                                 .code = info->code,
                                 .process = (uint32_t)info->process,
                                 .user = info->user};
    if (info->number == SIGCHLD) {
        signal.status = (int32_t)info->value;
        signal.user_time = info->user_time;
        signal.system_time = info->system_time;
    } else if (info->code < SI_USER) {
        signal.value = (int32_t)info->value;
        signal.pointer = (uint64_t)info->value;
    }
    return signal;
}

/* Takes the next signal; waits for one only if `may_wait`. */
static enum error take(const struct file *file, bool may_wait, struct signal_info *info)
{
    while (!signal_take(user_thread_current(), signalfd_of(file)->set, info)) {
        if (!may_wait || file->flags & O_NONBLOCK)
            return ERROR_AGAIN;
        enum error error = thread_wait_interruptible(&signals_arrived);
        if (error)
            return error;
    }
    process_timer_signal_taken(process_current(), info);
    return OK;
}

/* Reads as many signals as are pending and have room in the buffer. */
static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct signal_info info;
    bool is_first = true;
    enum error error = OK;
    (void)position;
    if (buffer->left < sizeof(struct read_signal))
        return ERROR_INVALID;
    while (!error && buffer->left >= sizeof(struct read_signal)) {
        error = take(file, is_first, &info);
        if (error)
            break;
        const struct read_signal signal = describe(&info);
        error = buffer_put(buffer, &signal, sizeof(signal));
        is_first = false;
    }
    return error;
}

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    if (waker)
        waker_register(waker, &signals_arrived, task);
    return signals_pending(user_thread_current()) & signalfd_of(file)->set ? POLLIN : 0;
}

static void close(struct file *file)
{
    kfree(file->data);
}

static void describe_file(const struct file *file, struct text *text)
{
    text_printf(text, "sigmask:\t%016lx\n", signalfd_of(file)->set);
}

static const struct file_operations operations = {.name = "anon_inode:[signalfd]",
                                                  .seek = anonymous_seek,
                                                  .close = close,
                                                  .read = read,
                                                  .poll = poll,
                                                  .describe = describe_file};

enum error signalfd_create(uint64_t set, unsigned flags, struct file **file)
{
    struct signalfd *signalfd = kmalloc(sizeof(*signalfd));
    if (!signalfd)
        return ERROR_OUT_OF_FRAMES;
    signalfd->set = set & ~SIGNALS_UNBLOCKABLE;
    enum error error = anonymous_file_create(&operations, signalfd, O_RDWR | flags, file);
    if (error)
        kfree(signalfd);
    return error;
}

enum error signalfd_set(struct file *file, uint64_t set)
{
    if (file->operations != &operations)
        return ERROR_INVALID;
    signalfd_of(file)->set = set & ~SIGNALS_UNBLOCKABLE;
    wait_queue_wake_for(&signals_arrived, POLLIN);
    return OK;
}
