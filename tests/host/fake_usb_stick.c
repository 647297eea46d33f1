/*
 * The sticks of the fake machine (USB Mass Storage Class, Bulk-Only Transport 1.0): a command comes
 * in a wrapper of 31 bytes, data follows if there is some, and a status of 13 bytes ends it. A
 * stick is at one of these three stages; what it does wrong, a test has asked for.
 */
#include "fake_usb.h"

#include <drivers/usb/xhci_registers.h>
#include <string.h>

/* The first byte of a SCSI command, which is at this place of its wrapper (SPC-4, SBC-3). */
enum {
    OPERATION = 15,
    REQUEST_SENSE = 0x03,
    INQUIRY = 0x12,
    READ_CAPACITY_10 = 0x25,
    SYNCHRONIZE_CACHE_10 = 0x35,
    READ_CAPACITY_16 = 0x9e,
};

/* Why a command has failed. */
enum sense_key { NOT_READY = 2, ILLEGAL_REQUEST = 5, UNIT_ATTENTION = 6 };

static struct fake_stick sticks[FAKE_XHCI_PORTS];

struct fake_usb_device *fake_xhci_plug_stick(unsigned port, enum usb_speed speed, uint64_t blocks,
                                             uint32_t block_size)
{
    static const uint8_t configuration[] = {9, 2, 32, 0, 1, 1,    0, 0x80, 50, 9,    4,
                                            0, 0, 2,  8, 6, 0x50, 0, 7,    5,  0x81, 2,
                                            0, 2, 0,  7, 5, 2,    2, 0,    2,  0};
    struct fake_usb_device *device = fake_xhci_plug(port, speed);
    memcpy(device->configuration, configuration, sizeof(configuration));
    device->configuration_size = sizeof(configuration);
    device->stick = &sticks[port - 1];
    memset(device->stick, 0, sizeof(*device->stick));
    device->stick->blocks = blocks;
    device->stick->block_size = block_size;
    device->stick->has_changed = true;
    return device;
}

