/*
 * Numbers as disks, devices and firmware store them, at any address. May be called in any context.
 */
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include <types.h>

/* Read a number of 16, 32 or 64 bits whose lowest byte comes first. */
static inline uint16_t get_little_16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}
static inline uint32_t get_little_32(const uint8_t *bytes)
{
    return get_little_16(bytes) | (uint32_t)get_little_16(bytes + 2) << 16;
}
static inline uint64_t get_little_64(const uint8_t *bytes)
{
    return get_little_32(bytes) | (uint64_t)get_little_32(bytes + 4) << 32;
}

/* Write one. */
static inline void put_little_16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}
static inline void put_little_32(uint8_t *bytes, uint32_t value)
{
    put_little_16(bytes, value);
    put_little_16(bytes + 2, value >> 16);
}

/* Read a number whose highest byte comes first. */
static inline uint16_t get_big_16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}
static inline uint32_t get_big_32(const uint8_t *bytes)
{
    return (uint32_t)get_big_16(bytes) << 16 | get_big_16(bytes + 2);
}

/* Writes one. */
static inline void put_big_32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

#endif
