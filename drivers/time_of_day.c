#include <drivers/acpi.h>
#include <drivers/time_of_day.h>

enum error time_of_day_read(struct date_time *now)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    if (fadt && fadt->no_cmos_clock)
        return ERROR_NO_DEVICE;
    return cmos_clock_read(fadt ? fadt->century_register : 0, now);
}

enum { DAYS_BEFORE_1970 = 719468 }; /* since March 1st of the year 0 */

/* Years are counted from March on, so that the day that leap years add comes last: the months
 * before any then have (153 * month + 2) / 5 days. */
int64_t date_time_to_seconds(const struct date_time *time)
{
    int64_t year = time->year - (time->month <= 2), month = (time->month + 9) % 12;
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
                   time->day - 1 - DAYS_BEFORE_1970;
    return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

struct date_time date_time_from_seconds(int64_t seconds)
{
    enum {
        DAY = 86400,
        DAYS_OF_400_YEARS = 146097,
        DAYS_OF_100_YEARS = 36524,
        DAYS_OF_4_YEARS = 1461
    };
    int64_t days = seconds / DAY + DAYS_BEFORE_1970, second = seconds % DAY;
    int64_t in_era = days % DAYS_OF_400_YEARS;
    int64_t leap_days = in_era / (DAYS_OF_4_YEARS - 1) - in_era / DAYS_OF_100_YEARS +
                        in_era / (DAYS_OF_400_YEARS - 1);
    int64_t year = (in_era - leap_days) / 365;
    int64_t day = in_era - (year * 365 + year / 4 - year / 100);
    int64_t month = (5 * day + 2) / 153; /* from March on */
    year += days / DAYS_OF_400_YEARS * 400 + (month >= 10);
    return (struct date_time){.year = (uint16_t)year,
                              .month = (uint8_t)(month < 10 ? month + 3 : month - 9),
                              .day = (uint8_t)(day - (153 * month + 2) / 5 + 1),
                              .hour = (uint8_t)(second / 3600),
                              .minute = (uint8_t)(second / 60 % 60),
                              .second = (uint8_t)(second % 60)};
}
