/*
 * Pending signals with what is known of each: a process has some, which any of its threads can
 * take, and each thread has some of its own.
 *
 * Of the signals below SIGRTMIN one of each is pending at most, and of the real-time ones as many
 * as are sent. Taking one costs a look at all those that came before it, as on Linux.
 */
#ifndef KERNEL_PROCESS_SIGNAL_QUEUE_H
#define KERNEL_PROCESS_SIGNAL_QUEUE_H

#include <kernel/process/signal.h>
#include <lib/list.h>

/* Makes an empty queue. */
void signal_queue_init(struct signal_queue *queue);

/* Adds a signal. `info` may be NULL: from the kernel. When memory is out, or `limit` entries are in
 * the queue, a signal is pending without its info; but one that would lose a value is not added:
 * ERROR_AGAIN. The limit does not count for faults and kill(). In threads and tasks. */
enum error signal_queue_add(struct signal_queue *queue, int signal, const struct signal_info *info,
                            uint64_t limit);

/* Takes the oldest of that signal, which is pending; *info is what is known of it. */
void signal_queue_take(struct signal_queue *queue, int signal, struct signal_info *info);

/* Drops all of a set of signals. */
void signal_queue_drop(struct signal_queue *queue, uint64_t set);

#endif
