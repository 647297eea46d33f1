/*
 * An NVMe controller (NVM Express 1.4) with a namespace of 512 sectors. It does a command as soon
 * as the doorbell rings.
 */
#include <layout.h>
#include <string.h>

#include "fake_disk.h"

enum { REGISTERS = 0xfe000000, QUEUES = 2 };
enum { CONFIGURATION = 0x14, STATUS = 0x1c, ADMIN_QUEUES = 0x28, DOORBELLS = 0x1000 };

static struct queue {
    phys_addr_t submissions, completions;
    uint32_t head, tail, put, phase;
    bool interrupts;
} queues[QUEUES];
static uint32_t configuration, admin[4];

static uint32_t read_register(phys_addr_t address)
{
    uint32_t value = 0;
    switch (address - REGISTERS) {
    case 0: /* capabilities: 64 entries, 1 s */
        value = 63 | 1u << 16 | 2u << 24;
        break;
    case 4: /* the doorbells lie close, pages of 4 KiB */
        value = 1 << 5;
        break;
    case CONFIGURATION:
        value = configuration;
        break;
    case STATUS:
        value = fake_disk.never_resets ? 1 : configuration & 1;
        break;
    }
    return fake_say(FAKE_REGISTER, value);
}

static void complete(struct queue *queue, uint32_t id, uint32_t status)
{
    uint32_t *entry = phys_to_virt(queue->completions + queue->put % 32 * 16);
    entry[2] = queue->head;
    entry[3] = (fake_say(FAKE_INDEX, id) & 0xffff) | fake_say(FAKE_STATUS, status) << 17 |
               (fake_say(FAKE_POSITION, queue->phase) & 1) << 16;
    queue->put = (queue->put + 1) % 32;
    queue->phase ^= queue->put == 0;
    fake_disk.interrupts += queue->interrupts;
}

static uint32_t identify(const uint32_t *entry)
{
    uint8_t *answer = phys_to_virt(entry[6] | (uint64_t)entry[7] << 32);
    switch (entry[10]) {
    case 0: /* the namespace */
        answer[1] = FAKE_DISK_SECTORS >> 8;
        answer[128 + 2] = 9;
        break;
    case 1: /* the controller: 128 KiB at a time, a cache */
        answer[77] = 5;
        answer[525] = 1;
        break;
    default:
        answer[0] = 1;
        break;
    }
    for (unsigned i = 0; i < 600; i++)
        answer[i] = (uint8_t)fake_say(FAKE_IDENTITY, answer[i]);
    return 0;
}

static uint32_t do_admin(const uint32_t *entry)
{
    phys_addr_t memory = entry[6] | (uint64_t)entry[7] << 32;
    switch (entry[0] & 0xff) {
    case 1:
        queues[1].submissions = memory;
        return 0;
    case 5:
        queues[1].completions = memory;
        queues[1].phase = 1;
        queues[1].interrupts = entry[11] & 2;
        return 0;
    case 6:
        return identify(entry);
    }
    return 1;
}

static uint32_t do_blocks(const uint32_t *entry)
{
    unsigned opcode = entry[0] & 0xff;
    uint64_t at = (entry[10] | (uint64_t)entry[11] << 32) * FAKE_DISK_SECTOR;
    uint32_t left = ((entry[12] & 0xffff) + 1) * FAKE_DISK_SECTOR;
    phys_addr_t memory = entry[6] | (uint64_t)entry[7] << 32;
    phys_addr_t second = entry[8] | (uint64_t)entry[9] << 32;
    if (opcode == 0) {
        fake_disk.flushes++;
        return 0;
    }
    if (!fake_disk_is_good(at / FAKE_DISK_SECTOR, left / FAKE_DISK_SECTOR))
        return 0x80;
    const uint64_t *list =
        left > 2 * PAGE_SIZE - memory % PAGE_SIZE ? phys_to_virt(second) : &second;
    while (left) {
        uint32_t size = (uint32_t)MIN(left, PAGE_SIZE - memory % PAGE_SIZE);
        if (!fake_disk_move(at, memory, size, opcode == 1))
            return 0x80;
        at += size;
        left -= size;
        if (left)
            memory = *list++;
    }
    return 0;
}

static void ring(unsigned number, uint32_t tail)
{
    struct queue *queue = &queues[number];
    while (configuration & 1 && queue->submissions && queue->head != tail % 32) {
        const uint32_t *entry = phys_to_virt(queue->submissions + queue->head * 64);
        queue->head = (queue->head + 1) % 32;
        if (fake_disk.is_mute && number)
            continue;
        complete(queue, entry[0] >> 16, number ? do_blocks(entry) : do_admin(entry));
    }
}

static void write_register(phys_addr_t address, uint32_t value)
{
    uint32_t offset = (uint32_t)(address - REGISTERS);
    if (offset == CONFIGURATION) {
        fake_disk.resets += configuration & ~value & 1;
        configuration = value;
        memset(queues, 0, sizeof(queues));
        queues[0] = (struct queue){.submissions = admin[0] | (uint64_t)admin[1] << 32,
                                   .completions = admin[2] | (uint64_t)admin[3] << 32,
                                   .phase = 1};
    } else if (offset >= ADMIN_QUEUES && offset < ADMIN_QUEUES + sizeof(admin)) {
        admin[(offset - ADMIN_QUEUES) / 4] = value;
    } else if (offset >= DOORBELLS && offset < DOORBELLS + 16 && offset % 8 == 0) {
        ring((offset - DOORBELLS) / 8, value);
    }
}

void fake_nvme(void)
{
    static const struct fake_device device = {.read_memory = read_register,
                                              .write_memory = write_register};
    configuration = 0;
    memset(queues, 0, sizeof(queues));
    fake_pci_bar(fake_pci_add(0, 4, 0, 0x00101b36, 0x010802, 0), 0, REGISTERS, KIB(16), 4);
    fake_pci_device(&device);
}
