/*
 * One bit of a row of words. BTS and BTR find the word themselves (Intel SDM 1 7.3.6.1); spelt out
 * in C it takes five instructions.
 */
#ifndef KERNEL_CPU_BITMAP_H
#define KERNEL_CPU_BITMAP_H

#include <types.h>

/* Sets or clears bit `index` of `bitmap`, which has as many. Any context, but not atomic. */
static inline void bitmap_set(uint64_t *bitmap, uint64_t index)
{
    __asm__("bts %1, %0" : "+m"(*bitmap) : "r"(index) : "cc", "memory");
}
static inline void bitmap_clear(uint64_t *bitmap, uint64_t index)
{
    __asm__("btr %1, %0" : "+m"(*bitmap) : "r"(index) : "cc", "memory");
}

#endif
