/*
 * The two 8259A interrupt controllers of a PC, the second one behind line 2 of the first.
 */
#ifndef DRIVERS_PIC8259_H
#define DRIVERS_PIC8259_H

#include <types.h>

enum { PIC_FIRST_VECTOR = 32, PIC_LINES = 16 };

/* The lines that every PC wires alike. */
enum { IRQ_TIMER = 0, IRQ_KEYBOARD = 1, IRQ_CASCADE = 2, IRQ_COM1 = 4 };

/* Puts lines 0-15 at vectors 32-47, all masked. Called once, after trap_init(). */
void pic8259_init(void);

/* Has `handler` called for each interrupt of `line`, and unmasks the line. The handler runs with
 * interrupts masked; the end of interrupt is sent after it. One handler a line. During set-up. */
void pic8259_set_handler(unsigned line, void (*handler)(void));

/* Interrupts that a controller raised without a line asking for it (8259A data sheet, "spurious").
 * Any context. */
uint64_t pic8259_spurious(void);

#endif
