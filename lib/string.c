/*
 * Memory and string primitives, in plain C, for a kernel without SSE. Blocks are copied and filled
 * word by word. Words are read and written through __builtin_memcpy of a constant size, which the
 * compiler turns into one unaligned load or store; a cast to uint64_t * would break the aliasing
 * rules.
 *
 * A processor stores one or two words in a cycle. The string instructions store whole cache lines,
 * but take longer to start. So they are used for more than LONG bytes; docs/strings.md has the
 * times of both kinds: `rep movsb` and `rep stosb` where CPUID says that they are fast (ERMS), and
 * `rep movsq` and `rep stosq` elsewhere, which every processor with 64 bits does by cache lines as
 * long as the addresses are aligned. (CPUID also has a bit for fast short ones, FSRM. It is not
 * used: below LONG, words are as fast.)
 *
 * This file is compiled with -fno-tree-loop-distribute-patterns: otherwise the compiler would
 * recognise memcpy in memcpy's own loop and call it.
 */
#include <lib/string.h>

enum { WORD = 8, LONG = 512 };

static bool bytes_are_fast RO_AFTER_INIT;

void string_init(bool fast_bytes)
{
    bytes_are_fast = fast_bytes;
}

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

/* Copies at least a word, the first bytes first. The bytes behind the last whole word are copied by
 * a word that ends with them. It is read before anything is overwritten. */
static inline void copy_long(unsigned char *to, const unsigned char *from, size_t size)
{
    if (bytes_are_fast) {
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
        return;
    }
    unsigned char *last = to + size - WORD;
    uint64_t last_word = load_word(from + size - WORD);
    size_t words = size / WORD;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    store_word(last, last_word);
}

static inline void fill_long(unsigned char *to, uint64_t word, size_t size)
{
    if (bytes_are_fast) {
        __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(word) : "memory");
        return;
    }
    unsigned char *last = to + size - WORD;
    size_t words = size / WORD;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(word) : "memory");
    store_word(last, word);
}

/* Copies fewer bytes than a word, by two loads and two stores that may overlap. Both loads come
 * first, so the blocks may overlap, too. Seven bytes take 1.5 ns, and 2.5 one by one. */
static inline void copy_short(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size >= sizeof(uint32_t)) {
        uint32_t first, last;
        __builtin_memcpy(&first, from, sizeof(first));
        __builtin_memcpy(&last, from + size - sizeof(last), sizeof(last));
        __builtin_memcpy(to, &first, sizeof(first));
        __builtin_memcpy(to + size - sizeof(last), &last, sizeof(last));
    } else if (size > 0) {
        unsigned char first = from[0], middle = from[size / 2], last = from[size - 1];
        to[0] = first;
        to[size / 2] = middle;
        to[size - 1] = last;
    }
}

/* Copies the first bytes first: right unless `to` lies within the source. The end is copied as by
 * copy_long(). So 31 bytes take 2.8 ns, and 3.8 if the last seven are copied one by one. */
static inline void copy_forwards(unsigned char *to, const unsigned char *from, size_t size)
{
    if (size > LONG) {
        copy_long(to, from, size);
        return;
    }
    if (size < WORD) {
        copy_short(to, from, size);
        return;
    }
    unsigned char *last = to + size - WORD;
    uint64_t last_word = load_word(from + size - WORD);
#pragma GCC unroll 8
    for (; size >= WORD; size -= WORD, to += WORD, from += WORD)
        store_word(to, load_word(from));
    if (size)
        store_word(last, last_word);
}

/* Copies the last bytes first, for a `to` that lies `distance` < size bytes behind `from`. A
 * `rep movsb` that goes backwards is slow on every processor, so each piece is copied forwards, and
 * is not longer than the distance. */
static void copy_backwards(unsigned char *to, const unsigned char *from, size_t size,
                           size_t distance)
{
    if (distance > LONG) {
        for (; size > distance; size -= distance)
            copy_long(to + size - distance, from + size - distance, distance);
        copy_forwards(to, from, size);
        return;
    }
    if (size < WORD) {
        copy_short(to, from, size);
        return;
    }
    uint64_t first_word = load_word(from);
#pragma GCC unroll 8
    for (; size >= WORD; size -= WORD)
        store_word(to + size - WORD, load_word(from + size - WORD));
    if (size)
        store_word(to, first_word);
}

void *(memcpy)(void *restrict to, const void *restrict from, size_t size)
{
    copy_forwards(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    /* When `to` is the lower address, this wraps around and is larger than any size. */
    size_t distance = (uintptr_t)to - (uintptr_t)from;
    if (distance >= size)
        copy_forwards(to, from, size);
    else
        copy_backwards(to, from, size, distance);
    return to;
}

void *(memset)(void *to, int byte, size_t size)
{
    unsigned char *t = to;
    uint64_t word = (unsigned char)byte * 0x0101010101010101u;
    if (size > LONG) {
        fill_long(t, word, size);
        return to;
    }
    if (size < WORD) {
        while (size--)
            *t++ = (unsigned char)byte;
        return to;
    }
    unsigned char *last = t + size - WORD;
#pragma GCC unroll 8
    for (; size >= WORD; size -= WORD, t += WORD)
        store_word(t, word);
    if (size)
        store_word(last, word);
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    for (; size >= WORD && load_word(x) == load_word(y); size -= WORD, x += WORD, y += WORD)
        ;
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

/* Returns 0 if all eight bytes are printable: each is 0x20 to 0x7e. Proof, for the lowest byte that
 * is not, which gets no carry from the bytes below it: if it is below 0x20 or is 0xff, subtracting
 * 0x20 leaves bit 7 set; else it is 0x7f to 0xfe, and adding 1 does. */
static inline uint64_t unprintable(uint64_t word)
{
    return ((word - EACH_BYTE(0x20)) | (word + EACH_BYTE(0x01))) & EACH_BYTE(0x80);
}

static inline bool is_printable(char character)
{
    return character >= ' ' && character <= '~';
}

size_t printable_length(const char *text, size_t limit)
{
    size_t length = 0;
    while (length + WORD <= limit && !unprintable(load_word((const unsigned char *)text + length)))
        length += WORD;
    while (length < limit && is_printable(text[length]))
        length++;
    return length;
}

/* Eight bytes at a time: a line of 80 characters takes 4 ns, and 21 ns byte by byte. */
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
    for (; count < limit && is_printable(from[count]); count++)
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
