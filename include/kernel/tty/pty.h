/*
 * Pseudo-terminals: a terminal whose device is a program. An open of /dev/ptmx makes a pair. The
 * file is the master's end; the other end is a terminal like any other, /dev/pts/N.
 *
 *     master's write() --> input of the terminal  --> read()
 *     master's read()  <-- ring of bytes <-- output and echo of the terminal <-- write()
 */
#ifndef KERNEL_TTY_PTY_H
#define KERNEL_TTY_PTY_H

/* Adds the devices of pseudo-terminals. In set-up code. */
void ptys_start(void);

#endif
