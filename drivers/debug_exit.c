#include <drivers/debug_exit.h>
#include <io.h>
#include <kernel/log/console.h>

enum { PORT = 0xf4 };

void debug_exit(enum debug_exit_status status)
{
    console_flush();
    outb(PORT, (uint8_t)status);
}
