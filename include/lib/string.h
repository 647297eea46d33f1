/*
 * The functions of <string.h> that the kernel uses, with the standard's contracts. The compiler
 * calls memcpy, memmove, memset and memcmp on its own, too. Any context, from the first instruction
 * of C on.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <types.h>

/* Sets whether `rep movsb` and `rep stosb` are fast on this processor (CPUID's ERMS). Until then
 * they are taken to be slow. Call it before kernel_space_seal(). */
void string_init(bool fast_bytes);

/* As in ISO C17 7.24 (strnlen: POSIX.1-2017). */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *string, int character);

/* The compiler copies and fills a few bytes of a constant number right there, and calls the
 * functions for all others. -ffreestanding has it do so only by these names. */
#ifndef memcpy
#define memcpy(to, from, size) __builtin_memcpy(to, from, size)
#define memset(to, byte, size) __builtin_memset(to, byte, size)
#endif

/* Returns how many bytes at the start of `text`, of `limit` at most, are printable ASCII. */
size_t printable_length(const char *text, size_t limit);

/* Copies the printable ASCII at the start of `from`, at most `limit` bytes. Returns the number of
 * bytes. */
size_t copy_printable(char *restrict to, const char *restrict from, size_t limit);

/* Copies `from` into the `size` bytes at `to`, as far as it fits with a final NUL; nothing when
 * size is 0. Returns strlen(from): the text was cut if that is `size` or more. */
size_t string_copy(char *to, const char *from, size_t size);

#endif
