/*
 * Port input and output (Intel SDM 1, chapter 19), and registers in memory. Any context.
 */
#ifndef IO_H
#define IO_H

#include <types.h>

/* Reads a byte from a port; 0xff, as a rule, where no device is. */
static inline uint8_t inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Writes a byte to a port; nothing happens where no device is. */
static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

/* Writes the `size` bytes at `from` to one port, one after the other. */
static inline void outb_many(uint16_t port, const void *from, size_t size)
{
    __asm__ volatile("rep outsb" : "+S"(from), "+c"(size) : "d"(port) : "memory");
}

/* Read 16 and 32 bits; all ones, as a rule, where no device is. */
static inline uint16_t inw(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline uint32_t inl(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Write 16 and 32 bits to a port, which several 8-bit registers may share: the low byte goes to
 * `port`. */
static inline void outw(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}
static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

/* Read and write `count` times 16 bits at one port, into and from memory. */
static inline void inw_many(uint16_t port, void *to, size_t count)
{
    __asm__ volatile("rep insw" : "+D"(to), "+c"(count) : "d"(port) : "memory");
}
static inline void outw_many(uint16_t port, const void *from, size_t count)
{
    __asm__ volatile("rep outsw" : "+S"(from), "+c"(count) : "d"(port) : "memory");
}

/* Takes about a microsecond on every PC: a write to the POST code port, which goes out to the
 * slowest bus. Old devices need the pause between two accesses, and a wait that counts these pauses
 * has a limit without needing a clock. */
static inline void io_delay(void)
{
    outb(0x80, 0);
}

/* Read and write a device's 32-bit register in memory, which is aligned, in one access of that
 * width, as devices require. */
static inline uint32_t mmio_read(const volatile void *address)
{
    return *(const volatile uint32_t *)address;
}
static inline void mmio_write(volatile void *address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

/* The same for registers of 8 and of 16 bits. */
static inline uint8_t mmio_read_8(const volatile void *address)
{
    return *(const volatile uint8_t *)address;
}
static inline uint16_t mmio_read_16(const volatile void *address)
{
    return *(const volatile uint16_t *)address;
}
static inline void mmio_write_8(volatile void *address, uint8_t value)
{
    *(volatile uint8_t *)address = value;
}
static inline void mmio_write_16(volatile void *address, uint16_t value)
{
    *(volatile uint16_t *)address = value;
}

/* Writes a register of 64 bits in two halves, the lower one first. A device with 32 bits has only
 * that half. */
static inline void mmio_write_64(volatile void *address, uint64_t value)
{
    mmio_write(address, (uint32_t)value);
    mmio_write((volatile uint8_t *)address + 4, (uint32_t)(value >> 32));
}

#endif
