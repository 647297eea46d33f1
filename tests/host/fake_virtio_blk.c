/*
 * A virtual disk (Virtual I/O Device 1.1). It does a command as soon as the doorbell rings.
 */
#include <layout.h>
#include <string.h>

#include "fake_disk.h"

enum { REGISTERS = 0xfe000000, COMMON = 0, NOTIFY = 0x1000, INTERRUPTS = 0x2000, CONFIG = 0x3000 };
enum {
    DEVICE_FEATURES_SELECT = 0,
    DEVICE_FEATURES = 4,
    CONFIG_VECTOR = 16,
    STATUS = 20,
    QUEUE_SIZE = 24,
    QUEUE_VECTOR = 26,
    DESCRIPTORS = 32,
    AVAILABLE = 40,
    USED = 48
};
enum { SIZE = 16 /* of the queue, as the driver has it */ };
enum { FEATURES_LOW = 1 << 28 | 1 << 2 | 1 << 6 | 1 << 9, FEATURES_HIGH = 1 };

struct descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
};

static uint8_t common[64];
static uint16_t seen, done;

static uint64_t common_64(unsigned offset)
{
    uint64_t value;
    memcpy(&value, common + offset, sizeof(value));
    return value;
}

static uint32_t read_register(phys_addr_t address)
{
    uint32_t offset = (uint32_t)(address - REGISTERS), value = 0;
    if (offset == DEVICE_FEATURES)
        value = common[DEVICE_FEATURES_SELECT] ? FEATURES_HIGH : FEATURES_LOW;
    else if (offset < sizeof(common))
        memcpy(&value, common + offset, sizeof(value));
    else if (offset == CONFIG)
        value = FAKE_DISK_SECTORS;
    else if (offset == CONFIG + 12)
        value = 64; /* parts */
    else if (offset == CONFIG + 20)
        value = FAKE_DISK_SECTOR;
    return fake_say(FAKE_REGISTER, value);
}

static uint8_t do_command(const struct descriptor *table)
{
    const uint32_t *header = phys_to_virt(table[0].address);
    uint64_t at = (header[2] | (uint64_t)header[3] << 32) * FAKE_DISK_SECTOR;
    if (header[0] == 4) {
        fake_disk.flushes++;
        return 0;
    }
    for (unsigned i = table[0].next; table[i].flags & 1; i = table[i].next) {
        if (!fake_disk_move(at, table[i].address, table[i].size, header[0] == 1))
            return 1;
        at += table[i].size;
    }
    return 0;
}

static void complete(uint16_t index)
{
    uint8_t *used = phys_to_virt(common_64(USED));
    uint32_t said = fake_say(FAKE_INDEX, index);
    memcpy(used + 4 + done++ % SIZE * 8, &said, sizeof(said));
    uint16_t position = (uint16_t)fake_say(FAKE_POSITION, done);
    memcpy(used + 2, &position, sizeof(position));
    fake_disk.interrupts += common[QUEUE_VECTOR] == 0 && common[QUEUE_VECTOR + 1] == 0;
}

/* No vector is 0xffff. */
static void reset(void)
{
    seen = done = 0;
    memset(common + CONFIG_VECTOR, 0xff, 2);
    memset(common + QUEUE_VECTOR, 0xff, 2);
}

static void ring(void)
{
    const uint16_t *available = phys_to_virt(common_64(AVAILABLE));
    const struct descriptor *descriptors = phys_to_virt(common_64(DESCRIPTORS));
    while (common[STATUS] & 4 && seen != available[1]) {
        uint16_t index = available[2 + seen++ % SIZE];
        const struct descriptor *table = phys_to_virt(descriptors[index].address);
        unsigned last = descriptors[index].size / sizeof(*table) - 1;
        if (fake_disk.is_mute)
            continue;
        uint8_t *status = phys_to_virt(table[last].address);
        *status = (uint8_t)fake_say(FAKE_STATUS, do_command(table));
        complete(index);
    }
}

static void write_narrow(phys_addr_t address, uint32_t value, unsigned size)
{
    uint32_t offset = (uint32_t)(address - REGISTERS);
    if (offset >= NOTIFY && offset < INTERRUPTS)
        ring();
    if (offset >= sizeof(common))
        return;
    if (offset == STATUS && !value) {
        fake_disk.resets++;
        reset();
        if (fake_disk.never_resets)
            return;
    }
    memcpy(common + offset, &value, size);
}

static void write_register(phys_addr_t address, uint32_t value)
{
    write_narrow(address, value, sizeof(value));
}

static void add_structure(struct fake_function *function, unsigned at, unsigned type,
                          uint32_t offset, uint32_t length)
{
    function->words[at / 4] = 0x09 | (at + 0x20) << 8 | 20u << 16 | type << 24;
    function->words[at / 4 + 2] = offset;
    function->words[at / 4 + 3] = length;
}

void fake_virtio_blk(void)
{
    static const struct fake_device device = {
        .read_memory = read_register, .write_memory = write_register, .write_narrow = write_narrow};
    memset(common, 0, sizeof(common));
    common[QUEUE_SIZE] = 128;
    reset();
    struct fake_function *function = fake_pci_add(0, 4, 0, 0x10421af4, 0x010000, 0);
    fake_pci_bar(function, 0, REGISTERS, KIB(16), 4);
    function->words[PCI_COMMAND / 4] |= 1 << 20; /* it has capabilities */
    function->words[PCI_CAPABILITIES / 4] = 0x40;
    add_structure(function, 0x40, 1, COMMON, sizeof(common));
    add_structure(function, 0x60, 2, NOTIFY, 4);
    add_structure(function, 0x80, 3, INTERRUPTS, 4);
    add_structure(function, 0xa0, 4, CONFIG, 64);
    function->words[0xa0 / 4] &= ~0xff00u; /* the last one */
    fake_pci_device(&device);
}
