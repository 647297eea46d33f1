/*
 * Time limits and blocked signals of the calls that wait for files. In threads of programs;
 * functions that read or write the program's memory may wait for it.
 */
#ifndef KERNEL_SYSCALL_WAITS_H
#define KERNEL_SYSCALL_WAITS_H

#include <error.h>
#include <types.h>

/* Reads a program's time limit, a struct timespec, as nanoseconds. `from` 0: *timeout is
 * UINT64_MAX, for ever. ERROR_INVALID, ERROR_BAD_ADDRESS. */
enum error timeout_from_user(virt_addr_t from, uint64_t *timeout);

/* When a limit of so many nanoseconds from now is over, by the clock; UINT64_MAX: never. And how
 * much of a limit is left. */
uint64_t timeout_deadline(uint64_t timeout);
uint64_t timeout_left(uint64_t deadline);

/* Tells the program how much of its limit is left: seconds, and parts of `unit` nanoseconds. Memory
 * that cannot be written is no error, as on Linux. */
void timeout_to_user(virt_addr_t to, uint64_t unit, uint64_t deadline);

/* If the call gives a set of signals (`set` is not 0), blocks exactly these while it waits.
 * ERROR_INVALID: `size` is not that of a set. ERROR_BAD_ADDRESS. */
enum error wait_block_signals(virt_addr_t set, uint64_t size);

/* Restores the signals that were blocked before. `error` is what the wait returned: after
 * ERROR_INTERRUPTED they are restored only after the thread has acted upon its signals. */
void wait_unblock_signals(virt_addr_t set, enum error error);

#endif
