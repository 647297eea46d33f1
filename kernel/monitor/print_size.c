#include <kernel/log/console.h>
#include <kernel/monitor/print_size.h>

void print_size(uint64_t size)
{
    if (size < KIB(1))
        console_printf("%lu bytes", size);
    else if (size < MIB(1))
        console_printf("%lu KiB", size / KIB(1));
    else
        console_printf("%lu MiB", size / MIB(1));
}
