/*
 * An IDE controller at the usual ports, with one drive, the second one of its first channel: a
 * disk, or a CD drive. It has the next block of data ready as soon as it is asked.
 */
#include <layout.h>
#include <string.h>

#include "fake_disk.h"

enum { PORTS = 0x1f0, CONTROL = 0x3f6 };
enum { FEATURE = 1, COUNT = 2, LOW = 3, MID = 4, HIGH = 5, DEVICE = 6, COMMAND = 7 };
enum { READY = 0x50, DATA = 0x58, FAILED = 0x51, BUSY = 0xd0 };
enum { CD_BLOCK = 2048, CD_BLOCKS = FAKE_DISK_SECTORS / 4 };

static bool is_cd;
static uint8_t registers[8], older[8]; /* what was written, and before that */
static uint8_t status, buffer[CD_BLOCK];
static uint32_t at, size;     /* in the buffer */
static uint64_t sector, left; /* sectors that are still to come */
static bool writes, wants_packet;

static bool is_chosen(void)
{
    return !(registers[DEVICE] & 0x10) == fake_disk.is_first;
}

static uint32_t step(void)
{
    return is_cd ? CD_BLOCK : FAKE_DISK_SECTOR;
}

static void fail(void)
{
    left = 0;
    status = FAILED;
}

/* The next block is there, or there is room for it; or all is done. */
static void go_on(void)
{
    at = 0;
    size = step();
    uint32_t sectors = size / FAKE_DISK_SECTOR;
    if (!left) {
        status = fake_say(FAKE_STATUS, 0) ? FAILED : READY;
        return;
    }
    if (!fake_disk_is_good(sector, sectors)) {
        fail();
        return;
    }
    if (!writes)
        memcpy(buffer, fake_disk.bytes + sector * FAKE_DISK_SECTOR, size);
    registers[MID] = (uint8_t)fake_say(FAKE_POSITION, (uint8_t)size);
    registers[HIGH] = (uint8_t)fake_say(FAKE_POSITION, size >> 8);
    status = DATA;
}

static void answer(const uint8_t *bytes, uint32_t length)
{
    memcpy(buffer, bytes, length);
    at = 0;
    size = length;
    left = 0;
    registers[MID] = (uint8_t)length;
    registers[HIGH] = (uint8_t)(length >> 8);
    status = DATA;
}

static uint64_t address(bool is_48)
{
    uint64_t low = registers[LOW] | registers[MID] << 8 | (uint64_t)registers[HIGH] << 16;
    uint64_t high = older[LOW] | older[MID] << 8 | (uint64_t)older[HIGH] << 16;
    return low | (is_48 ? high : registers[DEVICE] & 15u) << 24;
}

static void begin(bool is_48, bool is_write)
{
    sector = address(is_48);
    left = registers[COUNT] | (is_48 ? older[COUNT] << 8 : 0);
    if (!left)
        left = is_48 ? 65536 : 256;
    writes = is_write;
    go_on();
}

static void do_packet(void)
{
    static const uint8_t capacity[] = {0, 0, 0, CD_BLOCKS - 1, 0, 0, CD_BLOCK >> 8, 0};
    wants_packet = false;
    if (buffer[0] == 0x25) {
        uint8_t bytes[sizeof(capacity)];
        for (unsigned i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)fake_say(FAKE_IDENTITY, capacity[i]);
        answer(bytes, sizeof(bytes));
    } else if (buffer[0] == 0x28) {
        sector = 4 * ((uint64_t)buffer[2] << 24 | (uint32_t)buffer[3] << 16 | buffer[4] << 8 |
                      buffer[5]);
        left = 4 * (buffer[7] << 8 | buffer[8]);
        writes = false;
        go_on();
    } else {
        fail();
    }
}

static void do_command(uint8_t command)
{
    uint8_t identity[FAKE_DISK_SECTOR];
    status = BUSY;
    left = 0;
    if (fake_disk.is_mute)
        return;
    if (is_cd && command == 0xa0) {
        wants_packet = true;
        at = 0;
        size = 12;
        status = DATA;
    } else if (!is_cd && command == 0xec) {
        fake_ata_identity(identity);
        answer(identity, sizeof(identity));
    } else if (!is_cd && command == (fake_disk.is_old ? 0xe7 : 0xea)) {
        fake_disk.flushes++;
        go_on();
    } else if (!is_cd && (command & ~0x14) == 0x20 && !(fake_disk.is_old && command & 4)) {
        begin(command & 4, command & 0x10);
    } else {
        fail();
    }
}

/* --- Ports ---------------------------------------------------------------------------------- */

static uint8_t read_port(uint16_t port)
{
    uint32_t value = 0xff;
    if (port == CONTROL || (port >= PORTS && port < PORTS + 8)) {
        if (!is_chosen())
            value = 0; /* the other drive is not there */
        else
            value = port == CONTROL || port == PORTS + COMMAND ? status : registers[port - PORTS];
        return (uint8_t)fake_say(FAKE_REGISTER, value);
    }
    return (uint8_t)value;
}

static void reset(void)
{
    fake_disk.resets++;
    status = fake_disk.never_resets ? BUSY : READY;
    wants_packet = false;
    left = 0;
    registers[COUNT] = registers[LOW] = 1;
    registers[MID] = is_cd ? 0x14 : 0;
    registers[HIGH] = is_cd ? 0xeb : 0;
}

static void write_port(uint16_t port, uint8_t value)
{
    if (port == CONTROL && value & 4)
        reset();
    if (port < PORTS || port >= PORTS + 8)
        return;
    older[port - PORTS] = registers[port - PORTS];
    registers[port - PORTS] = value;
    if (port == PORTS + COMMAND && is_chosen())
        do_command(value);
}

/* A block has been moved. */
static void end_block(void)
{
    if (wants_packet) {
        do_packet();
        return;
    }
    if (writes && left)
        memcpy(fake_disk.bytes + sector * FAKE_DISK_SECTOR, buffer, size);
    uint64_t sectors = step() / FAKE_DISK_SECTOR;
    sector += sectors;
    left -= MIN(left, sectors);
    go_on();
}

static bool read_data(uint16_t port, uint16_t *value)
{
    if (port != PORTS)
        return false;
    *value = UINT16_MAX;
    if (status != DATA)
        return true;
    memcpy(value, buffer + at, sizeof(*value));
    at += 2;
    if (at == size)
        end_block();
    return true;
}

static bool write_data(uint16_t port, uint16_t value)
{
    if (port != PORTS)
        return false;
    if (status != DATA)
        return true;
    memcpy(buffer + at, &value, sizeof(value));
    at += 2;
    if (at == size)
        end_block();
    return true;
}

static void add(bool cd)
{
    static const struct fake_device device = {
        .read = read_port, .write = write_port, .read_16 = read_data, .write_16 = write_data};
    is_cd = cd;
    memset(registers, 0, sizeof(registers));
    memset(older, 0, sizeof(older));
    reset();
    fake_disk.resets = 0;
    fake_pci_add(0, 1, 0, 0x70108086, 0x010180, 0);
    fake_pci_device(&device);
}

void fake_ide(void)
{
    add(false);
}

void fake_ide_cd(void)
{
    add(true);
}
