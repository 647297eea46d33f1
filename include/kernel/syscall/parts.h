/*
 * Lists of parts of a program's memory (Linux's struct iovec), as calls take them.
 */
#ifndef KERNEL_SYSCALL_PARTS_H
#define KERNEL_SYSCALL_PARTS_H

#include <error.h>
#include <mm/buffer.h>

enum { PARTS_MAX = 1024 }; /* the most that a call takes (UIO_MAXIOV) */

/* Copies `count` parts from the program, and checks that each lies in user memory; it need not be
 * mapped. ERROR_INVALID: a size is larger than a result can be. ERROR_BAD_ADDRESS. In threads of
 * programs; may wait. */
enum error parts_from_user(struct buffer_part *parts, virt_addr_t from, size_t count);

#endif