static uint64_t get_number(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void put_number(uint8_t *bytes, unsigned size, uint64_t value)
{
    for (unsigned i = size; i--; value >>= 8)
        bytes[i] = (uint8_t)value;
}

/* The memory of the command's blocks; NULL if it has none there. */
static uint8_t *stick_memory(struct fake_stick *stick)
{
    const uint8_t *command = stick->wrapper + OPERATION;
    bool is_16 = command[0] >= 0x80;
    uint64_t block = get_number(command + 2, is_16 ? 8 : 4), offset = block - stick->first;
    if (!stick->block_size || block < stick->first ||
        offset > FAKE_STICK_BYTES / stick->block_size ||
        offset * stick->block_size + stick->length > FAKE_STICK_BYTES)
        return NULL;
    return stick->bytes + offset * stick->block_size;
}

static void fail_command(struct fake_stick *stick, uint8_t key)
{
    stick->failed = true;
    stick->sense = key;
}

static void begin_stick_command(struct fake_stick *stick)
{
    uint8_t operation = stick->wrapper[OPERATION];
    stick->last_operation = operation;
    stick->failed = false;
    if (operation == REQUEST_SENSE || operation == INQUIRY)
        return;
    stick->sense = 0;
    if (operation && operation == stick->bad_operation)
        fail_command(stick, stick->bad_key);
    else if (stick->has_changed)
        fail_command(stick, UNIT_ATTENTION);
    else if (stick->has_no_medium)
        fail_command(stick, NOT_READY);
    else if (operation == SYNCHRONIZE_CACHE_10 && stick->knows_no_flush)
        fail_command(stick, ILLEGAL_REQUEST);
    stick->has_changed = false;
    stick->flushes += operation == SYNCHRONIZE_CACHE_10 && !stick->failed;
}

/* Answers a command that reads. */
static void fill_data(struct fake_stick *stick, uint8_t *data)
{
    uint8_t answer[64] = {0};
    uint64_t last = stick->blocks - 1;
    const uint8_t *memory;
    switch (stick->wrapper[OPERATION]) {
    case INQUIRY:
        answer[0] = stick->type;
        break;
    case REQUEST_SENSE:
        answer[0] = 0x70;
        answer[2] = stick->sense;
        break;
    case READ_CAPACITY_10:
        put_number(answer, 4, MIN(last, (uint64_t)UINT32_MAX));
        put_number(answer + 4, 4, stick->block_size);
        break;
    case READ_CAPACITY_16:
        put_number(answer, 8, last);
        put_number(answer + 8, 4, stick->block_size);
        break;
    default:
        memory = stick_memory(stick);
        if (memory)
            memcpy(data, memory, stick->length);
        return;
    }
    memcpy(data, answer, MIN(stick->length, (uint32_t)sizeof(answer)));
}

static uint8_t run_stick_out(struct fake_stick *stick, const uint8_t *data, uint32_t asked)
{
    if (stick->stage == FAKE_STICK_COMMAND) {
        memcpy(stick->wrapper, data, MIN(asked, (uint32_t)sizeof(stick->wrapper)));
        memcpy(&stick->length, stick->wrapper + 8, 4);
        begin_stick_command(stick);
        stick->stage = stick->length ? FAKE_STICK_DATA : FAKE_STICK_STATUS;
        return asked == 31 ? XHCI_SUCCESS : XHCI_STALL;
    }
    uint8_t *memory = stick_memory(stick);
    stick->stage = FAKE_STICK_STATUS;
    if (stick->failed || stick->stalls) {
        stick->stalls -= stick->stalls != 0;
        return XHCI_STALL;
    }
    stick->writes++;
    if (memory)
        memcpy(memory, data, asked);
    return XHCI_SUCCESS;
}

static uint8_t run_stick_in(struct fake_stick *stick, uint8_t *data, uint32_t asked, uint32_t *left)
{
    if (stick->stalls) {
        stick->stalls--;
        stick->stage = FAKE_STICK_STATUS;
        return XHCI_STALL;
    }
    if (stick->stage == FAKE_STICK_DATA) {
        stick->stage = FAKE_STICK_STATUS;
        if (stick->failed)
            return XHCI_STALL;
        fill_data(stick, data);
        *left = MIN(asked, stick->short_by);
        return *left ? XHCI_SHORT_PACKET : XHCI_SUCCESS;
    }
    uint8_t status[13] = {'U', 'S', 'B', 'S'};
    memcpy(status + 4, stick->wrapper + 4, 4); /* the command's tag */
    status[12] = stick->failed;
    stick->stage = FAKE_STICK_COMMAND;
    memcpy(data, status, sizeof(status));
    if (stick->bad_statuses) {
        stick->bad_statuses--;
        data[stick->bad_at % sizeof(status)] = stick->bad_value;
    }
    return XHCI_SUCCESS;
}

/* The driver reads at endpoint 1, whose ID is 3, and writes at endpoint 2, whose ID is 4. */
void fake_stick_transfer(unsigned slot, unsigned endpoint, struct fake_usb_device *device)
{
    struct fake_stick *stick = device->stick;
    struct fake_transfer transfer;
    bool is_in = endpoint == 3;
    while (!(is_in && (stick->is_mute || stick->stage == FAKE_STICK_COMMAND)) &&
           fake_xhci_take(slot, endpoint, &transfer)) {
        uint32_t asked = transfer.asked, left = 0;
        uint8_t code = fake_usb_next_code(device);
        if (code == XHCI_SUCCESS)
            code = is_in ? run_stick_in(stick, transfer.data, asked, &left)
                         : run_stick_out(stick, transfer.data, asked);
        if (code != XHCI_SUCCESS && code != XHCI_SHORT_PACKET)
            left = asked;
        fake_xhci_end(slot, endpoint, &transfer, code, left);
    }
}
