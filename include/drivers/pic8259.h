/*
 * The two 8259A interrupt controllers of a PC, the second one behind line 2 of the first.
 */
#ifndef DRIVERS_PIC8259_H
#define DRIVERS_PIC8259_H

#include <drivers/irq.h>
#include <io.h>

/* Are there 8259s? Checks whether the first one keeps the masks that are written to it. Leaves all
 * lines masked, except the cascade's. During set-up. */
bool pic8259_present(void);

/* Puts lines 0-15 at vectors 32-47, all masked, and calls irq_start(). During set-up. */
void pic8259_init(void);

/* Puts the lines at the same vectors and masks them for good, for a machine that uses I/O APICs
 * instead. During set-up. */
void pic8259_silence(void);

enum { PIC_MASTER_COMMAND = 0x20, PIC_SPECIFIC_EOI = 0x60 /* | line */ };

/* Ends the timer's interrupt: the last call in its handler. */
static inline void pic8259_end_timer_interrupt(void)
{
    outb(PIC_MASTER_COMMAND, PIC_SPECIFIC_EOI | IRQ_TIMER);
}

#endif
