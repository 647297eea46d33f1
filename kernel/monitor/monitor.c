/*
 * Three tasks read the PS/2 keyboard, keyboards on USB, and COM1. Each reads its device's stream
 * and decodes it to the bytes that a terminal would send. If a program's terminal is shown, or has
 * the serial line, it gets the bytes. Otherwise the line editor gets them and echoes them. When a
 * line is complete, the readers stop and the monitor's task runs the command. Meanwhile input waits
 * in the streams, and then in the devices. The log's task shows lines that interrupt handlers have
 * logged.
 */
#include <assert.h>
#include <drivers/keyboard.h>
#include <drivers/ps2_lights.h>
#include <drivers/usb/usb_keyboard.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/line.h>
#include <kernel/monitor/monitor.h>
#include <kernel/tty/serial_terminal.h>
#include <kernel/tty/virtual_terminal.h>

/* Decodes an item of a stream, a scancode or a byte, into `bytes`; returns the number of bytes. */
typedef unsigned (*decoder)(struct keyboard *keyboard, uint8_t item, char *bytes);

/* A task that reads a stream, decodes it, and feeds the line editor, or a terminal. */
struct reader {
    struct task task;
    struct byte_stream *stream; /* NULL: there is no such device */
    struct waker stream_waker;
    struct waker room_waker;
    enum line_input input;
    decoder decode;
    /* Bytes that the line editor has not taken yet: `pending` of them, from `next` on. */
    char bytes[KEYBOARD_BYTES];
    unsigned next, pending;
};

enum { BATCH = 64 }; /* the most items of a stream in one poll */

static struct task monitor;
static bool prompting;      /* the line editor takes bytes */
static const char *entered; /* the line to run next, or NULL */

static struct uart16550 *serial; /* NULL: there is none */

/* The echo and a command's output go to COM1, maybe faster than it sends. So a batch is typed only
 * when COM1 has room for its echo and for the output of one command, since a batch ends at a
 * command. The task is woken when there is room again. */
static bool has_room(struct reader *reader)
{
    return !serial || uart16550_poll_room(serial, &reader->room_waker, &reader->task) == POLL_READY;
}

/* Feeds the pending bytes to the line editor, up to the end of a line. */
static void type_pending(struct reader *reader)
{
    while (reader->pending && prompting) {
        reader->pending--;
        entered = line_feed(reader->input, reader->bytes[reader->next++]);
        if (entered) {
            prompting = false;
            task_wake(&monitor);
        }
    }
}

/* Reads the stream's next item; false if there is none. */
static inline bool read_item(struct reader *reader, uint8_t *item)
{
    return stream_poll(reader->stream, &reader->stream_waker, &reader->task, item) == POLL_READY;
}

static struct keyboard keyboard = {.layout = &layout_us}; /* the state of all keyboards */

/* --- Terminals ------------------------------------------------------------------------------ */

/* Does the reader's input belong to a program's terminal? */
static bool has_terminal(const struct reader *reader)
{
    if (reader->input == LINE_SERIAL)
        return serial_terminal_has_line();
    return virtual_terminal_shown() != CONSOLE_SHOWN;
}

/* Types the pending bytes at COM1's terminal. Bytes for which it has no room stay pending; the task
 * is woken when there is room. */
static void type_at_serial_terminal(struct reader *reader)
{
    const uint8_t *bytes = (const uint8_t *)reader->bytes + reader->next;
    unsigned taken = (unsigned)tty_input(serial_terminal(), bytes, reader->pending);
    reader->next += taken;
    reader->pending -= taken;
    if (reader->pending)
        tty_poll_input_room(serial_terminal(), &reader->room_waker, &reader->task);
}

/* Types the pending bytes at a program's terminal, or shows another one if they are the key for
 * that. Returns false if they are the monitor's. */
static bool type_at_terminal(struct reader *reader)
{
    if (reader->input == LINE_SERIAL) {
        if (!serial_terminal_has_line())
            return false;
        type_at_serial_terminal(reader);
        return true;
    }
    bool taken = virtual_terminals_type(reader->bytes + reader->next, reader->pending);
    reader->pending = taken ? 0 : reader->pending;
    return taken;
}

/* Types the pending bytes where they belong. */
static void type_shared(struct reader *reader)
{
    if (reader->pending && !type_at_terminal(reader))
        type_pending(reader);
}

/* The batch of a system with programs: a terminal or the monitor gets each item. */
static NOINLINE enum poll_result type_shared_batch(struct reader *reader)
{
    unsigned count = 0;
    uint8_t item;
    if (!has_terminal(reader) && !has_room(reader))
        return POLL_PENDING;
    type_shared(reader);
    for (; count < BATCH && !reader->pending && (prompting || has_terminal(reader)) &&
           read_item(reader, &item);
         count++) {
        reader->next = 0;
        reader->pending = reader->decode(&keyboard, item, reader->bytes);
        type_shared(reader);
    }
    return count < BATCH ? POLL_PENDING : task_yield(&reader->task);
}

/* --- Readers ---------------------------------------------------------------------------------- */

/* Feeds the bytes that were left at an earlier line's end, and then a batch of items. `decode` is
 * the reader's; as a constant argument it can be inlined. */
