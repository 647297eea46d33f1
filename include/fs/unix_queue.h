/*
 * A unix socket's queue and its wakes, for the files fs/unix_*.c. In threads.
 */
#ifndef FS_UNIX_QUEUE_H
#define FS_UNIX_QUEUE_H

#include <fs/unix_socket.h>

enum {
    QUEUE_LIMIT = 212992, /* bytes in a queue, and in a message: Linux's wmem_default */
    DATAGRAMS_MAX = 10,   /* that wait in a queue: net.unix.max_dgram_qlen */
    MESSAGE_COST = 64,    /* that a message adds to its bytes */
    UNIX_READABLE = POLLIN | POLLRDNORM,
    UNIX_WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND,
};

/* Tells those that wait for the socket what has come: POLLIN ... */
void unix_wake(struct unix_socket *socket, unsigned events);

/* The same for all that concerns the socket. */
void unix_wake_all(struct unix_socket *socket);

/* Must the call not wait? `flags`: MESSAGE_... */
bool unix_is_nonblocking(const struct unix_socket *socket, unsigned flags);

/* Waits for the next wake, at most `limit` nanoseconds unless that is 0; with `nonblocking`
 * ERROR_AGAIN at once. ERROR_AGAIN at the limit; ERROR_INTERRUPTED, with a limit ERROR_BROKEN_OFF.
 */
enum error unix_wait(struct wait_queue *queue, bool nonblocking, uint64_t limit);

/* Is there room for one more message in the socket's queue? */
bool unix_has_room(const struct unix_socket *to);

#endif
