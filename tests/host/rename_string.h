/*
 * Included before lib/string.c and its host test: the kernel's functions get names of their own, so
 * that they stand beside the C library's (and the sanitizers' copies of those) instead of replacing
 * them.
 */
#define memcpy  kernel_memcpy
#define memmove kernel_memmove
#define memset  kernel_memset
#define memcmp  kernel_memcmp
#define strlen  kernel_strlen
#define strnlen kernel_strnlen
#define strcmp  kernel_strcmp
#define strncmp kernel_strncmp
#define strchr  kernel_strchr
