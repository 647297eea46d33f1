/*
 * Open terminals: what read, write, poll and ioctl do. The operations are those of struct
 * file_operations (fs/file.h).
 */
#ifndef KERNEL_TTY_FILE_H
#define KERNEL_TTY_FILE_H

#include <fs/file.h>
#include <kernel/tty/tty.h>

/* Makes the file one of the terminal: `data` is the terminal, `data_number` how often it was hung
 * up before. A file of the console outlives hang-ups, and is not subject to job control. In
 * threads. */
void tty_file_init(struct file *file, struct tty *tty, bool is_console);

/* The terminal of an open file. Any context. */
static inline struct tty *tty_of_file(const struct file *file)
{
    return file->data;
}

/* Was the terminal hung up since the file was opened? In threads and tasks. */
bool tty_file_is_dead(const struct file *file);

/* Waits until the device has shown all that was written. ERROR_INTERRUPTED. In threads. */
enum error tty_wait_until_sent(struct file *file);

/* Waits until `over` is true or the file is dead. ERROR_INTERRUPTED. In threads. */
enum error tty_wait_until(struct file *file, bool (*over)(const struct tty *tty));

/* Operations. Threads only, and they may wait, but for tty_poll(). Errors are ERROR_AGAIN,
 * ERROR_INTERRUPTED, ERROR_DEVICE, and those of the buffer or of copies. */
enum error tty_read(struct file *file, struct buffer *buffer, uint64_t *position);
enum error tty_write(struct file *file, struct buffer *buffer, uint64_t *position);
unsigned tty_poll(struct file *file, struct waker *waker, struct task *task);

#endif
