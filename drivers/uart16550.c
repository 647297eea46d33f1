/*
 * National Semiconductor PC16550D data sheet.
 *
 * Written bytes go into a ring, and from there into the transmitter: when its status says that it
 * is empty, its FIFO is filled. The writer fills the FIFO once. While bytes are left in the ring,
 * the interrupt of an empty transmitter is on, and its handler fills the FIFO again. So nothing in
 * the kernel waits for the line. A task that has more to print than the ring holds waits for room
 * (uart16550_poll_room()). Bytes that are written while the ring is full are lost; the log says how
 * many.
 *
 * Before interrupts are enabled, and in a panic, the console drains the ring after each write. It
 * polls the status, with a limit, and so takes as long as the line does. In return, a machine that
 * stops early, or panics, has sent all its text.
 *
 * An interrupt may get lost, and some machines connect none. So the timer's handler looks after the
 * port, too (uart16550_watch()). It also notices a transmitter that has stopped. No task waits for
 * such a transmitter.
 *
 * When the stream of received bytes is full, the receive interrupt is off, the FIFO fills up, and a
 * sender that heeds RTS (an emulator does so in its way) waits.
 */
#include <drivers/uart16550.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <kernel/log/log.h>

enum reg {
    DATA = 0,
    INTERRUPT_ENABLE = 1,
    FIFO_CONTROL = 2,       /* write */
    INTERRUPT_IDENTITY = 2, /* read */
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
    DIVISOR_LOW = 0, /* while DLAB is set */
    DIVISOR_HIGH = 1,
};

enum bits {
    IER_RECEIVED = 0x01,
    IER_TRANSMITTER_READY = 0x02,
    FCR_ENABLE = 0x01,
    FCR_CLEAR = 0x06,
    FCR_TRIGGER_8 = 0x80,
    IIR_NONE_PENDING = 0x01,
    IIR_FIFO = 0xc0,
    LCR_8N1 = 0x03,
    LCR_DLAB = 0x80,
    MCR_DTR_RTS = 0x03,
    MCR_OUT2 = 0x08, /* connects the interrupt line on a PC */
    MCR_LOOPBACK = 0x10,
    LSR_DATA_READY = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_BREAK = 0x10,
    LSR_TRANSMITTER_READY = 0x20, /* its FIFO is empty */
    LSR_TRANSMITTER_EMPTY = 0x40, /* the last bit has gone out, too */
};

enum {
    DIVISOR_115200 = 1,
    FIFO_SIZE = 16,
    PROBE_BYTE = 0xae,
    /* In polls of the status, of about two microseconds each, or a tenth of that under an emulator.
     * A full FIFO takes 1.4 ms to send; an emulator's has to wait until its other end is read. */
    SEND_LIMIT = 250000,
    PROBE_LIMIT = 2000,
    LAST_BYTE_LIMIT = 2000,
    /* A real transmitter takes 16 bytes at once. An emulator's is always ready, so each call has a
     * limit. */
    FIFOS_AT_ONCE = 16,
    INTERRUPT_LIMIT = 64, /* rounds of one call */
    STUCK_LOOKS = 32,     /* calls of uart16550_watch(): half a second */
};

static uint8_t get(const struct uart16550 *uart, enum reg reg)
{
    return inb((uint16_t)(uart->port + reg));
}

static void set(const struct uart16550 *uart, enum reg reg, uint8_t value)
{
    outb((uint16_t)(uart->port + reg), value);
}

static NOINLINE void note_marks(struct uart16550 *uart, uint8_t status)
{
    uart->received.lost += (status & LSR_OVERRUN) != 0;
    uart->break_comes |= (status & LSR_BREAK) != 0;
}

/* Reading the status clears its marks of an overrun and of a break, so each read notes them. */
static uint8_t line_status(struct uart16550 *uart)
{
    uint8_t status = get(uart, LINE_STATUS);
    if (status & (LSR_OVERRUN | LSR_BREAK))
        note_marks(uart, status);
    return status;
}

/* Polls the line status until it has the bit; false when the time is up. */
static bool wait_status(const struct uart16550 *uart, uint8_t bit, unsigned limit)
{
    for (; limit; limit--) {
        if (get(uart, LINE_STATUS) & bit)
            return true;
        io_delay();
    }
    return false;
}

/* --- Sending -------------------------------------------------------------------------------- */

static bool is_stuck(const struct uart16550 *uart)
{
    return uart->silent_looks == STUCK_LOOKS;
}