static inline enum poll_result type_batch(struct reader *reader, decoder decode)
{
    unsigned count = 0;
    uint8_t item;
    if (virtual_terminals_exist)
        return type_shared_batch(reader);
    if (!has_room(reader))
        return POLL_PENDING;
    type_pending(reader);
    for (; count < BATCH && prompting && read_item(reader, &item); count++) {
        reader->next = 0;
        reader->pending = decode(&keyboard, item, reader->bytes);
        ASSERT(reader->pending <= KEYBOARD_BYTES);
        type_pending(reader);
    }
    return count < BATCH ? POLL_PENDING : task_yield(&reader->task);
}

/* Shows Caps Lock and its like on the keyboards' lights. */
static void show_locks(void)
{
    static uint8_t shown;
    uint8_t lights = keyboard_lights(&keyboard);
    if (lights == shown)
        return;
    shown = lights;
    ps2_lights_set(lights);
    usb_keyboard_set_lights(lights);
}

static enum poll_result poll_keyboard(struct task *task)
{
    enum poll_result result = type_batch(CONTAINER_OF(task, struct reader, task), keyboard_type);
    show_locks();
    return result;
}

static enum poll_result poll_usb_keyboard(struct task *task)
{
    enum poll_result result =
        type_batch(CONTAINER_OF(task, struct reader, task), keyboard_type_usb);
    show_locks();
    return result;
}

/* The bytes of a serial line need no decoding. */
static unsigned serial_type(struct keyboard *unused, uint8_t byte, char *bytes)
{
    (void)unused;
    bytes[0] = (char)byte;
    return 1;
}

/* A break on the serial line gives it to the terminal, or back to the monitor. */
static NOINLINE void change_line(void)
{
    serial_terminal_switch();
    if (!serial_terminal_has_line())
        line_show_on(&serial->sink);
}

static enum poll_result poll_serial(struct task *task)
{
    if (uart16550_take_break(serial) && serial_terminal())
        change_line();
    return type_batch(CONTAINER_OF(task, struct reader, task), serial_type);
}

static struct reader keyboard_reader = {
    .task = {.name = "keyboard", .poll = poll_keyboard, .priority = TASK_HIGH},
    .input = LINE_KEYBOARD,
    .decode = keyboard_type};
static struct reader usb_reader = {
    .task = {.name = "usb keyboards", .poll = poll_usb_keyboard, .priority = TASK_HIGH},
    .input = LINE_KEYBOARD,
    .decode = keyboard_type_usb};
static struct reader serial_reader = {
    .task = {.name = "serial", .poll = poll_serial, .priority = TASK_HIGH},
    .input = LINE_SERIAL,
    .decode = serial_type};

/* --- Ctrl-C while a command runs -------------------------------------------------------------- */

static bool types_interrupt(const struct reader *reader, struct keyboard *state, uint8_t item)
{
    enum { CTRL_C = 3 };
    char bytes[KEYBOARD_BYTES];
    unsigned count = reader->decode(state, item, bytes);
    for (unsigned i = 0; i < count; i++) {
        if (bytes[i] == CTRL_C)
            return true;
    }
    return false;
}

/* Is there a Ctrl-C in the stream? It is decoded with a copy of the keyboard's state. */
static bool interrupt_waits(const struct reader *reader)
{
    struct keyboard copy = keyboard;
    const struct ring *ring = &reader->stream->ring;
    uint32_t count = ring_count(ring);
    for (uint32_t i = 0; i < count; i++) {
        if (types_interrupt(reader, &copy, ring_peek(ring, i)))
            return true;
    }
    return false;
}

static bool take_interrupt(struct reader *reader)
{
    uint8_t item;
    if (!reader->stream || has_terminal(reader) || !interrupt_waits(reader))
        return false;
    while (read_item(reader, &item) && !types_interrupt(reader, &keyboard, item))
        ;
    return true;
}

bool monitor_interrupted(void)
{
    ASSERT(!in_interrupt());
    bool at_keyboard = take_interrupt(&keyboard_reader);
    bool at_usb_keyboard = take_interrupt(&usb_reader);
    return take_interrupt(&serial_reader) || at_keyboard || at_usb_keyboard;
}

/* --- The monitor and its interface ------------------------------------------------------------ */

/* Woken for the first prompt, and by a reader at the end of a line. */
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
    task_wake(&keyboard_reader.task);
    task_wake(&usb_reader.task);
    task_wake(&serial_reader.task);
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
    const struct reader *const readers[] = {&keyboard_reader, &usb_reader, &serial_reader};
    for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
        if (readers[i]->task.executor)
            return readers[i]->task.executor;
    }
    return NULL;
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
    losses->serial = serial_reader.stream ? serial_reader.stream->lost : 0;
}

void monitor_read_keyboard(struct executor *executor, struct byte_stream *scancodes,
                           uint8_t scancode_set)
{
    ASSERT(!keyboard_reader.stream);
    keyboard.decoder.state = scancode_set;
    keyboard_reader.stream = scancodes;
    executor_spawn(executor, &keyboard_reader.task);
}

void monitor_read_usb_keyboards(struct executor *executor)
{
    ASSERT(!usb_reader.stream);
    usb_reader.stream = &usb_keyboard_scancodes;
    executor_spawn(executor, &usb_reader.task);
}

void monitor_use_serial(struct executor *executor, struct uart16550 *uart)
{
    ASSERT(!serial);
    serial = uart;
    serial_reader.stream = &uart->received;
    executor_spawn(executor, &serial_reader.task);
}
