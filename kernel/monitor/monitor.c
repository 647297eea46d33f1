/*
 * Four tasks. The keyboard task and the serial task turn their device's stream into characters and
 * send them into one channel; the monitor task takes them out, edits the line and runs commands.
 * Both typists wait while the channel is full, and their streams, and in the end the devices, hold
 * what comes meanwhile. The log task shows what interrupt handlers have logged.
 */
#include <drivers/scancode.h>
#include <kernel/log/log.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/line.h>
#include <kernel/monitor/monitor.h>
#include <kernel/task/channel.h>
#include <lib/ecma48.h>

static char channel_storage[256];
static struct channel typed = CHANNEL_INIT(typed, channel_storage);

/* A task that reads a stream and types what it makes of it. */
struct typist {
    struct task task;
    struct byte_stream *stream;
    struct waker stream_waker;
    struct waker channel_waker;
    char pending; /* a character that is still to be sent; 0 for none */
    union {
        struct scancode_decoder decoder;
        struct {
            struct ecma48 parser;
            bool after_return;
        } serial;
    };
};

/* Sends the pending character, if any. */
static enum poll_result poll_pending(struct typist *typist)
{
    if (!typist->pending)
        return POLL_READY;
    bool sent;
    enum poll_result result =
        channel_poll_send(&typed, &typist->channel_waker, &typist->task, &typist->pending, &sent);
    if (result == POLL_READY)
        typist->pending = 0;
    return result;
}

static enum poll_result poll_keyboard(struct task *task)
{
    struct typist *typist = CONTAINER_OF(task, struct typist, task);
    uint8_t scancode;
    while (poll_pending(typist) == POLL_READY &&
           stream_poll(typist->stream, &typist->stream_waker, task, &scancode) == POLL_READY)
        typist->pending = scancode_decode(&typist->decoder, scancode);
    return POLL_PENDING;
}

/* What a byte of the serial line types: CR and LF both end a line, but not CR and LF together. NUL
 * types nothing, nor do the sequences that a terminal sends for its cursor and function keys; a
 * line's end ends a broken one, too. */
static char serial_character(struct typist *typist, uint8_t byte)
{
    bool after_return = typist->serial.after_return;
    typist->serial.after_return = byte == '\r';
    if (byte == '\n' && after_return)
        return 0;
    if (byte == '\r' || byte == '\n')
        typist->serial.parser = (struct ecma48){0};
    enum ecma48_event event = ecma48_feed(&typist->serial.parser, (char)byte);
    return event == ECMA48_PRINT || event == ECMA48_CONTROL ? (char)byte : 0;
}

static enum poll_result poll_serial(struct task *task)
{
    struct typist *typist = CONTAINER_OF(task, struct typist, task);
    uint8_t byte;
    while (poll_pending(typist) == POLL_READY &&
           stream_poll(typist->stream, &typist->stream_waker, task, &byte) == POLL_READY)
        typist->pending = serial_character(typist, byte);
    return POLL_PENDING;
}

static struct typist keyboard = {
    .task = {.name = "keyboard", .poll = poll_keyboard, .priority = TASK_HIGH}};
static struct typist serial = {
    .task = {.name = "serial", .poll = poll_serial, .priority = TASK_HIGH}};

static struct waker typed_waker;

static enum poll_result poll_monitor(struct task *task)
{
    if (task->polls == 1)
        line_begin();
    char byte;
    bool received;
    while (channel_poll_receive(&typed, &typed_waker, task, &byte, &received) == POLL_READY) {
        const char *line = line_feed(byte);
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

void monitor_read_keyboard(struct executor *executor, struct byte_stream *scancodes)
{
    keyboard.stream = scancodes;
    executor_spawn(executor, &keyboard.task);
}

void monitor_read_serial(struct executor *executor, struct byte_stream *bytes)
{
    serial.stream = bytes;
    executor_spawn(executor, &serial.task);
}
