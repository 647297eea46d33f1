/*
 * National Semiconductor PC16550D data sheet. Sending is polled: a whole FIFO is filled for each
 * look at the status. Receiving is driven by interrupts; when the stream is full, the receive
 * interrupt is switched off, the FIFO fills up, and a sender that heeds RTS (as an emulator does in
 * its way) waits.
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
    FCR_ENABLE = 0x01,
    FCR_CLEAR = 0x06,
    FCR_TRIGGER_8 = 0x80,
    IIR_FIFO = 0xc0,
    LCR_8N1 = 0x03,
    LCR_DLAB = 0x80,
    MCR_DTR_RTS = 0x03,
    MCR_OUT2 = 0x08, /* connects the interrupt line on a PC */
    MCR_LOOPBACK = 0x10,
    LSR_DATA_READY = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_TRANSMITTER_READY = 0x20,
};

enum {
    DIVISOR_115200 = 1,
    FIFO_SIZE = 16,
    PROBE_BYTE = 0xae,
    /* In looks of about two microseconds, a tenth of that under an emulator. A full FIFO takes 1.4
     * ms to send; an emulator's may have to wait for whoever reads it. */
    SEND_LIMIT = 250000,
    PROBE_LIMIT = 2000,
};

static uint8_t get(const struct uart16550 *uart, enum reg reg)
{
    return inb((uint16_t)(uart->port + reg));
}

static void set(const struct uart16550 *uart, enum reg reg, uint8_t value)
{
    outb((uint16_t)(uart->port + reg), value);
}

/* Waits until the line status has the bit; false when it does not get it in time. */
static bool wait_status(const struct uart16550 *uart, uint8_t bit, unsigned limit)
{
    for (; limit; limit--) {
        if (get(uart, LINE_STATUS) & bit)
            return true;
        io_delay();
    }
    return false;
}

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

/* Has the transmitter room? It is waited for once; from then on, until it goes on, one look has to
 * do. */
static bool has_room(struct uart16550 *uart)
{
    if (uart->room)
        return true;
    if (!wait_status(uart, LSR_TRANSMITTER_READY, uart->stuck ? 1 : SEND_LIMIT)) {
        if (!uart->stuck)
            log_warn("uart: port 0x%x has stopped sending; until it goes on, output is lost",
                     uart->port);
        uart->stuck = true;
        return false;
    }
    if (uart->stuck)
        log_warn("uart: port 0x%x sends again; it has lost %lu bytes of output", uart->port,
                 uart->unsent);
    uart->stuck = false;
    uart->room = uart->fifo;
    return true;
}

static void send(struct uart16550 *uart, const char *text, size_t length)
{
    while (length && has_room(uart)) {
        uint8_t count = (uint8_t)MIN(length, (size_t)uart->room);
        /* Counted first, so that a panic in the midst of it does not overrun the FIFO. */
        uart->room -= count;
        outb_many((uint16_t)(uart->port + DATA), text, count);
        text += count;
        length -= count;
    }
    uart->unsent += length;
}

static void write(struct console_sink *sink, const char *text, size_t length)
{
    struct uart16550 *uart = CONTAINER_OF(sink, struct uart16550, sink);
    const char *end = text + length, *line = text;
    for (; text < end; text++) {
        if (*text != '\n')
            continue;
        send(uart, line, (size_t)(text - line));
        send(uart, "\r\n", 2);
        line = text + 1;
    }
    send(uart, line, (size_t)(end - line));
}

enum error uart16550_init(struct uart16550 *uart, uint16_t port)
{
    uart->port = port;
    uart->sink.write = write;
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
    set(uart, INTERRUPT_ENABLE, IER_RECEIVED);
}

void uart16550_interrupt(struct uart16550 *uart)
{
    uint8_t status;
    while ((status = get(uart, LINE_STATUS)) & LSR_DATA_READY) {
        uart->received.lost += (status & LSR_OVERRUN) != 0;
        if (!stream_has_room(&uart->received)) {
            set(uart, INTERRUPT_ENABLE, 0);
            return;
        }
        stream_push(&uart->received, get(uart, DATA));
    }
}

void uart16550_resume(struct byte_stream *stream)
{
    struct uart16550 *uart = CONTAINER_OF(stream, struct uart16550, received);
    /* Switching the interrupt on raises it at once when the FIFO holds something. */
    uart16550_start(uart);
}
