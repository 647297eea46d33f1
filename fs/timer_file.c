#include <fs/anonymous.h>
#include <fs/text.h>
#include <fs/timer_file.h>
#include <kernel/task/alarm.h>
#include <kernel/task/clock.h>
#include <kernel/task/thread.h>
#include <mm/heap.h>

struct timer_file {
    struct alarm alarm;
    int clock; /* as the program calls it */
    bool is_time_of_day;
    unsigned set_flags; /* TIMER_FILE_..., as it was set last */
    uint64_t expired;   /* how often since the last read */
    struct wait_queue changed;
};

static struct timer_file *timer_of(const struct file *file)
{
    return file->data;
}

static void expired(struct alarm *alarm, uint64_t count)
{
    struct timer_file *timer = CONTAINER_OF(alarm, struct timer_file, alarm);
    timer->expired += count;
    wait_queue_wake_all(&timer->changed);
}

static void release(struct task *task)
{
    kfree(CONTAINER_OF(task, struct timer_file, alarm.task));
}

static void close(struct file *file)
{
    alarm_drop(&timer_of(file)->alarm);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    struct timer_file *timer = timer_of(file);
    enum error error = OK;
    (void)position;
    if (buffer->left < sizeof(uint64_t))
        return ERROR_INVALID;
    while (!error && !timer->expired)
        error = file->flags & O_NONBLOCK ? ERROR_AGAIN : thread_wait_interruptible(&timer->changed);
    if (error)
        return error;
    uint64_t count = timer->expired;
    timer->expired = 0;
    return buffer_put(buffer, &count, sizeof(count));
}

static unsigned poll(struct file *file, struct waker *waker, struct task *task)
{
    struct timer_file *timer = timer_of(file);
    if (waker)
        waker_register(waker, &timer->changed, task);
    return timer->expired ? POLLIN | POLLRDNORM : 0;
}

static void append_time(struct text *text, const char *name, uint64_t time)
{
    text_printf(text, "%s: (%lu, %lu)\n", name, time / NANOSECONDS_PER_SECOND,
                time % NANOSECONDS_PER_SECOND);
}

/* As Linux (fs/timerfd.c:timerfd_show there). */
static void describe(const struct file *file, struct text *text)
{
    const struct timer_file *timer = timer_of(file);
    uint64_t left, period;
    timer_file_get(file, &left, &period);
    text_printf(text, "clockid: %d\nticks: %lu\nsettime flags: 0%u\n", timer->clock, timer->expired,
                timer->set_flags);
    append_time(text, "it_value", left);
    append_time(text, "it_interval", period);
}

static const struct file_operations operations = {.name = "anon_inode:[timerfd]",
                                                  .seek = anonymous_seek,
                                                  .close = close,
                                                  .read = read,
                                                  .poll = poll,
                                                  .describe = describe};

enum error timer_file_create(int clock, bool is_time_of_day, unsigned flags, struct file **file)
{
    struct timer_file *timer = kzalloc(sizeof(*timer));
    if (!timer)
        return ERROR_OUT_OF_FRAMES;
    timer->clock = clock;
    timer->is_time_of_day = is_time_of_day;
    enum error error = anonymous_file_create(&operations, timer, O_RDWR | flags, file);
    if (error) {
        kfree(timer);
        return error;
    }
    wait_queue_init(&timer->changed);
    alarm_init(&timer->alarm, "timer file", expired, release);
    return OK;
}

bool file_is_timer(const struct file *file)
{
    return file->operations == &operations;
}

void timer_file_set(struct file *file, unsigned flags, uint64_t value, uint64_t period)
{
    struct timer_file *timer = timer_of(file);
    timer->expired = 0;
    timer->set_flags = flags;
    if (!value) {
        alarm_clear(&timer->alarm);
        return;
    }
    uint64_t now = flags & TIMER_FILE_ABSOLUTE ? 0 : deadline_clock(timer->is_time_of_day);
    alarm_set(&timer->alarm, timer->is_time_of_day, now + value, period);
}

void timer_file_get(const struct file *file, uint64_t *left, uint64_t *period)
{
    const struct timer_file *timer = timer_of(file);
    *left = alarm_left(&timer->alarm);
    *period = timer->alarm.period;
}
