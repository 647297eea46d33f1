/*
 * Open terminals: reading, writing and polling. The operations are those of struct file_operations
 * (fs/file.h).
 */
#ifndef KERNEL_TTY_FILE_H
#define KERNEL_TTY_FILE_H

#include <fs/file.h>
#include <kernel/tty/tty.h>

/* The events of poll() for input and for room. */
enum { POLL_INPUT = POLLIN | POLLRDNORM, POLL_ROOM = POLLOUT | POLLWRNORM };

/* Makes the file one of the terminal: sets `data` to the terminal, and `data_number` to how often
 * it was hung up before. A file of the console outlives hang-ups, and is not subject to job
 * control. In threads. */
void tty_file_init(struct file *file, struct tty *tty, bool is_console);

/* The terminal of an open file. Any context. */
static inline struct tty *tty_of_file(const struct file *file)
{
    return file->data;
}

/* Was the terminal hung up since the file was opened? In threads and tasks. */
bool tty_file_is_dead(const struct file *file);

/* Waits until the device has shown all output. ERROR_INTERRUPTED. In threads. */
enum error tty_wait_until_sent(struct file *file);

/* Waits until `over` is true or the file is dead. ERROR_INTERRUPTED. In threads. */
enum error tty_wait_until(struct file *file, bool (*over)(const struct tty *tty));

/* The operations. In threads; tty_read() and tty_write() may wait. ERROR_AGAIN, ERROR_INTERRUPTED,
 * ERROR_DEVICE, and the errors of the buffer. */
enum error tty_read(struct file *file, struct buffer *buffer, uint64_t *position);
enum error tty_write(struct file *file, struct buffer *buffer, uint64_t *position);
unsigned tty_poll(struct file *file, struct waker *waker, struct task *task);

#endif