/* A quarter of the ring is used at most. */
static bool has_caught_up(const struct uart16550 *uart)
{
    return ring_count(&uart->unsent) <= uart->unsent.mask / 4;
}

static bool has_room(const struct uart16550 *uart)
{
    return has_caught_up(uart) || is_stuck(uart);
}

static void log_loss_begins(struct uart16550 *uart)
{
    if (!uart->behind)
        log_warn("uart: port 0x%x is slow or stuck; what its buffer cannot hold is lost",
                 uart->port);
    uart->behind = true;
}

static void log_loss_ends(struct uart16550 *uart)
{
    if (is_stuck(uart) || !has_caught_up(uart))
        return;
    uart->behind = false;
    log_warn("uart: port 0x%x sends again; it has lost %lu bytes of output", uart->port,
             uart->lost);
}

/* Fills the FIFO if it is empty; false when it is not. Interrupts are masked. */
static bool send_fifo(struct uart16550 *uart)
{
    if (!(line_status(uart) & LSR_TRANSMITTER_READY))
        return false;
    const uint8_t *bytes;
    uint32_t waiting = ring_oldest(&uart->unsent, &bytes);
    uint32_t count = MIN(waiting, (uint32_t)uart->fifo);
    outb_many((uint16_t)(uart->port + DATA), bytes, count);
    ring_drop(&uart->unsent, count);
    uart->silent_looks = 0;
    return true;
}

/* Sends what the transmitter takes now. Interrupts are masked. */
static void send(struct uart16550 *uart)
{
    for (unsigned i = 0; i < FIFOS_AT_ONCE && ring_count(&uart->unsent); i++) {
        if (!send_fifo(uart))
            break;
    }
    if (uart->behind)
        log_loss_ends(uart);
}

/* Switches on the interrupts that are wanted now: of a byte received, unless the stream is full,
 * and of an empty transmitter, while something waits to be sent. Switching one on raises it at once
 * when its cause is there already. Interrupts are masked. */
static void choose_interrupts(struct uart16550 *uart)
{
    uint8_t wanted = (uint8_t)((uart->received.stopped ? 0 : IER_RECEIVED) |
                               (ring_count(&uart->unsent) ? IER_TRANSMITTER_READY : 0));
    if (!uart->started || wanted == uart->enabled)
        return;
    uart->enabled = wanted;
    set(uart, INTERRUPT_ENABLE, wanted);
}

static inline void push(struct uart16550 *uart, const char *text, size_t length)
{
    size_t pushed = ring_push(&uart->unsent, text, (uint32_t)length);
    if (pushed == length)
        return;
    uart->lost += length - pushed;
    log_loss_begins(uart);
}

/* The length of the line at `text`, without its end. Most lines are printable up to there. */
static size_t line_length(const char *text, size_t limit)
{
    size_t length = printable_length(text, limit);
    while (length < limit && text[length] != '\n')
        length++;
    return length;
}

static inline void begin_sending(struct uart16550 *uart)
{
    uint64_t flags = interrupts_save();
    send(uart);
    if (ring_count(&uart->unsent))
        choose_interrupts(uart);
    interrupts_restore(flags);
}

static void write(struct console_sink *sink, const char *text, size_t length)
{
    struct uart16550 *uart = CONTAINER_OF(sink, struct uart16550, sink);
    while (length) {
        size_t line = line_length(text, length);
        push(uart, text, line);
        if (line < length) {
            push(uart, "\r\n", 2);
            line++;
        }
        text += line;
        length -= line;
    }
    begin_sending(uart);
}

void uart16550_send(struct uart16550 *uart, const char *bytes, size_t count)
{
    push(uart, bytes, count);
    begin_sending(uart);
}

bool uart16550_has_sent(const struct uart16550 *uart, uint32_t left)
{
    return ring_count(&uart->unsent) <= left || is_stuck(uart);
}

/* The limit is for each FIFO. Once the transmitter is stuck, one look is enough until it sends
 * again. */
static void drain(struct console_sink *sink)
{
    struct uart16550 *uart = CONTAINER_OF(sink, struct uart16550, sink);
    while (ring_count(&uart->unsent)) {
        if (!wait_status(uart, LSR_TRANSMITTER_READY, is_stuck(uart) ? 1 : SEND_LIMIT)) {
            uart->silent_looks = STUCK_LOOKS;
            log_loss_begins(uart);
            return;
        }
        uint64_t flags = interrupts_save();
        send(uart);
        interrupts_restore(flags);
    }
    wait_status(uart, LSR_TRANSMITTER_EMPTY, LAST_BYTE_LIMIT);
}

