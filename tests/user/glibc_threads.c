/* The tests of threads with the GNU C library, which makes them by clone3(). */
#define SUITE glibc_threads
#include "threads.c"
