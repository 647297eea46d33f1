/*
 * The ioctl() of terminals.
 */
#ifndef KERNEL_TTY_CONTROLS_H
#define KERNEL_TTY_CONTROLS_H

#include <kernel/tty/file.h>

/* Linux's ioctl() requests for terminals, except for those of virtual terminals. `argument` is a
 * number or the address of a program's memory. ERROR_NOT_TERMINAL: the request is unknown;
 * ERROR_BAD_ADDRESS, ERROR_INVALID, ERROR_DEVICE (hung up), ERROR_INTERRUPTED, ERROR_NOT_PERMITTED,
 * ERROR_NO_PROCESS. *result is set on OK. In threads; may wait. */
enum error tty_ioctl(struct file *file, unsigned request, uint64_t argument, int64_t *result);

/* Changes the settings as TCSETS does, except for what is the device's: speed and size of a
 * character. In threads and tasks. */
void tty_set_termios(struct tty *tty, const struct termios *termios);

#endif
