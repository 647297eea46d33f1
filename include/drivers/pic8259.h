/*
 * The two 8259A interrupt controllers of a PC, the second one behind line 2 of the first.
 */
#ifndef DRIVERS_PIC8259_H
#define DRIVERS_PIC8259_H

#include <io.h>
#include <types.h>

struct trap_frame;

enum { PIC_FIRST_VECTOR = 32, PIC_LINES = 16 };

/* The lines that every PC wires alike. */
enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_CASCADE = 2, IRQ_COM1 = 4 };

/* Puts lines 0-15 at vectors 32-47, all masked. Called once, after trap_init(). */
void pic8259_init(void);

/* Has `handler` called for each interrupt of `line`, and unmasks the line. The handler runs with
 * interrupts masked; the end of interrupt is sent after it. One handler a line. During set-up. */
void pic8259_set_handler(unsigned line, void (*handler)(void));

/* The timer's line: its handler comes right from the trap stub, for it runs a thousand times a
 * second, and ends with pic8259_end_timer_interrupt(). During set-up. */
void pic8259_set_timer_handler(void (*handler)(struct trap_frame *frame));

struct pic8259_line {
    bool handled; /* has a handler */
    bool masked;
    uint64_t interrupts; /* without the spurious ones */
    uint64_t spurious;   /* that the controller raised although the line did not ask for it */
    uint64_t storms;     /* how often it asked too often, and was masked for a while */
};

/* What became of `line`. Any context. */
void pic8259_line(unsigned line, struct pic8259_line *state);

/* Lets every line have its full number of interrupts again. For the timer's handler, every 16 ms;
 * lines that ask too often are masked from one call to the next. */
void pic8259_renew_bursts(void);

enum { PIC_MASTER_COMMAND = 0x20, PIC_SPECIFIC_EOI = 0x60 /* | line */ };

/* The last thing that the timer's handler does. */
static inline void pic8259_end_timer_interrupt(void)
{
    outb(PIC_MASTER_COMMAND, PIC_SPECIFIC_EOI | IRQ_TIMER);
}

#endif
