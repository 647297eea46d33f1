/*
 * The ioctl() of terminals.
 */
#ifndef KERNEL_TTY_CONTROLS_H
#define KERNEL_TTY_CONTROLS_H

#include <kernel/tty/file.h>

/* The requests of every terminal (Linux: include/uapi/asm-generic/ioctls.h). A kind of device may
 * have more: struct tty_device, pty.c. */
enum tty_request {
    TCGETS = 0x5401,
    TCSETS = 0x5402,
    TCSETSW = 0x5403,
    TCSETSF = 0x5404,
    TCSBRK = 0x5409,
    TCXONC = 0x540a,
    TCFLSH = 0x540b,
    TIOCSCTTY = 0x540e,
    TIOCGPGRP = 0x540f,
    TIOCSPGRP = 0x5410,
    TIOCOUTQ = 0x5411,
    TIOCSTI = 0x5412,
    TIOCGWINSZ = 0x5413,
    TIOCSWINSZ = 0x5414,
    FIONREAD = 0x541b,
    TIOCNOTTY = 0x5422,
    TIOCSETD = 0x5423,
    TIOCGETD = 0x5424,
    TCSBRKP = 0x5425,
    TIOCGSID = 0x5429,
};

/* Stores a number at an address of the running program: the answer to many requests.
 * ERROR_BAD_ADDRESS. In threads; may wait. */
enum error tty_give_number(uint64_t address, int number);

/* Does what an ioctl() requests of a terminal. `argument` is a number or the address of a program's
 * memory. ERROR_NOT_TERMINAL: the request is unknown; ERROR_BAD_ADDRESS, ERROR_INVALID,
 * ERROR_DEVICE (hung up), ERROR_INTERRUPTED, ERROR_NOT_PERMITTED, ERROR_NO_PROCESS. *result is set
 * on OK. In threads; may wait. */
enum error tty_ioctl(struct file *file, unsigned request, uint64_t argument, int64_t *result);

/* Changes the settings as TCSETS does, except for what is the device's: speed and size of a
 * character. In threads and tasks. */
void tty_set_termios(struct tty *tty, const struct termios *termios);

#endif
