/*
 * `dump`: shows memory in hexadecimal and as text. Any address is safe: if it cannot be read, a
 * line says why. Reading a device's register may change it, so that needs the word `device`.
 */
#include <kernel/cpu/safe_load.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <layout.h>
#include <lib/format.h>
#include <lib/number.h>
#include <lib/string.h>
#include <mm/kernel_space.h>
#include <mm/paging_walk.h>

enum { ROW = 16, USUAL_LENGTH = 64, MAX_LENGTH = 4096 };

/* Only devices are mapped uncached or write-combining (mm/direct_map.h). */
static bool is_device(virt_addr_t address)
{
    struct paging_step steps[PAGING_LEVELS];
    size_t count = paging_walk(&kernel_space, address, steps);
    return count && (steps[count - 1].entry & PAGE_PRESENT) &&
           (steps[count - 1].entry & (PAGE_UNCACHED | PAGE_WRITE_COMBINING));
}

/* The reason why `address` cannot be read. */
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
        text[i] = '.';
        if (bytes[i] >= ' ' && bytes[i] <= '~')
            text[i] = (char)bytes[i];
    }
    console_printf("%016lx  %-*.*s %.*s\n", address, ROW / 2 * 5, (int)at, hex, (int)count, text);
}

/* Reads up to `count` bytes; returns the number that could be read. */
static size_t load_memory(virt_addr_t address, uint8_t *bytes, size_t count)
{
    size_t got = 0;
    while (got < count && safe_load(address + got, &bytes[got]))
        got++;
    return got;
}

/* The same for a device's registers of 32 bits. */
static size_t load_registers(virt_addr_t address, uint8_t *bytes, size_t count)
{
    size_t got = 0;
    uint32_t word;
    for (; got < count && safe_load_word(address + got, &word); got += sizeof(word))
        memcpy(bytes + got, &word, sizeof(word));
    return got;
}

/* Shows a row; false if no further row can be shown. */
static bool dump_row(virt_addr_t start, size_t count, bool registers)
{
    uint8_t row[ROW];
    if (!registers && (is_device(start) || is_device(start + count - 1))) {
        console_printf("dump: %016lx is a device's, and reading may change it; 'device' does it\n",
                       start);
        return false;
    }
    size_t got = registers ? load_registers(start, row, count) : load_memory(start, row, count);
    if (got)
        show_row(start, row, got);
    if (got < count)
        console_printf("dump: %016lx cannot be read: %s\n", start + got, reason(start + got));
    return got == count;
}

static void dump(virt_addr_t address, uint64_t length, bool registers)
{
    for (uint64_t done = 0; done < length; done += ROW) {
        if (!dump_row(address + done, (size_t)MIN(length - done, (uint64_t)ROW), registers))
            return;
    }
}

COMMAND(dump, "ADDR LEN", "memory from a hexadecimal address on",
        .details =
            "LEN, up to 4096, is decimal, or hexadecimal with 0x; 64 when it is left out.\n"
            "Physical address P is at ffff800000000000 + P: dump ffff8000000b8000 160\n"
            "A device's registers are read only with 'device' behind LEN, 32 bits at a time.\n")
{
    char word[COMMAND_WORD];
    virt_addr_t address;
    uint64_t length = USUAL_LENGTH;
    if (!command_address("dump", &arguments, &address))
        return;
    if (command_word(&arguments, word) &&
        (!parse_number(word, &length) || length == 0 || length > MAX_LENGTH)) {
        console_printf("dump: '%s' is no length from 1 to %d\n", word, MAX_LENGTH);
        return;
    }
    bool registers = command_word(&arguments, word);
    if (registers && strcmp(word, "device") != 0)
        console_printf("dump: behind the length comes 'device' or nothing, not '%s'\n", word);
    else if (registers && !IS_ALIGNED(address | length, sizeof(uint32_t)))
        console_printf(
            "dump: a device's registers have 32 bits: ADDR and LEN are multiples of 4\n");
    else if (!command_refuse_rest("dump", arguments))
        dump(address, length, registers);
}
