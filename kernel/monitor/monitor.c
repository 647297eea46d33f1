/*
 * Four tasks. The keyboard task and the serial task turn their device's stream into the bytes that
 * a terminal sends and feed them to the line editor, which echoes them. When a line is complete
 * they stop, and the monitor task runs the command; meanwhile the streams, and in the end the
 * devices, hold what comes. The log task shows what interrupt handlers have logged.
 */
#include <drivers/keyboard.h>
#include <drivers/ps2_lights.h>
#include <kernel/log/log.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/line.h>
#include <kernel/monitor/monitor.h>

/* A task that reads a stream and types what it makes of it. */
struct typist {
    struct task task;
    struct byte_stream *stream;
    struct waker stream_waker;
    enum line_input input;
    /* What is still to be typed: `pending` bytes from `next` on. */
    char bytes[KEYBOARD_BYTES];
    unsigned next, pending;
};

enum { BATCH = 64 }; /* so many items of a stream, and then the other tasks get their turn */

static struct task monitor;
static bool prompting;      /* the line editor takes bytes */
static const char *entered; /* the line that is to be run next */

/* Types the pending bytes. False when that has to wait. */
static bool type_pending(struct typist *typist)
{
    while (typist->pending && prompting) {
        typist->pending--;
        entered = line_feed(typist->input, typist->bytes[typist->next++]);
        if (entered) {
            prompting = false;
            task_wake(&monitor);
        }
    }
    return prompting;
}

/* The next item of the stream, once what the one before types is out. False when there is none. */
static inline bool read_stream(struct typist *typist, uint8_t *item)
{
    return type_pending(typist) &&
           stream_poll(typist->stream, &typist->stream_waker, &typist->task, item) == POLL_READY;
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
    unsigned count = 0;
    uint8_t scancode;
    for (; count < BATCH && read_stream(typist, &scancode); count++) {
        typist->next = 0;
        typist->pending = keyboard_type(&keyboard, scancode, typist->bytes);
    }
    show_locks();
    return count < BATCH ? POLL_PENDING : task_yield(task);
}

static enum poll_result poll_serial(struct task *task)
{
    struct typist *typist = CONTAINER_OF(task, struct typist, task);
    unsigned count = 0;
    uint8_t byte;
    for (; count < BATCH && read_stream(typist, &byte); count++) {
        typist->next = 0;
        typist->pending = 1;
        typist->bytes[0] = (char)byte;
    }
    return count < BATCH ? POLL_PENDING : task_yield(task);
}

static struct typist keyboard_typist = {
    .task = {.name = "keyboard", .poll = poll_keyboard, .priority = TASK_HIGH},
    .input = LINE_KEYBOARD};
static struct typist serial_typist = {
    .task = {.name = "serial", .poll = poll_serial, .priority = TASK_HIGH}, .input = LINE_SERIAL};

/* Woken for the first prompt, and by who has typed a line's end. */
static enum poll_result poll_monitor(struct task *task)
{
    (void)task;
    if (prompting)
        return POLL_PENDING;
    if (entered)
        command_run(entered);
    entered = NULL;
    line_begin();
    prompting = true;
    task_wake(&keyboard_typist.task);
    task_wake(&serial_typist.task);
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

struct executor *monitor_executor(void)
{
    return keyboard_typist.task.executor ? keyboard_typist.task.executor
                                         : serial_typist.task.executor;
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
