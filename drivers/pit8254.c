#include <assert.h>
#include <drivers/pit8254.h>
#include <io.h>

enum { CHANNEL_0 = 0x40, COMMAND = 0x43 };

/* Intel 8254 data sheet, "Control Word Format": channel 0, low byte then high byte, binary; mode 2
 * (rate generator), or mode 0 (interrupt on terminal count). */
enum { RATE_GENERATOR = 0x34, TERMINAL_COUNT = 0x30 };

#define INPUT_FREQUENCY 1193182u /* Hz: a third of the NTSC colour carrier */

uint64_t pit8254_init(unsigned rate)
{
    ASSERT(rate >= 19 && rate <= 100000); /* the divisor has 16 bits */
    unsigned divisor = (INPUT_FREQUENCY + rate / 2) / rate;
    outb(COMMAND, RATE_GENERATOR);
    outb(CHANNEL_0, (uint8_t)divisor);
    outb(CHANNEL_0, (uint8_t)(divisor >> 8));
    return (uint64_t)divisor * 1000000000 / INPUT_FREQUENCY;
}

void pit8254_fire_once(void)
{
    outb(COMMAND, TERMINAL_COUNT);
    outb(CHANNEL_0, 1);
    outb(CHANNEL_0, 0);
}
