/*
 * The commands that a stick knows (SCSI Block Commands 3, Primary Commands 4), and their answers.
 * The answers are outside data. Pure functions; any context.
 */
#ifndef DRIVERS_USB_SCSI_H
#define DRIVERS_USB_SCSI_H

#include <error.h>
#include <types.h>

enum { SCSI_COMMAND = 16 /* bytes, of the longest command */ };

struct scsi_command {
    uint8_t bytes[SCSI_COMMAND];
    uint8_t size;
    bool out;        /* the data goes to the device */
    uint32_t length; /* of the data, in bytes */
};

/* Why a command has failed: sense keys (Primary Commands 4, 4.5.6). */
enum scsi_sense { SCSI_NOT_READY = 2, SCSI_ILLEGAL_REQUEST = 5, SCSI_UNIT_ATTENTION = 6 };

/* Commands without parameters. */
struct scsi_command scsi_inquiry(void);
struct scsi_command scsi_test_unit_ready(void);
struct scsi_command scsi_request_sense(void);
struct scsi_command scsi_read_capacity_10(void);
struct scsi_command scsi_read_capacity_16(void);
struct scsi_command scsi_synchronize_cache(void);

/* Reads or writes `count` blocks of `block_size` bytes. If they begin below 2^32, the short form is
 * taken, which every device knows. `count` is below 2^16. */
struct scsi_command scsi_transfer(bool write, uint64_t block, uint32_t count, uint32_t block_size);

/* Is the answer to scsi_inquiry() that of a disk? */
bool scsi_is_disk(const uint8_t *bytes, size_t size);

/* Reads the answer to scsi_request_sense(). Returns the key; 0 for an answer that makes no sense.
 */
unsigned scsi_read_sense(const uint8_t *bytes, size_t size);

/* Reads the answer to one of the commands for the capacity. ERROR_DEVICE: it is too short.
 * ERROR_FULL: the number does not fit into the short answer. ERROR_UNSUPPORTED: the blocks have
 * another size than 512 or 4,096 bytes. */
enum error scsi_read_capacity_answer_10(const uint8_t *bytes, size_t size, uint64_t *blocks,
                                        uint32_t *block_size);
enum error scsi_read_capacity_answer_16(const uint8_t *bytes, size_t size, uint64_t *blocks,
                                        uint32_t *block_size);

#endif
