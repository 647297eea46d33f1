/*
 * ACPI's tables, made by hand, one at a time.
 */
#ifndef TESTS_HOST_FAKE_TABLES_H
#define TESTS_HOST_FAKE_TABLES_H

#include <types.h>

extern uint8_t table[4096];
extern size_t table_size;

/* table_begin() starts a table with its header. table_put() and table_put_bytes() append a number,
 * lowest byte first, or bytes; table_put_at() overwrites a number. table_end() sets length and
 * checksum. */
void table_begin(const char *signature, uint8_t revision);
void table_put(uint64_t value, unsigned bytes);
void table_put_bytes(const void *bytes, size_t size);
void table_put_at(size_t offset, uint64_t value, unsigned bytes);
void table_end(void);

/* Make a whole table, as on a PC: a root pointer, a fixed description of that revision and size,
 * the interrupt controllers. */
void table_make_rsdp(uint8_t revision, uint32_t rsdt, uint64_t xsdt);
void table_make_fadt(uint8_t revision, size_t size);
void table_make_madt(void);

/* Returns the sum of the bytes. */
uint8_t byte_sum(const uint8_t *bytes, size_t size);

/* Copies the bytes to a block of exactly that size, so that the sanitizers notice a read beyond it.
 * Valid until the next call. */
const uint8_t *exact_copy(const void *bytes, size_t size);

#endif
