/*
 * The monitor: the task that reads lines and runs commands, and the tasks that feed it.
 */
#ifndef KERNEL_MONITOR_MONITOR_H
#define KERNEL_MONITOR_MONITOR_H

#include <drivers/layout.h>
#include <drivers/uart16550.h>
#include <kernel/task/executor.h>
#include <kernel/task/stream.h>

/* Spawns the monitor, which shows the prompt at its first poll, and a task that shows the log lines
 * of interrupt handlers. Called once, in set-up code. */
void monitor_start(struct executor *executor);

/* The executor of the monitor's tasks; NULL while no device is read. Any context. */
struct executor *monitor_executor(void);

/* If interrupt handlers have logged lines, wakes the task that shows them. To be called several
 * times a second; any context. */
void monitor_tick(void);

/* Spawns the task that decodes `scancodes`, of the set `scancode_set` (enum scancode_set), and
 * feeds them to the line editor. Called once, in a task or in set-up code. */
void monitor_read_keyboard(struct executor *executor, struct byte_stream *scancodes,
                           uint8_t scancode_set);

/* Spawns the task that reads the keyboards on USB. Called once, in set-up code. */
void monitor_read_usb_keyboards(struct executor *executor);

/* Was Ctrl-C typed since the command began? If so, it is removed from the input, and so is all that
 * was typed before it. Long commands call it now and then, with interrupts enabled. */
bool monitor_interrupted(void);

/* Input that was lost, as far as the devices report it. */
struct monitor_losses {
    uint64_t keyboard; /* times when the keyboard had no room left */
    uint64_t serial;   /* bytes that arrived before an earlier one was read */
};

/* Any context. */
void monitor_losses(struct monitor_losses *losses);

/* Sets and returns the keyboard's layout, at first the US one. In tasks and set-up code. */
void monitor_set_layout(const struct layout *layout);
const struct layout *monitor_layout(void);

/* Spawns the task that reads `uart` and feeds its bytes to the line editor. From now on no input is
 * taken while `uart` has no room for the output. Called once, in set-up code. */
void monitor_use_serial(struct executor *executor, struct uart16550 *uart);

#endif
