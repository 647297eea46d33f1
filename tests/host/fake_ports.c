#include "fake_ports.h"

#include <io.h>
#include <kernel/log/panic.h>
#include <layout.h>
#include <string.h>

enum { FOR_EVER = 100000000 };

static struct fake_device device;
static uint64_t accesses;

static void count(void)
{
    if (++accesses > FOR_EVER)
        PANIC("the driver waits for ever");
}

void fake_ports_set(struct fake_device new_device)
{
    device = new_device;
    accesses = 0;
}

uint64_t fake_ports_accesses(void)
{
    return accesses;
}

uint8_t inb(uint16_t port)
{
    count();
    return device.read ? device.read(port) : 0xff;
}

void outb(uint16_t port, uint8_t value)
{
    count();
    if (device.write)
        device.write(port, value);
}

void outb_many(uint16_t port, const void *from, size_t size)
{
    for (const uint8_t *bytes = from; size; size--)
        outb(port, *bytes++);
}

uint16_t inw(uint16_t port)
{
    uint16_t value;
    if (device.read_16 && device.read_16(port, &value)) {
        count();
        return value;
    }
    uint8_t low = inb(port);
    return (uint16_t)(low | inb((uint16_t)(port + 1)) << 8);
}

void outw(uint16_t port, uint16_t value)
{
    if (device.write_16 && device.write_16(port, value)) {
        count();
        return;
    }
    outb(port, (uint8_t)value);
    outb((uint16_t)(port + 1), (uint8_t)(value >> 8));
}

void inw_many(uint16_t port, void *to, size_t size)
{
    for (uint8_t *bytes = to; size; size--) {
        uint16_t value = inw(port);
        memcpy(bytes, &value, sizeof(value));
        bytes += sizeof(value);
    }
}

void outw_many(uint16_t port, const void *from, size_t size)
{
    for (const uint8_t *bytes = from; size; size--) {
        uint16_t value;
        memcpy(&value, bytes, sizeof(value));
        outw(port, value);
        bytes += sizeof(value);
    }
}

void outl(uint16_t port, uint32_t value)
{
    outw(port, (uint16_t)value);
    outw((uint16_t)(port + 2), (uint16_t)(value >> 16));
}

uint32_t inl(uint16_t port)
{
    uint32_t low = inw(port);
    return low | (uint32_t)inw((uint16_t)(port + 2)) << 16;
}

uint32_t mmio_read(const volatile void *address)
{
    count();
    phys_addr_t physical = (uintptr_t)address - DIRECT_MAP_BASE;
    return device.read_memory ? device.read_memory(physical) : UINT32_MAX;
}

void mmio_write(volatile void *address, uint32_t value)
{
    count();
    if (device.write_memory)
        device.write_memory((uintptr_t)address - DIRECT_MAP_BASE, value);
}

static uint32_t read_narrow(const volatile void *address)
{
    uintptr_t at = (uintptr_t)address;
    return mmio_read((const volatile void *)(at & ~(uintptr_t)3)) >> 8 * (at & 3);
}

uint8_t mmio_read_8(const volatile void *address)
{
    return (uint8_t)read_narrow(address);
}

uint16_t mmio_read_16(const volatile void *address)
{
    return (uint16_t)read_narrow(address);
}

static void write_narrow(volatile void *address, uint32_t value, unsigned size)
{
    count();
    if (device.write_narrow)
        device.write_narrow((uintptr_t)address - DIRECT_MAP_BASE, value, size);
}

void mmio_write_8(volatile void *address, uint8_t value)
{
    write_narrow(address, value, sizeof(value));
}

void mmio_write_16(volatile void *address, uint16_t value)
{
    write_narrow(address, value, sizeof(value));
}

void mmio_write_64(volatile void *address, uint64_t value)
{
    mmio_write(address, (uint32_t)value);
    mmio_write((volatile uint8_t *)address + 4, (uint32_t)(value >> 32));
}

void io_delay(void)
{
    count();
    if (device.wait)
        device.wait();
}
