/*
 * Interrupt lines and messages, whichever controller they come through: two 8259s, or a local APIC
 * with I/O APICs. One of the two is chosen at boot and fills in `struct irq_controller`.
 *
 * Lines 0 to 15 are those that every PC has had since the AT. Lines from 16 on are inputs of I/O
 * APICs, by their global system interrupt number; PCI devices raise them, and may share one. A
 * message (MSI) is an interrupt that a device raises by a write to memory; each has a vector of its
 * own.
 */
#ifndef DRIVERS_IRQ_H
#define DRIVERS_IRQ_H

#include <error.h>
#include <types.h>

struct trap_frame;

/* Lines have the vectors from 32 on, and messages have those after them. */
enum {
    IRQ_FIRST_VECTOR = 32,
    IRQ_ISA_LINES = 16,
    IRQ_LINES = 64,
    IRQ_FIRST_MESSAGE = IRQ_FIRST_VECTOR + IRQ_LINES,
    IRQ_MESSAGES = 64,
};

/* The lines that every PC wires alike. */
enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_CASCADE = 2, IRQ_COM1 = 4 };

/* --- For drivers ---------------------------------------------------------------------------- */

/* A driver embeds one for each line or message. The function runs with interrupts masked; the end
 * of the interrupt is sent after it. It may be called although its device has no interrupt. */
struct irq_handler {
    const char *name; /* of the device, to be shown */
    void (*run)(void *context);
    void *context;
    struct irq_handler *next; /* on the same line; set by irq_add_handler() */
};

/* Adds a handler to a line and unmasks the line. A line's handlers run in the order in which they
 * were added, all of them at each interrupt. ERROR_NO_DEVICE when the line ends at no controller;
 * with 8259s, every line from 16 on. Not for the timer's line. In tasks and set-up code; the
 * handler stays for ever. */
enum error irq_add_handler(unsigned line, struct irq_handler *handler);

/* Reserves a vector for a message and sets its handler, which stays for ever. The driver writes the
 * values of local_apic_msi_address() and local_apic_msi_data() to the device. ERROR_UNSUPPORTED:
 * with 8259s there are no messages; ERROR_FULL: no vector is free. In tasks and in set-up code. */
enum error irq_allocate_vector(struct irq_handler *handler, unsigned *vector);

/* Sets the timer's handler. The trap stub calls it directly, since it runs a thousand times a
 * second. It sends the end of interrupt itself, in its controller's way. During set-up. */
void irq_set_timer_handler(void (*handler)(struct trap_frame *frame));

/* Masks the timer's line for good. With interrupts masked. */
void irq_mask_timer(void);

/* Allows every line a full burst of interrupts again. The timer's handler calls it every 16 ms. A
 * line that uses up its burst is masked until the next call. */
void irq_renew_bursts(void);

/* Lifts the limit: from now on no line is masked, however often it raises interrupts. For a machine
 * on which no timer ticks, since nothing would unmask the line again. During set-up. */
void irq_lift_limit(void);

/* --- For reports ---------------------------------------------------------------------------- */

struct irq_line {
    const struct irq_handler *handlers; /* the first, or NULL: none, or it is the timer's line */
    bool handled;                       /* has a handler */
    bool masked;
    uint64_t interrupts; /* without the spurious ones */
    uint64_t spurious;   /* raised by the controller without a request on the line */
    uint64_t storms;     /* how often it used up its burst, and was masked for a while */
};

/* Describes `line`. Any context. */
void irq_line(unsigned line, struct irq_line *state);

/* The handler of a message's vector, or NULL if there is none or the vector is no message's. Any
 * context. */
const struct irq_handler *irq_message_handler(unsigned vector);

/* --- For controllers ------------------------------------------------------------------------ */

struct irq_controller {
    const char *name;
    /* Does the line end here? The functions below are called only for lines that do. */
    bool (*has)(unsigned line);
    void (*mask)(unsigned line);
    void (*unmask)(unsigned line);
    bool at_local_apic; /* interrupts end by local_apic_end(), and messages work */
    bool forgets;       /* a request that comes while its line is masked is lost, not kept */
};

/* Makes `chosen` the controller at which the lines end; all lines are masked, and no message has a
 * handler. Its driver then sets its handlers for the vectors from IRQ_FIRST_VECTOR on, except the
 * timer's, and, if it has messages, for those from IRQ_FIRST_MESSAGE on. Such a handler calls
 * irq_run() or irq_run_message() and then ends the interrupt in the controller's way. During
 * set-up, once. */
void irq_start(const struct irq_controller *chosen);

/* Returns the controller that irq_start() was given; NULL before. Any context. */
const struct irq_controller *irq_controller(void);

/* Counts a spurious interrupt, one that the line did not request. In the controller's handler. */
void irq_note_spurious(unsigned line);

/* Runs the line's handlers, if it has any: an interrupt may have been pending when its line was
 * masked. In the controller's handler. */
void irq_run(unsigned line);

/* Runs the handler of a message's vector. In the controller's handler. */
void irq_run_message(unsigned vector);

#endif
