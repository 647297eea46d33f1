/*
 * Random numbers that nobody can predict, from a ChaCha20 generator. Each request gets a new key
 * from the generator itself, so that what was given out cannot be found out later.
 *
 * The seed comes from RDSEED or RDRAND where CPUID has them (Intel SDM 1 7.3.17), and from the time
 * stamp counter; samples of the time of interrupts are mixed in from then on.
 */
#ifndef KERNEL_CPU_RANDOM_H
#define KERNEL_CPU_RANDOM_H

#include <types.h>

/* Fills in random bytes. Never waits. In tasks, threads and set-up code. */
void random_bytes(void *to, size_t size);

/* Mixes a sample in, such as the time of an interrupt. Any context but NMI handlers. */
void random_add(uint64_t sample);

/* Does the processor have a source of randomness? If not, the first numbers may be guessed. Any
 * context. */
bool random_has_hardware(void);

#endif
