/*
 * The monitor: the task that reads lines and runs commands, and the tasks that feed it.
 */
#ifndef KERNEL_MONITOR_MONITOR_H
#define KERNEL_MONITOR_MONITOR_H

#include <drivers/layout.h>
#include <drivers/uart16550.h>
#include <kernel/task/executor.h>
#include <kernel/task/stream.h>

/* Spawns the monitor, which shows the prompt at its first poll, and a task that shows log lines
 * from interrupt handlers. */
void monitor_start(struct executor *executor);

/* The executor of the monitor's tasks; NULL while nothing is read. */
struct executor *monitor_executor(void);

/* Has lines that interrupt handlers have logged shown soon. For the timer's interrupt handler,
 * every now and then. */
void monitor_tick(void);

/* Spawns the task that decodes `scancodes`, which begin as `scancode_set` (enum scancode_set) says,
 * and types them. */
void monitor_read_keyboard(struct executor *executor, struct byte_stream *scancodes,
                           uint8_t scancode_set);

/* Has Ctrl-C been typed since the command began? Then it is taken away, and so is what was typed
 * before it. For commands that take long, every now and then, with interrupts enabled. */
bool monitor_interrupted(void);

/* What was typed and did not arrive, as far as the devices say so. */
struct monitor_losses {
    uint64_t keyboard; /* times when the keyboard had no room left */
    uint64_t serial;   /* bytes that came before the last one was fetched */
};

/* Any context. */
void monitor_losses(struct monitor_losses *losses);

/* What the keyboard's keys type; the US layout until it is set. In tasks and set-up code. */
void monitor_set_layout(const struct layout *layout);
const struct layout *monitor_layout(void);

/* Spawns the task that types what `uart` receives. From now on nothing is typed while `uart` has no
 * room for the output. In set-up code. */
void monitor_use_serial(struct executor *executor, struct uart16550 *uart);

#endif
