/*
 * Stands in for include/io.h in the host tests: ports are what tests/host/fake_ports.c makes of
 * them.
 */
#ifndef IO_H
#define IO_H

#include <types.h>

uint8_t inb(uint16_t port);
void outb(uint16_t port, uint8_t value);
void outb_many(uint16_t port, const void *from, size_t size);
uint16_t inw(uint16_t port);
uint32_t inl(uint16_t port);
void outw(uint16_t port, uint16_t value);
void inw_many(uint16_t port, void *to, size_t count);
void outw_many(uint16_t port, const void *from, size_t count);
void outl(uint16_t port, uint32_t value);
void io_delay(void);
uint32_t mmio_read(const volatile void *address);
void mmio_write(volatile void *address, uint32_t value);
uint8_t mmio_read_8(const volatile void *address);
uint16_t mmio_read_16(const volatile void *address);
void mmio_write_8(volatile void *address, uint8_t value);
void mmio_write_16(volatile void *address, uint16_t value);
void mmio_write_64(volatile void *address, uint64_t value);

#endif
