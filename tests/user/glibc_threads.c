/* The tests of threads and their locks with the GNU C library, which makes threads by clone3(). */
#define SUITE glibc_threads
#include "threads.c"

#include "thread_locks.c"
