/*
 * Queues of pending signals, with the information about each. A process has one, from which any of
 * its threads can take, and each thread has one of its own.
 *
 * Of each signal below SIGRTMIN at most one is pending; of a real-time signal as many as were sent.
 * Taking one passes all that came before it, as on Linux. All functions are for threads and tasks.
 */
#ifndef KERNEL_PROCESS_SIGNAL_QUEUE_H
#define KERNEL_PROCESS_SIGNAL_QUEUE_H

#include <kernel/process/signal.h>
#include <lib/list.h>

/* Makes an empty queue. */
void signal_queue_init(struct signal_queue *queue);

/* Adds a signal. `info` NULL: the signal comes from the kernel. When memory has run out, or the
 * queue has `limit` entries, the signal is pending without its information. A real-time signal with
 * a value is not added then: ERROR_AGAIN. The limit does not hold for faults and kill(). */
enum error signal_queue_add(struct signal_queue *queue, int signal, const struct signal_info *info,
                            uint64_t limit);

/* Takes the oldest of that signal, which is pending; *info is the information about it. */
void signal_queue_take(struct signal_queue *queue, int signal, struct signal_info *info);

/* Drops all signals of a set. */
void signal_queue_drop(struct signal_queue *queue, uint64_t set);

#endif
