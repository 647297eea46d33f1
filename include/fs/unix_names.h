/*
 * What unix sockets are bound to. In threads.
 */
#ifndef FS_UNIX_NAMES_H
#define FS_UNIX_NAMES_H

#include <fs/unix_socket.h>

/* Ends that: a socket that is closed is not found any more. */
void unix_unbind(struct unix_socket *socket);

#endif
