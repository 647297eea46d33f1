/*
 * The sixteen interrupt lines that every PC has had since the AT, whichever controller they end at:
 * two 8259s, or a local APIC with I/O APICs. Drivers ask for a line by its number here; one of the
 * controllers is chosen at boot and fills in `struct irq_controller`.
 */
#ifndef DRIVERS_IRQ_H
#define DRIVERS_IRQ_H

#include <types.h>

struct trap_frame;

enum { IRQ_FIRST_VECTOR = 32, IRQ_LINES = 16 };

/* The lines that every PC wires alike. */
enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_CASCADE = 2, IRQ_COM1 = 4 };

/* --- For drivers ---------------------------------------------------------------------------- */

/* Has `handler` called for each interrupt of `line`, and unmasks the line. The handler runs with
 * interrupts masked; the end of interrupt is sent after it. It may be called although its device
 * wants nothing. One handler a line. During set-up. */
void irq_set_handler(unsigned line, void (*handler)(void));

/* The timer's line: its handler comes right from the trap stub, for it runs a thousand times a
 * second, and sends the end of interrupt itself, in its controller's way. During set-up. */
void irq_set_timer_handler(void (*handler)(struct trap_frame *frame));

/* The timer's line is not used any more. With interrupts masked. */
void irq_mask_timer(void);

/* Lets every line have its full number of interrupts again. For the timer's handler, every 16 ms;
 * lines that ask too often are masked from one call to the next. */
void irq_renew_bursts(void);

/* No timer ticks: from now on no line is masked, however often it asks. During set-up. */
void irq_lift_limit(void);

struct irq_line {
    bool handled; /* has a handler */
    bool masked;
    uint64_t interrupts; /* without the spurious ones */
    uint64_t spurious;   /* that the controller raised although the line did not ask for it */
    uint64_t storms;     /* how often it asked too often, and was masked for a while */
};

/* What became of `line`. Any context. */
void irq_line(unsigned line, struct irq_line *state);

/* --- For controllers ------------------------------------------------------------------------ */

struct irq_controller {
    const char *name;
    void (*mask)(unsigned line);
    void (*unmask)(unsigned line);
    bool at_local_apic; /* so the end of an interrupt goes there: local_apic_end() */
    bool forgets;       /* a request that comes while its line is masked is lost, not kept */
};

/* Has the lines end at `controller`; all are masked. It has its handlers called for the vectors
 * from IRQ_FIRST_VECTOR on, one for each line but the timer's. Such a handler calls irq_run() and
 * then ends the interrupt in the controller's way. During set-up, once. */
void irq_start(const struct irq_controller *controller);

/* What irq_start() was given; NULL before. Any context. */
const struct irq_controller *irq_controller(void);

/* Counts an interrupt of a line that did not ask for it. In the controller's handler. */
void irq_note_spurious(unsigned line);

/* Only for irq_run(). */
extern void (*irq_handlers[IRQ_LINES])(void);
extern uint16_t irq_bursts_left[IRQ_LINES];
void irq_hold_back(unsigned line);

/* Runs the line's handler, from within the controller's. */
static inline void irq_run(unsigned line)
{
    if (__builtin_expect(--irq_bursts_left[line] == 0, 0))
        irq_hold_back(line);
    if (irq_handlers[line]) /* a masked line can still be pending from before it was masked */
        irq_handlers[line]();
}

#endif
