/*
 * `dump`: memory in hexadecimal and as text. Whatever address is given, nothing happens but a line
 * that says why it cannot be read. Memory of devices is another matter: reading a register may
 * change it, so that is done only when it is asked for.
 */
#include <kernel/cpu/safe_load.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <layout.h>
#include <lib/format.h>
#include <lib/number.h>
#include <lib/string.h>
#include <mm/kernel_space.h>

enum { ROW = 16, USUAL_LENGTH = 64, MAX_LENGTH = 4096 };

/* Only devices are mapped so (mm/direct_map.h). */
static bool is_device(virt_addr_t address)
{
    struct paging_step steps[PAGING_LEVELS];
    size_t count = paging_walk(&kernel_space, address, steps);
    return count && (steps[count - 1].entry & PAGE_PRESENT) &&
           (steps[count - 1].entry & (PAGE_UNCACHED | PAGE_WRITE_COMBINING));
}

/* Why `address` cannot be read. */
static const char *reason(virt_addr_t address)
{
    phys_addr_t physical;
    enum error error = paging_translate(&kernel_space, address, &physical);
    return error ? error_name(error) : "it faults";
}

static void show_row(virt_addr_t address, const uint8_t *bytes, size_t count)
{
    char hex[ROW / 2 * 5 + 1], text[ROW + 1];
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(hex + at, sizeof(hex) - at, i % 2 ? "%02x " : "%02x", bytes[i]);
        text[i] = bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i] : '.';
    }
    console_printf("%016lx  %-*.*s %.*s\n", address, ROW / 2 * 5, (int)at, hex, (int)count, text);
}

static void dump(virt_addr_t address, uint64_t length, bool devices)
{
    uint8_t row[ROW];
    for (uint64_t done = 0; done < length; done += ROW) {
        size_t count = (size_t)MIN(length - done, (uint64_t)ROW), got = 0;
        virt_addr_t start = address + done;
        bool device = !devices && (is_device(start) || is_device(start + count - 1));
        while (!device && got < count && safe_load(start + got, &row[got]))
            got++;
        if (got)
            show_row(start, row, got);
        if (device)
            console_printf("dump: %016lx belongs to a device, and reading it may change something; "
                           "add 'device'\n",
                           start);
        else if (got < count)
            console_printf("dump: %016lx cannot be read: %s\n", start + got, reason(start + got));
        if (got < count)
            return;
    }
}

COMMAND(dump, "ADDR LEN", "memory from a hexadecimal address on",
        .details = "LEN, up to 4096, is decimal, or hexadecimal with 0x; 64 when it is left out.\n"
                   "Physical address P is at ffff800000000000 + P: dump ffff8000000b8000 160\n"
                   "A device's registers are read only with 'device' behind LEN.\n")
{
    char word[24];
    virt_addr_t address;
    uint64_t length = USUAL_LENGTH;
    if (!command_word(&arguments, word, sizeof(word)) || !parse_hexadecimal(word, &address)) {
        console_printf("dump: '%s' is no hexadecimal address; try: dump ffff8000000b8000 160\n",
                       word);
        return;
    }
    if (command_word(&arguments, word, sizeof(word)) &&
        (!parse_number(word, &length) || length == 0 || length > MAX_LENGTH)) {
        console_printf("dump: '%s' is no length from 1 to %d\n", word, MAX_LENGTH);
        return;
    }
    bool devices = command_word(&arguments, word, sizeof(word));
    if (devices && strcmp(word, "device") != 0)
        console_printf("dump: behind the length comes 'device' or nothing, not '%s'\n", word);
    else
        dump(address, length, devices);
}
