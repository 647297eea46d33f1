#include <assert.h>
#include <drivers/usb/scsi.h>
#include <lib/bytes.h>

enum operation {
    TEST_UNIT_READY = 0x00,
    REQUEST_SENSE = 0x03,
    INQUIRY = 0x12,
    READ_CAPACITY_10 = 0x25,
    READ_10 = 0x28,
    WRITE_10 = 0x2a,
    SYNCHRONIZE_CACHE = 0x35,
    READ_16 = 0x88,
    WRITE_16 = 0x8a,
    SERVICE_ACTION = 0x9e,
    READ_CAPACITY_16 = 0x10, /* the action */
};

enum length { INQUIRY_LENGTH = 36, SENSE_LENGTH = 18, CAPACITY_10 = 8, CAPACITY_16 = 32 };

struct scsi_command scsi_inquiry(void)
{
    return (struct scsi_command){
        .bytes = {INQUIRY, 0, 0, 0, INQUIRY_LENGTH}, .size = 6, .length = INQUIRY_LENGTH};
}

struct scsi_command scsi_test_unit_ready(void)
{
    return (struct scsi_command){.bytes = {TEST_UNIT_READY}, .size = 6};
}

struct scsi_command scsi_request_sense(void)
{
    return (struct scsi_command){
        .bytes = {REQUEST_SENSE, 0, 0, 0, SENSE_LENGTH}, .size = 6, .length = SENSE_LENGTH};
}

struct scsi_command scsi_read_capacity_10(void)
{
    return (struct scsi_command){.bytes = {READ_CAPACITY_10}, .size = 10, .length = CAPACITY_10};
}

struct scsi_command scsi_read_capacity_16(void)
{
    return (struct scsi_command){.bytes = {SERVICE_ACTION, READ_CAPACITY_16, [13] = CAPACITY_16},
                                 .size = 16,
                                 .length = CAPACITY_16};
}

/* Of all blocks. */
struct scsi_command scsi_synchronize_cache(void)
{
    return (struct scsi_command){.bytes = {SYNCHRONIZE_CACHE}, .size = 10};
}

struct scsi_command scsi_transfer(bool write, uint64_t block, uint32_t count, uint32_t block_size)
{
    struct scsi_command command = {.out = write, .length = count * block_size};
    ASSERT(count && count <= UINT16_MAX);
    if (block <= UINT32_MAX) {
        command.size = 10;
        command.bytes[0] = write ? WRITE_10 : READ_10;
        put_big_32(command.bytes + 2, (uint32_t)block);
        command.bytes[7] = (uint8_t)(count >> 8);
        command.bytes[8] = (uint8_t)count;
    } else {
        command.size = 16;
        command.bytes[0] = write ? WRITE_16 : READ_16;
        put_big_32(command.bytes + 2, (uint32_t)(block >> 32));
        put_big_32(command.bytes + 6, (uint32_t)block);
        put_big_32(command.bytes + 10, count);
    }
    return command;
}

/* Something is connected there (the upper bits), and it is a disk. */
bool scsi_is_disk(const uint8_t *bytes, size_t size)
{
    return size > 0 && bytes[0] == 0;
}

unsigned scsi_read_sense(const uint8_t *bytes, size_t size)
{
    enum { FIXED = 0x70, DESCRIPTORS = 0x72 };
    if (size < 3)
        return 0;
    unsigned format = bytes[0] & 0x7e;
    if (format == FIXED)
        return bytes[2] & 15;
    return format == DESCRIPTORS ? bytes[1] & 15 : 0;
}

static enum error check_block_size(uint32_t block_size)
{
    return block_size == 512 || block_size == 4096 ? OK : ERROR_UNSUPPORTED;
}

enum error scsi_read_capacity_answer_10(const uint8_t *bytes, size_t size, uint64_t *blocks,
                                        uint32_t *block_size)
{
    if (size < CAPACITY_10)
        return ERROR_DEVICE;
    if (get_big_32(bytes) == UINT32_MAX)
        return ERROR_FULL;
    *blocks = get_big_32(bytes) + UINT64_C(1);
    *block_size = get_big_32(bytes + 4);
    return check_block_size(*block_size);
}

enum error scsi_read_capacity_answer_16(const uint8_t *bytes, size_t size, uint64_t *blocks,
                                        uint32_t *block_size)
{
    if (size < 12)
        return ERROR_DEVICE;
    uint64_t last = (uint64_t)get_big_32(bytes) << 32 | get_big_32(bytes + 4);
    *block_size = get_big_32(bytes + 8);
    if (last > UINT64_MAX / 4096 - 1) /* its bytes have to be counted */
        return ERROR_DEVICE;
    *blocks = last + 1;
    return check_block_size(*block_size);
}
