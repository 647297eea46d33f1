/*
 * A model of the 16550, the chip of a serial port, at COM1's ports.
 */
#ifndef TESTS_HOST_FAKE_UART16550_H
#define TESTS_HOST_FAKE_UART16550_H

#include <types.h>

enum fake_uart_register {
    DATA,
    INTERRUPT_ENABLE,
    INTERRUPT_IDENTITY, /* read */
    FIFO_CONTROL = 2,   /* write */
    LINE_CONTROL,
    MODEM_CONTROL,
    LINE_STATUS
};
enum { FIFO = 16 };
enum { RECEIVED_INTERRUPT = 1, EMPTY_INTERRUPT = 2 };

struct fake_uart {
    uint8_t registers[8];
    uint8_t divisor[2];
    uint8_t arrived[FIFO];
    unsigned waiting;
    bool overrun;
    bool broken; /* a break has arrived, and the driver has not read the status since */
    char sent[8 * 1024 + 1];
    unsigned sent_count;
    unsigned in_fifo;    /* bytes that the transmitter has not sent yet */
    unsigned busy;       /* how many delays empty the transmitter; 0: a byte is gone at once */
    unsigned delays;     /* since the FIFO was filled */
    bool empty_pending;  /* the transmitter has become empty, and the driver has not been told */
    bool no_empty;       /* the chip never says so by an interrupt */
    bool meanwhile;      /* a byte arrives when the next one is sent */
    bool line;           /* the interrupt line's level */
    unsigned edges;      /* how often the line rose, without the processor having seen it */
    unsigned long waits; /* delays in all */
};
extern struct fake_uart chip;

/* Attaches a chip as it is after a reset. */
void fake_uart_reset(void);

/* A byte arrives; where the FIFO is full, it is lost. */
void fake_uart_arrive(uint8_t byte);

/* The transmitter sends what its FIFO holds. */
void fake_uart_empty(void);

#endif
