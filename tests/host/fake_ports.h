/*
 * A bus with one fake device on it, at ports and in memory. A driver must return after a bounded
 * number of accesses, whatever the device answers. The bus counts them, and ends a test that makes
 * too many.
 */
#ifndef TESTS_HOST_FAKE_PORTS_H
#define TESTS_HOST_FAKE_PORTS_H

#include <types.h>

struct fake_device {
    uint8_t (*read)(uint16_t port);
    void (*write)(uint16_t port, uint8_t value);
    /* 16 bits at once; false, or no function: the port has bytes. */
    bool (*read_16)(uint16_t port, uint16_t *value);
    bool (*write_16)(uint16_t port, uint16_t value);
    uint32_t (*read_memory)(phys_addr_t address);
    void (*write_memory)(phys_addr_t address, uint32_t value);
    void (*write_narrow)(phys_addr_t address, uint32_t value, unsigned size); /* 1 or 2 bytes */
    void (*wait)(void); /* a microsecond goes by */
};

/* Puts the device on the bus and sets the count to 0. Any function may be NULL: then reads give
 * ones, as an empty bus does, and writes are lost. */
void fake_ports_set(struct fake_device device);

/* Accesses since then; each takes about a microsecond on a PC. */
uint64_t fake_ports_accesses(void);

#endif
