/*
 * What the calls on sockets share. In threads of programs.
 */
#ifndef KERNEL_SYSCALL_SOCKET_CALLS_H
#define KERNEL_SYSCALL_SOCKET_CALLS_H

#include <fs/unix_socket.h>
#include <kernel/syscall/syscall.h>

/* Calls the function with the socket of the descriptor in argument 0: its result, or EBADF,
 * ENOTSOCK. */
typedef int64_t socket_function(struct unix_socket *socket, const struct trap_frame *frame);
int64_t socket_call(const struct trap_frame *frame, socket_function *function);

/* Fetches a name of `length` bytes; what follows it is zeros. ERROR_INVALID, ERROR_BAD_ADDRESS. */
enum error socket_name_from_user(struct unix_name *name, virt_addr_t from, size_t length);

/* Gives the program a name (NULL: that of a socket without one), as much as there is room for, and
 * how long it is. `without`: the length of none. ERROR_INVALID, ERROR_BAD_ADDRESS. */
enum error socket_name_to_user(const struct unix_address *address, uint32_t without, virt_addr_t to,
                               virt_addr_t length_at);

#endif
