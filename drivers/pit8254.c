#include <assert.h>
#include <drivers/pit8254.h>
#include <io.h>

enum { CHANNEL_0 = 0x40, COMMAND = 0x43 };

/* Intel 8254 data sheet, "Control Word Format": channel 0, low byte then high byte, mode 2 (rate
 * generator), binary. */
enum { RATE_GENERATOR = 0x34, LATCH_COUNT = 0x00 };

#define INPUT_FREQUENCY 1193182u /* Hz: a third of the NTSC colour carrier */

static unsigned first_count;

static unsigned read_count(void)
{
    outb(COMMAND, LATCH_COUNT);
    unsigned low = inb(CHANNEL_0);
    return low | (unsigned)inb(CHANNEL_0) << 8;
}

uint64_t pit8254_init(unsigned rate)
{
    ASSERT(rate >= 19 && rate <= 100000); /* the divisor has 16 bits */
    unsigned divisor = (INPUT_FREQUENCY + rate / 2) / rate;
    outb(COMMAND, RATE_GENERATOR);
    outb(CHANNEL_0, (uint8_t)divisor);
    outb(CHANNEL_0, (uint8_t)(divisor >> 8));
    first_count = read_count();
    return (uint64_t)divisor * 1000000000 / INPUT_FREQUENCY;
}

bool pit8254_counts(void)
{
    return read_count() != first_count;
}
