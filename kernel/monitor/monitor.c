/*
 * Four tasks. The keyboard task and the serial task turn their device's stream into the bytes that
 * a terminal sends and put them into one channel; the monitor task takes them out, edits the line
 * and runs commands. Both typists wait while the channel is full, and their streams, and in the end
 * the devices, hold what comes meanwhile. The log task shows what interrupt handlers have logged.
 */
#include <drivers/keyboard.h>
#include <drivers/ps2_lights.h>
#include <kernel/log/log.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/line.h>
#include <kernel/monitor/monitor.h>
#include <kernel/task/channel.h>

/* What is typed, at either input: each has sequences of its own. */
struct typed_byte {
    char byte;
    uint8_t input; /* enum line_input */
};

static struct typed_byte channel_storage[256];
static struct channel typed = CHANNEL_INIT(typed, channel_storage);

/* A task that reads a stream and types what it makes of it. */
struct typist {
    struct task task;
    struct byte_stream *stream;
    struct waker stream_waker;
    struct waker channel_waker;
    enum line_input input;
    /* What is still to be sent: `pending` bytes from `next` on. */
    char bytes[KEYBOARD_BYTES];
    unsigned next, pending;
};

/* Sends the pending bytes, if any. */
static enum poll_result poll_pending(struct typist *typist)
{
    for (; typist->pending; typist->pending--, typist->next++) {
        bool sent;
        const struct typed_byte element = {typist->bytes[typist->next], (uint8_t)typist->input};
        if (channel_poll_send(&typed, &typist->channel_waker, &typist->task, &element, &sent) ==
            POLL_PENDING)
            return POLL_PENDING;
    }
    typist->next = 0;
    return POLL_READY;
}

static struct keyboard keyboard = {.layout = &layout_us};

static void show_locks(void)
{
    static uint8_t shown;
    uint8_t lights = keyboard_lights(&keyboard);
    if (lights == shown)
        return;
    shown = lights;
    ps2_lights_set(lights);
}

static enum poll_result poll_keyboard(struct task *task)
{
    struct typist *typist = CONTAINER_OF(task, struct typist, task);
    uint8_t scancode;
    while (poll_pending(typist) == POLL_READY &&
           stream_poll(typist->stream, &typist->stream_waker, task, &scancode) == POLL_READY)
        typist->pending = keyboard_type(&keyboard, scancode, typist->bytes);
    show_locks();
    return POLL_PENDING;
}

static enum poll_result poll_serial(struct task *task)
{
    struct typist *typist = CONTAINER_OF(task, struct typist, task);
    uint8_t byte;
    while (poll_pending(typist) == POLL_READY &&
           stream_poll(typist->stream, &typist->stream_waker, task, &byte) == POLL_READY) {
        typist->bytes[0] = (char)byte;
        typist->pending = 1;
    }
    return POLL_PENDING;
}

static struct typist keyboard_typist = {
    .task = {.name = "keyboard", .poll = poll_keyboard, .priority = TASK_HIGH},
    .input = LINE_KEYBOARD};
static struct typist serial_typist = {
    .task = {.name = "serial", .poll = poll_serial, .priority = TASK_HIGH}, .input = LINE_SERIAL};

static struct waker typed_waker;

static enum poll_result poll_monitor(struct task *task)
{
    if (task->polls == 1)
        line_begin();
    struct typed_byte next;
    bool received;
    while (channel_poll_receive(&typed, &typed_waker, task, &next, &received) == POLL_READY) {
        const char *line = line_feed((enum line_input)next.input, next.byte);
        if (!line)
            continue;
        command_run(line);
        line_begin();
        /* A command may have taken long: the other tasks get their turn before the next one. */
        return task_yield(task);
    }
    return POLL_PENDING;
}

static struct task monitor = {.name = "monitor", .poll = poll_monitor};

static enum poll_result poll_log(struct task *task)
{
    (void)task;
    log_flush();
    return POLL_PENDING;
}

static struct task log_task = {.name = "log", .poll = poll_log};

const struct executor *monitor_executor(void)
{
    return monitor.executor;
}

void monitor_start(struct executor *executor)
{
    log_set_line_hooks(line_hide, line_show);
    executor_spawn(executor, &log_task);
    executor_spawn(executor, &monitor);
}

void monitor_tick(void)
{
    if (log_pending())
        task_wake(&log_task);
}

void monitor_set_layout(const struct layout *layout)
{
    keyboard_set_layout(&keyboard, layout);
}

const struct layout *monitor_layout(void)
{
    return keyboard.layout;
}

void monitor_losses(struct monitor_losses *losses)
{
    losses->keyboard = keyboard.overruns;
    losses->serial = serial_typist.stream ? serial_typist.stream->lost : 0;
}

void monitor_read_keyboard(struct executor *executor, struct byte_stream *scancodes,
                           uint8_t scancode_set)
{
    keyboard.decoder.state = scancode_set;
    keyboard_typist.stream = scancodes;
    executor_spawn(executor, &keyboard_typist.task);
}

void monitor_read_serial(struct executor *executor, struct byte_stream *bytes)
{
    serial_typist.stream = bytes;
    executor_spawn(executor, &serial_typist.task);
}
