/*
 * A machine with one controller that has one disk. The controller is honest and quick, unless a
 * test changes what it says, or makes it mute.
 */
#ifndef TESTS_HOST_FAKE_DISK_H
#define TESTS_HOST_FAKE_DISK_H

#include <drivers/block/block.h>

#include "fake_pci.h"

enum { FAKE_DISK_SECTOR = 512, FAKE_DISK_SECTORS = 512 };

/* The answers of a controller that a test may change. */
enum fake_answer {
    FAKE_REGISTER, /* the value of a register that is read */
    FAKE_INDEX,    /* which command is done */
    FAKE_STATUS,   /* how the command has ended; 0: well */
    FAKE_POSITION, /* the controller's position in a ring */
    FAKE_IDENTITY, /* a byte of what the disk says of itself */
};

/* A kind of controller: puts one that was just switched on into the machine. */
typedef void fake_controller(void);
fake_controller fake_virtio_blk, fake_nvme, fake_ahci, fake_ide, fake_ide_cd;

struct fake_disk {
    uint32_t (*change)(enum fake_answer what, uint32_t value); /* NULL: nothing is changed */
    bool is_mute; /* commands are taken and never done */
    bool never_resets;
    bool is_old;         /* IDE: no addresses of 48 bits */
    bool is_first;       /* IDE: it is drive 0 of the channel, and not drive 1 */
    uint64_t bad_sector; /* cannot be read or written; UINT64_MAX: none */
    /* Set by the controller. */
    unsigned resets, flushes;
    unsigned interrupts; /* of virtio and NVMe, for commands that are done */
    uint8_t bytes[FAKE_DISK_SECTORS * FAKE_DISK_SECTOR];
};
extern struct fake_disk fake_disk;

extern struct executor fake_disk_executor;

/* A machine that was just switched on; then the drivers start. */
void fake_disk_reset(fake_controller *controller);
void fake_disk_start(void);

/* Time goes by. */
void fake_disk_run(unsigned milliseconds);

/* The machine's disk; NULL: there is none. */
struct block_device *fake_disk_found(void);

/* --- For controllers ------------------------------------------------------------------------ */

/* `value`, or what a test makes of it. */
uint32_t fake_say(enum fake_answer what, uint32_t value);

/* Moves `size` bytes between memory and the disk, from its byte `at` on. False: they are not all on
 * the disk, or a sector is bad. */
bool fake_disk_move(uint64_t at, phys_addr_t address, uint32_t size, bool is_write);

/* Are the sectors on the disk, and good? */
bool fake_disk_is_good(uint64_t sector, uint64_t count);

/* The 512 bytes of an ATA disk's identity. */
void fake_ata_identity(uint8_t *bytes);

#endif
