/*
 * The PC's real-time clock: a Motorola MC146818, or what passes for one, behind two ports.
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

/* Reads the clock. `century_register` is where the firmware says that the century is (ACPI's FADT),
 * or 0: then years are 20xx. ERROR_NO_DEVICE: nothing answers there; ERROR_TIMEOUT: the clock does
 * not hold still (one that stands in the midst of an update is given some hundredths of a second,
 * one that is never the same twice half a second); ERROR_DEVICE: what it says is no date and time.
 * Interrupts are masked for one register at a time. In tasks and during set-up. */
enum error cmos_clock_read(uint8_t century_register, struct date_time *now);

#endif
