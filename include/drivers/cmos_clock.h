/*
 * The PC's real-time clock: a Motorola MC146818 or a compatible one, behind two ports.
 */
#ifndef DRIVERS_CMOS_CLOCK_H
#define DRIVERS_CMOS_CLOCK_H

#include <error.h>
#include <types.h>

struct date_time {
    uint16_t year;      /* 2026 */
    uint8_t month, day; /* from 1 */
    uint8_t hour, minute, second;
};

/* Reads the clock. `century_register` is the register of the century, from ACPI's FADT; 0: there is
 * none, and years are 20xx. ERROR_NO_DEVICE: no clock answers; ERROR_TIMEOUT: it is always being
 * updated, or never shows the same time twice (that takes half a second to find out);
 * ERROR_DEVICE: it shows no valid date and time. Interrupts are masked for one register at a time.
 * In tasks and during set-up. */
enum error cmos_clock_read(uint8_t century_register, struct date_time *now);

#endif
