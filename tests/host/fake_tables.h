/*
 * ACPI's tables, made by hand, one at a time.
 */
#ifndef TESTS_HOST_FAKE_TABLES_H
#define TESTS_HOST_FAKE_TABLES_H

#include <types.h>

extern uint8_t table[4096];
extern size_t table_size;

/* Begins a table with its header; adds numbers, lowest byte first, and bytes; puts another number
 * where one is; ends the table, which sets its length and its checksum. */
void table_begin(const char *signature, uint8_t revision);
void table_put(uint64_t value, unsigned bytes);
void table_put_bytes(const void *bytes, size_t size);
void table_put_at(size_t offset, uint64_t value, unsigned bytes);
void table_end(void);

/* A root pointer; the fixed description, of that revision and size; the interrupt controllers: as
 * on a PC. */
void table_make_rsdp(uint8_t revision, uint32_t rsdt, uint64_t xsdt);
void table_make_fadt(uint8_t revision, size_t size);
void table_make_madt(void);

/* The sum of the bytes. */
uint8_t byte_sum(const uint8_t *bytes, size_t size);

/* The bytes in a block of exactly that size, so that the sanitizers see each that is read beyond
 * it. Good until the next call. */
const uint8_t *exact_copy(const void *bytes, size_t size);

#endif
