/*
 * The CMOS clock against a model of its registers: each of its formats, and times that cannot be.
 */
#include <drivers/cmos_clock.h>
#include <lib/string.h>

#include "../test.h"
#include "fake_ports.h"

enum { STATUS_A = 0x0a, STATUS_B = 0x0b, UPDATE = 0x80, CENTURY = 0x32 };

static uint8_t registers[128];
static uint8_t selected;
static unsigned updates_left; /* so often the flag still reports an update */
static unsigned ticks_left;   /* so often the second changes between two reads */

static uint8_t read_port(uint16_t port)
{
    if (port != 0x71)
        return 0xff;
    if (selected == STATUS_A && updates_left) {
        updates_left--;
        return UPDATE;
    }
    if (selected == 0 && ticks_left) {
        ticks_left--;
        registers[0]++;
    }
    return registers[selected];
}

static void write_port(uint16_t port, uint8_t value)
{
    if (port == 0x70)
        selected = value & 0x7f;
}

/* A clock with these values in its registers, from seconds to year. */
static void set_clock(uint8_t status, const uint8_t values[6])
{
    static const uint8_t places[] = {0, 2, 4, 7, 8, 9};
    memset(registers, 0, sizeof(registers));
    registers[STATUS_B] = status;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        registers[places[i]] = values[i];
    updates_left = ticks_left = 0;
    fake_ports_set((struct fake_device){.read = read_port, .write = write_port});
}

#define SET_CLOCK(status, ...) set_clock((status), (const uint8_t[]){__VA_ARGS__})

static struct date_time now;

#define EXPECT_TIME(y, mo, d, h, mi, s) \
    do {                                \
        EXPECT_EQ(now.year, y);         \
        EXPECT_EQ(now.month, mo);       \
        EXPECT_EQ(now.day, d);          \
        EXPECT_EQ(now.hour, h);         \
        EXPECT_EQ(now.minute, mi);      \
        EXPECT_EQ(now.second, s);       \
    } while (0)

TEST(cmos_clock, binary_coded_decimals_are_read)
{
    SET_CLOCK(0x02, 0x59, 0x30, 0x23, 0x31, 0x12, 0x26);
    EXPECT_EQ(cmos_clock_read(0, &now), OK);
    EXPECT_TIME(2026, 12, 31, 23, 30, 59);
}

TEST(cmos_clock, binary_numbers_are_read)
{
    SET_CLOCK(0x06, 59, 30, 23, 31, 12, 26);
    EXPECT_EQ(cmos_clock_read(0, &now), OK);
    EXPECT_TIME(2026, 12, 31, 23, 30, 59);
}

TEST(cmos_clock, twelve_hours_are_read)
{
    static const uint8_t hours[][2] = {{0x12, 0},  {0x01, 1},  {0x11, 11},
                                       {0x92, 12}, {0x81, 13}, {0x91, 23}};
    for (size_t i = 0; i < ARRAY_SIZE(hours); i++) {
        SET_CLOCK(0x00, 0, 0, hours[i][0], 1, 1, 0x26);
        EXPECT_EQ(cmos_clock_read(0, &now), OK);
        EXPECT_EQ(now.hour, hours[i][1]);
    }
    SET_CLOCK(0x04, 0, 0, 0x80 | 12, 1, 1, 26);
    EXPECT_EQ(cmos_clock_read(0, &now), OK);
    EXPECT_EQ(now.hour, 12);
    SET_CLOCK(0x00, 0, 0, 0x00, 1, 1, 0x26);
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_DEVICE);
}

TEST(cmos_clock, the_century_is_read_where_there_is_one)
{
    SET_CLOCK(0x02, 0, 0, 0, 1, 1, 0x99);
    registers[CENTURY] = 0x19;
    EXPECT_EQ(cmos_clock_read(0, &now), OK);
    EXPECT_EQ(now.year, 2099);
    EXPECT_EQ(cmos_clock_read(CENTURY, &now), OK);
    EXPECT_EQ(now.year, 1999);
    registers[CENTURY] = 0xff;
    EXPECT_EQ(cmos_clock_read(CENTURY, &now), OK);
    EXPECT_EQ(now.year, 2099);
    EXPECT_EQ(cmos_clock_read(200, &now), OK);
    EXPECT_EQ(now.year, 2099);
}

TEST(cmos_clock, invalid_dates_are_refused)
{
    SET_CLOCK(0x02, 0, 0, 0, 0x29, 2, 0x26);
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_DEVICE);
    SET_CLOCK(0x02, 0, 0, 0, 0x29, 2, 0x28);
    EXPECT_EQ(cmos_clock_read(0, &now), OK);
    SET_CLOCK(0x02, 0, 0, 0, 0, 1, 0x26);
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_DEVICE);
    SET_CLOCK(0x02, 0, 0, 0, 1, 0x13, 0x26);
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_DEVICE);
    SET_CLOCK(0x02, 0x60, 0, 0, 1, 1, 0x26);
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_DEVICE);
    SET_CLOCK(0x02, 0x0a, 0, 0, 1, 1, 0x26);
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_DEVICE);
    SET_CLOCK(0x02, 0, 0, 0, 1, 1, 0xa0);
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_DEVICE);
}

/* The driver waits for the end of an update, and reads a time that has changed again. */
TEST(cmos_clock, a_read_waits_for_the_end_of_an_update)
{
    SET_CLOCK(0x02, 0x10, 0, 0, 1, 1, 0x26);
    updates_left = 100;
    ticks_left = 2;
    EXPECT_EQ(cmos_clock_read(0, &now), OK);
    EXPECT_TIME(2026, 1, 1, 0, 0, 12);
}

TEST(cmos_clock, a_clock_that_always_changes_is_given_up)
{
    SET_CLOCK(0x02, 0x10, 0, 0, 1, 1, 0x26);
    updates_left = 0xffffffff;
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_TIMEOUT);
    EXPECT(fake_ports_accesses() < 40000);
    SET_CLOCK(0x02, 0x10, 0, 0, 1, 1, 0x26);
    ticks_left = 0xffffffff;
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_TIMEOUT);
    EXPECT(fake_ports_accesses() < 40000);
}

TEST(cmos_clock, no_clock_is_an_error)
{
    fake_ports_set((struct fake_device){0});
    EXPECT_EQ(cmos_clock_read(0, &now), ERROR_NO_DEVICE);
}
