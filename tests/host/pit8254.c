/*
 * The interval timer's set-up (Intel 8254 data sheet).
 */
#include <drivers/pit8254.h>

#include "../test.h"
#include "fake_ports.h"

static struct {
    uint16_t port;
    uint8_t value;
} written[8];
static unsigned count;

static void write(uint16_t port, uint8_t value)
{
    if (count < ARRAY_SIZE(written)) {
        written[count].port = port;
        written[count].value = value;
    }
    count++;
}

/* 1,193,182 Hz divided by 1,193 are 1,000.15 Hz: ticks of 999,847 ns. */
TEST(pit8254, can_be_set_to_a_thousand_ticks_a_second)
{
    count = 0;
    fake_ports_set((struct fake_device){.write = write});
    EXPECT_EQ(pit8254_init(1000), 999847);
    EXPECT_EQ(count, 3);
    EXPECT_EQ(written[0].port, 0x43);
    EXPECT_EQ(written[0].value, 0x34);
    EXPECT_EQ(written[1].port, 0x40);
    EXPECT_EQ(written[1].value, 1193 & 0xff);
    EXPECT_EQ(written[2].port, 0x40);
    EXPECT_EQ(written[2].value, 1193 >> 8);
}

/* Mode 0, with the shortest count. */
TEST(pit8254, can_be_set_to_a_single_interrupt)
{
    count = 0;
    fake_ports_set((struct fake_device){.write = write});
    pit8254_fire_once();
    EXPECT_EQ(count, 3);
    EXPECT(written[0].port == 0x43 && written[0].value == 0x30);
    EXPECT(written[1].port == 0x40 && written[1].value == 1);
    EXPECT(written[2].port == 0x40 && written[2].value == 0);
}
