/*
 * MC146818A data sheet. Once a second the clock updates its registers; for up to two milliseconds
 * they read as anything. A flag announces that 244 microseconds before. More time than that may
 * pass between reading the flag and reading the last register, since an emulator or SMM may stop
 * the processor anywhere. So a time counts only if two readings in a row are equal.
 */
#include <assert.h>
#include <drivers/cmos_clock.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <lib/string.h>

enum { INDEX = 0x70, DATA = 0x71 }; /* bit 7 of the index masks NMIs; it stays clear */

enum reg {
    SECONDS = 0x00,
    MINUTES = 0x02,
    HOURS = 0x04,
    DAY = 0x07,
    MONTH = 0x08,
    YEAR = 0x09,
    STATUS_A = 0x0a,
    STATUS_B = 0x0b,
    LAST_REGISTER = 0x7f,
};

enum {
    UPDATE_IN_PROGRESS = 0x80, /* of STATUS_A */
    HOURS_24 = 0x02,           /* of STATUS_B */
    BINARY = 0x04,
    AFTERNOON = 0x80, /* of the hours, when there are twelve of them */
};

enum { WAIT_LIMIT = 10000 /* of about a microsecond */, TRIES = 5 };

struct reading {
    uint8_t second, minute, hour, day, month, year, century;
};

/* Interrupts are masked, so that no other reader changes the index before the data are read. */
static uint8_t get(uint8_t reg)
{
    ASSERT(reg <= LAST_REGISTER);
    uint64_t flags = interrupts_save();
    outb(INDEX, reg);
    uint8_t value = inb(DATA);
    interrupts_restore(flags);
    return value;
}

static bool wait_for_update(void)
{
    for (unsigned i = 0; i < WAIT_LIMIT; i++) {
        if (!(get(STATUS_A) & UPDATE_IN_PROGRESS))
            return true;
        io_delay();
    }
    return false;
}

static bool read_once(uint8_t century_register, struct reading *reading)
{
    if (!wait_for_update())
        return false;
    reading->second = get(SECONDS);
    reading->minute = get(MINUTES);
    reading->hour = get(HOURS);
    reading->day = get(DAY);
    reading->month = get(MONTH);
    reading->year = get(YEAR);
    reading->century = century_register ? get(century_register) : 0;
    return true;
}

static bool read_twice_the_same(uint8_t century_register, struct reading *reading)
{
    struct reading again;
    for (unsigned i = 0; i < TRIES; i++) {
        if (!read_once(century_register, reading) || !read_once(century_register, &again))
            return false;
        if (memcmp(reading, &again, sizeof(again)) == 0)
            return true;
    }
    return false;
}

/* Returns 0xff, which no register holds as a number, for a value that is not binary-coded decimal.
 */
static uint8_t from_bcd(uint8_t value)
{
    uint8_t low = value & 0xf, high = value >> 4;
    return low > 9 || high > 9 ? 0xff : (uint8_t)(10 * high + low);
}

static uint8_t hour_of_day(uint8_t hour, uint8_t status)
{
    bool afternoon = hour & AFTERNOON;
    if (status & HOURS_24)
        return status & BINARY ? hour : from_bcd(hour);
    hour &= (uint8_t)~AFTERNOON;
    if (!(status & BINARY))
        hour = from_bcd(hour);
    if (hour < 1 || hour > 12) /* the first hour after noon and after midnight is 12 */
        return 0xff;
    return (uint8_t)(hour % 12 + (afternoon ? 12 : 0));
}

static uint8_t number(uint8_t value, uint8_t status)
{
    return status & BINARY ? value : from_bcd(value);
}

static uint8_t days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    ASSERT(month >= 1 && month <= 12);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return (uint8_t)(days[month - 1] + (month == 2 && leap));
}

static bool makes_sense(const struct date_time *time)
{
    return time->month >= 1 && time->month <= 12 && time->day >= 1 &&
           time->day <= days_in_month(time->year, time->month) && time->hour < 24 &&
           time->minute < 60 && time->second < 60;
}

enum error cmos_clock_read(uint8_t century_register, struct date_time *now)
{
    struct reading reading;
    ASSERT(!in_interrupt());
    if (century_register > LAST_REGISTER)
        century_register = 0;
    if (get(STATUS_A) == 0xff && get(STATUS_B) == 0xff)
        return ERROR_NO_DEVICE;
    if (!read_twice_the_same(century_register, &reading))
        return ERROR_TIMEOUT;
    uint8_t status = get(STATUS_B);
    uint8_t year = number(reading.year, status), century = number(reading.century, status);
    if (year > 99)
        return ERROR_DEVICE;
    if (century < 19 || century > 29) /* there is none, or the firmware does not keep it */
        century = 20;
    *now = (struct date_time){
        .year = (uint16_t)(100 * century + year),
        .month = number(reading.month, status),
        .day = number(reading.day, status),
        .hour = hour_of_day(reading.hour, status),
        .minute = number(reading.minute, status),
        .second = number(reading.second, status),
    };
    return makes_sense(now) ? OK : ERROR_DEVICE;
}
