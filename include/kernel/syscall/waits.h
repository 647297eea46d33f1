/*
 * What calls that wait for files share: time limits, and signals that are blocked meanwhile. In
 * threads of programs; all may wait for the program's memory.
 */
#ifndef KERNEL_SYSCALL_WAITS_H
#define KERNEL_SYSCALL_WAITS_H

#include <error.h>
#include <types.h>

/* A time limit of a program: seconds, and parts of `unit` nanoseconds. Without one (`from` is 0),
 * for ever: UINT64_MAX. ERROR_INVALID, ERROR_BAD_ADDRESS. */
enum error timeout_from_user(virt_addr_t from, uint64_t unit, uint64_t *timeout);

/* When a limit of so many nanoseconds from now is over, by the clock; UINT64_MAX: never. */
uint64_t timeout_deadline(uint64_t timeout);

/* Tells the program how much of its limit is left, as Linux does; it need not be writable. */
void timeout_to_user(virt_addr_t to, uint64_t unit, uint64_t deadline);

/* Blocks other signals while the call waits, if it has a set of them (`set` is not 0).
 * ERROR_INVALID, ERROR_BAD_ADDRESS. */
enum error wait_block_signals(virt_addr_t set, uint64_t size);

/* Ends that, with what the wait returned: after ERROR_INTERRUPTED the signal is acted upon first,
 * with the call's set. */
void wait_unblock_signals(virt_addr_t set, enum error error);

#endif
