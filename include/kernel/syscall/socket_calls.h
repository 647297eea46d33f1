/*
 * What the calls on sockets share. In threads of programs.
 */
#ifndef KERNEL_SYSCALL_SOCKET_CALLS_H
#define KERNEL_SYSCALL_SOCKET_CALLS_H

#include <fs/unix_socket.h>
#include <kernel/syscall/syscall.h>

/* The body of a call on a socket. */
typedef int64_t socket_function(struct unix_socket *socket, const struct trap_frame *frame);

/* Calls the function with the socket of the descriptor in argument 0. The result is the function's,
 * or the negative of EBADF or ENOTSOCK. May wait. */
int64_t socket_call(const struct trap_frame *frame, socket_function *function);

/* Copies a name of `length` bytes from the program; zeros follow it. ERROR_INVALID: no family has
 * so long a name. ERROR_BAD_ADDRESS. May wait. */
enum error socket_name_from_user(struct unix_name *name, virt_addr_t from, size_t length);

/* Gives the program a name and its length. The name is cut to the room that the program gives at
 * `length_at`. NULL is the name of a socket that has none, which is `without` bytes long.
 * ERROR_INVALID: the room is negative. ERROR_BAD_ADDRESS. May wait. */
enum error socket_name_to_user(const struct unix_address *address, uint32_t without, virt_addr_t to,
                               virt_addr_t length_at);

#endif
