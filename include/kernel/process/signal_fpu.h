/*
 * The registers of x87, SSE and AVX in the frame of a signal handler.
 */
#ifndef KERNEL_PROCESS_SIGNAL_FPU_H
#define KERNEL_PROCESS_SIGNAL_FPU_H

#include <error.h>
#include <types.h>

enum { SIGNAL_FPU_ALIGNMENT = 64 };

/* How many bytes they take there. */
size_t signal_fpu_size(void);

/* Stores the running thread's at an address of its program, a multiple of the alignment, and loads
 * their initial state. `in_place` is where the kernel can write to all of that (user_block()), or
 * NULL. ERROR_BAD_ADDRESS; may wait. */
enum error signal_fpu_push(virt_addr_t to, void *in_place);

/* Loads what the program has there; the initial state if that is nowhere (0), and after an error:
 * ERROR_BAD_ADDRESS, ERROR_OUT_OF_FRAMES; ERROR_INVALID: the processor cannot load it. May wait. */
enum error signal_fpu_pop(virt_addr_t from);

#endif
