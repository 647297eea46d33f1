/* A pseudo-terminal for a test: the master's end, and the other one. */
#ifndef TESTS_USER_PTY_SUPPORT_H
#define TESTS_USER_PTY_SUPPORT_H

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <stdbool.h>
#include <stddef.h>

#include "support.h"

struct pair {
    int master, other; /* -1: it could not be opened */
};

/* Opens both ends. It does not become the controlling terminal. */
struct pair open_pair(void);

/* Changes the other end's settings: clears and sets flags of c_iflag, c_oflag and c_lflag. */
void change_input(int terminal, tcflag_t clear, tcflag_t set);
void change_output(int terminal, tcflag_t clear, tcflag_t set);
void change_local(int terminal, tcflag_t clear, tcflag_t set);

/* Sets one of the control characters, or VMIN or VTIME. */
void set_character(int terminal, int which, cc_t value);

/* Writes the text to an end of the pair. */
void type(int end, const char *text);

/* What can be read at an end, as text: waits for so many bytes, ten seconds at most, and 100 ms for
 * more of them. Valid until the next call. */
const char *seen(int end, size_t least);

/* Is it this text that can be read? */
bool sees(int end, const char *expected);

/* Waits until so many bytes can be read at an end: Linux passes them on a little later. Whole lines
 * count in canonical mode. */
void wait_for_bytes(int end, int expected);

/* Begins a session whose controlling terminal is the pair's other end, in a child. The child closes
 * the master. 0 in the child. */
pid_t fork_session(struct pair *pair);

#endif
