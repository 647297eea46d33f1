/*
 * The time of day at the start, from the machine's own clock.
 */
#ifndef DRIVERS_TIME_OF_DAY_H
#define DRIVERS_TIME_OF_DAY_H

#include <drivers/cmos_clock.h>

/* Reads the clock that the firmware's tables describe. Errors and contexts as cmos_clock_read(). */
enum error time_of_day_read(struct date_time *now);

/* The seconds from the start of 1970 to a valid date and time in 1970 or later, as if it were UTC.
 * Any context. */
int64_t date_time_to_seconds(const struct date_time *time);

/* The inverse, for the seconds from the start of 1970 to the end of the year 9999. Any context. */
struct date_time date_time_from_seconds(int64_t seconds);

#endif
