/* The tests of threads with the GNU C library, which makes threads by clone3(). */
#define SUITE glibc_threads
#include "threads.c"

#include "thread_locks.c"

#include "thread_signals.c"
