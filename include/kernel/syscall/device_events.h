/*
 * Sockets at which libudev waits for reports about devices. In threads of programs.
 */
#ifndef KERNEL_SYSCALL_DEVICE_EVENTS_H
#define KERNEL_SYSCALL_DEVICE_EVENTS_H

#include <fs/unix_socket.h>

/* Do these arguments of socket() ask for such a socket? */
bool is_of_device_events(int family, unsigned type, int protocol);

/* Makes such a socket, with one reference. `flags`: O_NONBLOCK or 0. ERROR_OUT_OF_FRAMES. */
enum error device_events_create(unsigned flags, struct file **file);

/* Is `fd` the descriptor of such a socket? */
bool descriptor_is_of_device_events(int fd);

/* Gives the program the socket's name, as getsockname() does. ERROR_INVALID: the length at
 * `length_at` is negative. ERROR_BAD_ADDRESS. May wait. */
enum error device_events_name(virt_addr_t to, virt_addr_t length_at);

#endif
