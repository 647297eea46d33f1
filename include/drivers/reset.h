/*
 * Starting the machine anew.
 */
#ifndef DRIVERS_RESET_H
#define DRIVERS_RESET_H

#include <types.h>

/* Resets the machine, one way or the other. Any context; masks interrupts. */
NORETURN void machine_reset(void);

#endif
