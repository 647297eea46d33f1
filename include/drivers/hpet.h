/*
 * The high precision event timer (IA-PC HPET specification 1.0a): a counter whose rate is known.
 */
#ifndef DRIVERS_HPET_H
#define DRIVERS_HPET_H

#include <error.h>
#include <types.h>

/* Finds the HPET that ACPI describes and maps its registers; changes nothing in it. ERROR_NO_DEVICE
 * when there is none, or it gives a period that no HPET has. After kernel_space_init(); not in an
 * interrupt handler. */
enum error hpet_find(void);

/* Starts the counter, and returns its rate in Hz. After hpet_find(). */
uint64_t hpet_start(void);

/* The lower 32 bits of the counter. After hpet_find(). Any context. */
uint64_t hpet_read(void);

/* The HPET can take the interrupt lines of the PIT and of the CMOS clock, so that these two no
 * longer interrupt ("legacy replacement"). Ends that, and returns whether it was so. After
 * hpet_find(). */
bool hpet_end_legacy_replacement(void);

#endif
