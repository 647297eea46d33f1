/*
 * A serial port with a 16550 UART (or its forerunners without a FIFO): a console sink, and a stream
 * of received bytes.
 */
#ifndef DRIVERS_UART16550_H
#define DRIVERS_UART16550_H

#include <error.h>
#include <kernel/log/console.h>
#include <kernel/task/stream.h>

enum { COM1_PORT = 0x3f8 };

struct uart16550 {
    struct console_sink sink;
    struct byte_stream received;
    struct ring unsent;        /* bytes that were written and are not in the transmitter yet */
    struct wait_queue writers; /* tasks that wait for room in `unsent` */
    uint16_t port;
    uint8_t fifo;     /* how many bytes an empty transmitter takes: 1 or 16 */
    uint8_t enabled;  /* what the interrupt enable register holds; 0 until uart16550_start() */
    bool present;     /* uart16550_init() has found a UART */
    bool started;     /* by uart16550_start() */
    bool break_comes; /* the status has announced one, and its byte has not been read yet */
    bool broken;      /* a break was received, and nobody has asked yet; atomic */
    bool behind;      /* the log has said that output may get lost, but not yet that this is over */
    /* How often uart16550_watch() has found unsent bytes since the last byte was sent. At a limit,
     * the transmitter counts as stuck, and no task waits for it. */
    unsigned silent_looks;
    uint64_t lost; /* written bytes that were dropped because the ring was full, in all */
};

/* For static initialisers: the two are arrays of uint8_t whose sizes are powers of two. */
#define UART16550_INIT(uart, received_storage, unsent_storage)                               \
    {                                                                                        \
        .received = BYTE_STREAM_INIT((uart).received, (received_storage), uart16550_resume), \
        .unsent = RING_INIT(unsent_storage), .writers = WAIT_QUEUE_INIT((uart).writers)      \
    }

/* Sets the port, initialised by UART16550_INIT, to 115200 8N1, still without interrupts.
 * ERROR_NO_DEVICE when nothing answers like a UART: each wait for it ends after some milliseconds.
 * During set-up. */
enum error uart16550_init(struct uart16550 *uart, uint16_t port);

/* Begins to receive, and to send by interrupts. The caller makes the port's interrupt line call
 * uart16550_interrupt(), and the timer's handler uart16550_watch(). During set-up, after
 * uart16550_init(). */
void uart16550_start(struct uart16550 *uart);

/* Fetches what has arrived, and sends more of what was written. In the interrupt handler. */
void uart16550_interrupt(struct uart16550 *uart);

/* Does the same, in case an interrupt was lost or never comes, and notices a transmitter that has
 * stopped for half a second. In the timer's interrupt handler, every 16 ms or so. */
void uart16550_watch(struct uart16550 *uart);

/* Polls for room in the ring: ready when at least three quarters of it are free, or when the
 * transmitter is stuck and not worth waiting for. In tasks. */
enum poll_result uart16550_poll_room(struct uart16550 *uart, struct waker *waker,
                                     struct task *task);

/* Sends bytes as they are, without a change of line ends. What finds no room is lost. In the
 * contexts of a console sink's write(). */
void uart16550_send(struct uart16550 *uart, const char *bytes, size_t count);

/* Are at most `left` of the written bytes not in the transmitter yet, or is it stuck and not worth
 * waiting for? `writers` is woken when that may have changed. Any context. */
bool uart16550_has_sent(const struct uart16550 *uart, uint32_t left);

/* Was a break received (the line was held low for longer than a byte) since the last call? It is no
 * byte of the stream, but wakes its reader. In tasks. */
bool uart16550_take_break(struct uart16550 *uart);

/* The received stream's callback `resume`: see stream.h. In tasks. */
void uart16550_resume(struct byte_stream *stream);

#endif
