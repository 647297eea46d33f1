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
    uint16_t port;
    uint8_t fifo; /* how many bytes the transmitter takes at once */
    uint8_t room; /* how many it can still take, at least */
    bool present;
    bool stuck;      /* the transmitter has stopped: output is lost until it goes on */
    uint64_t unsent; /* bytes lost so */
};

/* Sets the port to 115200 8N1, still without interrupts. ERROR_NO_DEVICE when nothing answers like
 * a UART: each wait for it ends after some milliseconds. `uart->received` is initialised by the
 * caller; its resume hook is uart16550_resume. During set-up. */
enum error uart16550_init(struct uart16550 *uart, uint16_t port);

/* Starts receiving. The caller has uart16550_interrupt() called on the port's interrupt line. After
 * uart16550_init(). */
void uart16550_start(struct uart16550 *uart);

/* Fetches what has arrived. In the interrupt handler. */
void uart16550_interrupt(struct uart16550 *uart);

/* The received stream's resume hook: see stream.h. */
void uart16550_resume(struct byte_stream *stream);

#endif
