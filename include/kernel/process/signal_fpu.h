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

/* Stores the running thread's at an address of its program, and loads their initial state.
 * ERROR_BAD_ADDRESS; may wait. */
enum error signal_fpu_push(virt_addr_t to);

/* Loads what the program has there; the initial state if that is nowhere (0). ERROR_BAD_ADDRESS;
 * ERROR_INVALID: the processor cannot load it; ERROR_OUT_OF_FRAMES. May wait. */
enum error signal_fpu_pop(virt_addr_t from);

#endif
