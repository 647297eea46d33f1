/*
 * An AHCI controller (AHCI 1.3.1) with a disk at its port 0. It does a command as soon as it is
 * issued.
 */
#include <layout.h>
#include <string.h>

#include "fake_disk.h"

enum { REGISTERS = 0xfe000000, PORT = 0x100, SIZE = 0x80 };
enum {
    LIST = 0x00,
    INTERRUPTS = 0x10,
    COMMAND = 0x18,
    TASK_FILE = 0x20,
    SIGNATURE = 0x24,
    LINK = 0x28,
    ISSUED = 0x38
};
enum { TASK_READY = 0x50, TASK_FAILED = 0x51, DRIVE_ENDED = 1, TASK_ERROR = 1 << 30 };

static uint32_t control, port[SIZE / 4];

static uint32_t *port_register(unsigned offset)
{
    return &port[offset / 4];
}

static uint32_t read_register(phys_addr_t address)
{
    uint32_t offset = (uint32_t)(address - REGISTERS), value = 0;
    if (offset == 0)
        value = UINT32_C(1) << 31; /* addresses of 64 bits */
    else if (offset == 4)
        value = control;
    else if (offset == 0x0c)
        value = 1; /* port 0 is there */
    else if (offset >= PORT && offset < PORT + SIZE)
        value = port[(offset - PORT) / 4];
    return fake_say(FAKE_REGISTER, value);
}

struct table {
    uint8_t registers[64], packet[64];
    struct {
        uint64_t address;
        uint32_t reserved, size;
    } parts[];
};

static bool do_command(const struct table *table, uint32_t count)
{
    uint64_t sector = 0;
    uint8_t identity[FAKE_DISK_SECTOR];
    for (unsigned i = 0; i < 3; i++)
        sector |= (uint64_t)table->registers[4 + i] << 8 * i | (uint64_t)table->registers[8 + i]
                                                                   << (24 + 8 * i);
    uint64_t at = sector * FAKE_DISK_SECTOR;
    switch (table->registers[2]) {
    case 0xec:
        fake_ata_identity(identity);
        memcpy(phys_to_virt(table->parts[0].address), identity, sizeof(identity));
        return true;
    case 0xea:
        fake_disk.flushes++;
        return true;
    case 0x25:
    case 0x35:
        for (uint32_t i = 0; i < count; i++) {
            uint32_t size = table->parts[i].size + 1;
            if (!fake_disk_move(at, table->parts[i].address, size, table->registers[2] == 0x35))
                return false;
            at += size;
        }
        return true;
    }
    return false;
}

static void issue(void)
{
    const uint32_t *header = phys_to_virt(port[LIST / 4] | (uint64_t)port[LIST / 4 + 1] << 32);
    const struct table *table = phys_to_virt(header[2] | (uint64_t)header[3] << 32);
    *port_register(ISSUED) = 1;
    if (fake_disk.is_mute)
        return;
    bool good = fake_say(FAKE_STATUS, !do_command(table, header[0] >> 16)) == 0;
    *port_register(TASK_FILE) = good ? TASK_READY : TASK_FAILED;
    *port_register(INTERRUPTS) |= good ? DRIVE_ENDED : TASK_ERROR;
    *port_register(ISSUED) = fake_say(FAKE_INDEX, !good) & 1;
}

/* Starts and stops the list of commands, and the engine that receives the drive's answers. */
static void run(uint32_t value)
{
    uint32_t runs = (value & 1) << 15 | (value & 1 << 4) << 10;
    if (*port_register(COMMAND) & 1 && !(value & 1)) {
        fake_disk.resets++;
        *port_register(ISSUED) = 0;
    }
    if (fake_disk.never_resets)
        runs = 3u << 14;
    *port_register(COMMAND) = (value & ~(3u << 14)) | runs;
    *port_register(TASK_FILE) = TASK_READY;
}

static void write_register(phys_addr_t address, uint32_t value)
{
    uint32_t offset = (uint32_t)(address - REGISTERS);
    if (offset == 4)
        control = value & ~1u; /* a reset is over at once */
    if (offset < PORT || offset >= PORT + SIZE)
        return;
    switch (offset - PORT) {
    case COMMAND:
        run(value);
        break;
    case INTERRUPTS:
        *port_register(INTERRUPTS) &= ~value;
        break;
    case ISSUED:
        issue();
        break;
    default:
        port[(offset - PORT) / 4] = value;
        break;
    case LINK:
    case SIGNATURE:
    case TASK_FILE:
        break;
    }
}

void fake_ahci(void)
{
    static const struct fake_device device = {.read_memory = read_register,
                                              .write_memory = write_register};
    control = 0;
    memset(port, 0, sizeof(port));
    *port_register(LINK) = 0x113;
    *port_register(SIGNATURE) = 0x101;
    *port_register(TASK_FILE) = TASK_READY;
    fake_pci_bar(fake_pci_add(0, 4, 0, 0x29228086, 0x010601, 0), 5, REGISTERS, KIB(4), 0);
    fake_pci_device(&device);
}
