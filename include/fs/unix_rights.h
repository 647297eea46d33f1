/*
 * Files that are on their way in messages of unix sockets, and sockets that only such messages
 * hold. In threads.
 */
#ifndef FS_UNIX_RIGHTS_H
#define FS_UNIX_RIGHTS_H

#include <fs/unix_socket.h>

/* A socket comes to be, and goes. */
void unix_rights_add_socket(struct unix_socket *socket);
void unix_rights_remove_socket(struct unix_socket *socket);

/* Writes all sockets as in /proc/net/unix. */
void unix_sockets_describe(struct text *text);

/* The files enter a message, and leave it. */
void unix_rights_enter(const struct socket_rights *rights);
void unix_rights_leave(const struct socket_rights *rights);

/* Forgets files that nobody has received: they are released at the next
 * unix_rights_release_dropped(). NULL may be given. */
void unix_rights_drop(struct socket_rights *rights);

/* Frees a message, or all that is queued. The files are dropped. */
void unix_message_free(struct unix_message *message);
void unix_queue_clear(struct unix_socket *socket);

/* Releases what was dropped. A file that is closed then may drop more, which this loop releases,
 * too: so a chain of sockets in each other's messages costs no stack. May wait. */
void unix_rights_release_dropped(void);

/* Empties the sockets that only messages hold, and no message outside of such sockets: nobody can
 * come to them any more. */
void unix_rights_collect(void);

#endif
