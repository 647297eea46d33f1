/*
 * The checksum of Ethernet, ZIP and GPT: CRC-32 (IEEE 802.3, 3.2.9).
 */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <types.h>

/* Goes on from `before`, the checksum of the bytes before these; 0 at the start. Any context. */
uint32_t crc32(uint32_t before, const void *bytes, size_t size);

#endif
