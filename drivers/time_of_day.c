#include <drivers/acpi.h>
#include <drivers/time_of_day.h>

enum error time_of_day_read(struct date_time *now)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    if (fadt && fadt->no_cmos_clock)
        return ERROR_NO_DEVICE;
    return cmos_clock_read(fadt ? fadt->century_register : 0, now);
}

/* Years are counted from March on, so that the day that leap years add comes last: the months
 * before any then have (153 * month + 2) / 5 days. */
int64_t date_time_to_seconds(const struct date_time *time)
{
    enum { DAYS_BEFORE_1970 = 719468 }; /* since March 1st of the year 0 */
    int64_t year = time->year - (time->month <= 2), month = (time->month + 9) % 12;
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
                   time->day - 1 - DAYS_BEFORE_1970;
    return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}
