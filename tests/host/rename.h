/*
 * Included before the files of lib/ whose functions carry names of the C library, and before their
 * tests: the kernel's get names of their own here, so that they stand beside the library's (and the
 * sanitizers' copies of those).
 */
#define memcpy    kernel_memcpy
#define memmove   kernel_memmove
#define memset    kernel_memset
#define memcmp    kernel_memcmp
#define strlen    kernel_strlen
#define strnlen   kernel_strnlen
#define strcmp    kernel_strcmp
#define strncmp   kernel_strncmp
#define strchr    kernel_strchr
#define snprintf  kernel_snprintf
#define vsnprintf kernel_vsnprintf
