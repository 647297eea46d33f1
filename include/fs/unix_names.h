/*
 * What unix sockets are bound to. In threads.
 */
#ifndef FS_UNIX_NAMES_H
#define FS_UNIX_NAMES_H

#include <fs/unix_socket.h>

/* Takes a socket's name away: a socket that is closed is not found any more. May wait. */
void unix_unbind(struct unix_socket *socket);

#endif