static bool sink_has_room(struct console_sink *sink)
{
    return has_room(CONTAINER_OF(sink, struct uart16550, sink));
}

enum poll_result uart16550_poll_room(struct uart16550 *uart, struct waker *waker, struct task *task)
{
    if (!has_room(uart)) {
        waker_register(waker, &uart->writers, task);
        if (!has_room(uart)) /* the handler may have made some in between */
            return POLL_PENDING;
    }
    waker_finish(waker);
    return POLL_READY;
}

/* --- Receiving ------------------------------------------------------------------------------ */

/* Takes a byte that was received. A break counts as one, a 0, which a chip announces when that is
 * the next byte, and an emulator perhaps earlier. */
static void take(struct uart16550 *uart, uint8_t byte)
{
    if (byte || !uart->break_comes) {
        stream_push(&uart->received, byte);
        return;
    }
    uart->break_comes = false;
    uart->broken = true;
    wait_queue_wake_and_keep(&uart->received.readers);
}

static void receive(struct uart16550 *uart)
{
    while (line_status(uart) & LSR_DATA_READY) {
        if (!stream_has_room(&uart->received))
            return;
        take(uart, get(uart, DATA));
    }
}

bool uart16550_take_break(struct uart16550 *uart)
{
    return uart->broken && __atomic_exchange_n(&uart->broken, false, __ATOMIC_RELAXED);
}

void uart16550_resume(struct byte_stream *stream)
{
    struct uart16550 *uart = CONTAINER_OF(stream, struct uart16550, received);
    uint64_t flags = interrupts_save();
    choose_interrupts(uart);
    interrupts_restore(flags);
}

/* --- Set-up and interrupts ------------------------------------------------------------------ */

/* In loopback, what is sent comes back: nothing but a UART does that. */
static bool answers(const struct uart16550 *uart)
{
    set(uart, MODEM_CONTROL, MCR_LOOPBACK);
    set(uart, DATA, PROBE_BYTE);
    /* What was received before comes first. Where no device is, every read gives 0xff: all status
     * bits at once, and never the byte that was sent. */
    for (unsigned i = 0; i <= FIFO_SIZE && wait_status(uart, LSR_DATA_READY, PROBE_LIMIT); i++) {
        if (get(uart, DATA) == PROBE_BYTE)
            return true;
    }
    return false;
}

enum error uart16550_init(struct uart16550 *uart, uint16_t port)
{
    uart->port = port;
    uart->sink.write = write;
    uart->sink.drain = drain;
    uart->sink.has_room = sink_has_room;
    set(uart, INTERRUPT_ENABLE, 0);
    set(uart, LINE_CONTROL, LCR_DLAB);
    set(uart, DIVISOR_LOW, DIVISOR_115200);
    set(uart, DIVISOR_HIGH, 0);
    set(uart, LINE_CONTROL, LCR_8N1);
    set(uart, FIFO_CONTROL, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_8);
    if (!answers(uart))
        return ERROR_NO_DEVICE;
    uart->present = true;
    uart->fifo = (get(uart, INTERRUPT_IDENTITY) & IIR_FIFO) == IIR_FIFO ? FIFO_SIZE : 1;
    set(uart, MODEM_CONTROL, MCR_DTR_RTS | MCR_OUT2);
    return OK;
}

void uart16550_start(struct uart16550 *uart)
{
    uint64_t flags = interrupts_save();
    uart->started = true;
    choose_interrupts(uart);
    interrupts_restore(flags);
}

/* The interrupt line is edge-triggered on a PC: there is no further edge unless the UART has
 * released the line, which it does when no interrupt is pending. */
void uart16550_interrupt(struct uart16550 *uart)
{
    for (unsigned i = 0; i < INTERRUPT_LIMIT; i++) {
        receive(uart);
        send(uart);
        if (has_room(uart))
            wait_queue_wake_all(&uart->writers);
        choose_interrupts(uart);
        if (get(uart, INTERRUPT_IDENTITY) & IIR_NONE_PENDING)
            break;
    }
}

void uart16550_watch(struct uart16550 *uart)
{
    if (!uart->started)
        return;
    if (ring_count(&uart->unsent) && !is_stuck(uart) && ++uart->silent_looks == STUCK_LOOKS)
        log_loss_begins(uart);
    uart16550_interrupt(uart);
}
