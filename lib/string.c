/*
 * Memory and string primitives, in plain C. The block operations go word by word: under QEMU's
 * instruction counting a `rep` string instruction costs one per iteration, and on processors
 * without fast string operations it is slow too. Words are read and written through
 * __builtin_memcpy of a constant size, which the compiler turns into one unaligned load or store; a
 * cast to uint64_t * would break the aliasing rules.
 *
 * This file is compiled with -fno-tree-loop-distribute-patterns: otherwise the compiler would
 * recognise memcpy in memcpy's own loop and call it.
 */
#include <lib/string.h>

static inline uint64_t load_word(const unsigned char *from)
{
    uint64_t word;
    __builtin_memcpy(&word, from, sizeof(word));
    return word;
}

static inline void store_word(unsigned char *to, uint64_t word)
{
    __builtin_memcpy(to, &word, sizeof(word));
}

/* Blocks of words, so that the loop itself costs little. */
enum { WORD = 8, BLOCK = 8 * WORD };

static inline void copy_block(unsigned char *to, const unsigned char *from)
{
#pragma GCC unroll 8
    for (size_t at = 0; at < BLOCK; at += WORD)
        store_word(to + at, load_word(from + at));
}

static inline void fill_block(unsigned char *to, uint64_t word)
{
#pragma GCC unroll 8
    for (size_t at = 0; at < BLOCK; at += WORD)
        store_word(to + at, word);
}

/* Copies less than a word, in pieces whose sizes are the bits of `size`. */
static inline void copy_tail(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size & 4) {
        __builtin_memcpy(to, from, 4);
        to += 4;
        from += 4;
    }
    if (size & 2) {
        __builtin_memcpy(to, from, 2);
        to += 2;
        from += 2;
    }
    if (size & 1)
        *to = *from;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    for (; size >= BLOCK; size -= BLOCK, t += BLOCK, f += BLOCK)
        copy_block(t, f);
    for (; size >= WORD; size -= WORD, t += WORD, f += WORD)
        store_word(t, load_word(f));
    copy_tail(t, f, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    /* Forwards is right unless the destination begins inside the source. */
    if ((uintptr_t)t - (uintptr_t)f >= size) {
        for (; size >= WORD; size -= WORD, t += WORD, f += WORD)
            store_word(t, load_word(f));
        while (size--)
            *t++ = *f++;
    } else {
        for (; size >= WORD; size -= WORD)
            store_word(t + size - WORD, load_word(f + size - WORD));
        while (size--)
            t[size] = f[size];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *t = to;
    uint64_t word = (unsigned char)byte * 0x0101010101010101u;
    for (; size >= BLOCK; size -= BLOCK, t += BLOCK)
        fill_block(t, word);
    for (; size >= WORD; size -= WORD, t += WORD)
        store_word(t, word);
    for (; size; size--)
        *t++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    for (; size; size--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

size_t strlen(const char *string)
{
    size_t length = 0;
    while (string[length])
        length++;
    return length;
}

size_t strnlen(const char *string, size_t limit)
{
    size_t length = 0;
    while (length < limit && string[length])
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (; limit; limit--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a - (unsigned char)*b;
        if (!*a)
            return 0;
    }
    return 0;
}

char *strchr(const char *string, int character)
{
    for (;; string++) {
        if (*string == (char)character)
            return (char *)(uintptr_t)string;
        if (!*string)
            return NULL;
    }
}

#define EACH_BYTE(value) ((value)*0x0101010101010101u)

/* Bit 7 of some byte is set unless all eight are printable. Of those that are not, take the lowest:
 * no carry comes up to it. If it is below 0x20, or 0xff, taking 0x20 away sets bit 7; else adding 1
 * leaves or sets it. */
static inline uint64_t unprintable(uint64_t word)
{
    return ((word - EACH_BYTE(0x20)) | (word + EACH_BYTE(0x01))) & EACH_BYTE(0x80);
}

size_t copy_printable(char *restrict to, const char *restrict from, size_t limit)
{
    unsigned char *t = (unsigned char *)to;
    const unsigned char *f = (const unsigned char *)from;
    size_t count = 0;
    for (; count + 16 <= limit; count += 16) {
        uint64_t first = load_word(f + count), second = load_word(f + count + 8);
        if (unprintable(first) | unprintable(second))
            break;
        store_word(t + count, first);
        store_word(t + count + 8, second);
    }
    for (; count < limit && f[count] >= ' ' && f[count] <= '~'; count++)
        t[count] = f[count];
    return count;
}

size_t string_copy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);
    if (size) {
        size_t copied = MIN(length, size - 1);
        memcpy(to, from, copied);
        to[copied] = '\0';
    }
    return length;
}
