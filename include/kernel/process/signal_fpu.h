/*
 * The registers of x87, SSE and AVX in the frame of a signal handler.
 */
#ifndef KERNEL_PROCESS_SIGNAL_FPU_H
#define KERNEL_PROCESS_SIGNAL_FPU_H

#include <error.h>
#include <types.h>

enum { SIGNAL_FPU_ALIGNMENT = 64 };

/* How many bytes they take there. Any context. */
size_t signal_fpu_size(void);

/* Stores the running thread's registers at an address of its program, a multiple of
 * SIGNAL_FPU_ALIGNMENT, and loads their initial state. `in_place` is the kernel's address of that
 * memory (user_block()); NULL if it has none. ERROR_BAD_ADDRESS. In threads of programs; may wait.
 */
enum error signal_fpu_push(virt_addr_t to, void *in_place);

/* Loads the registers from an address of the program, or the initial state if that is 0 or after an
 * error. ERROR_INVALID: the processor cannot load what is there. ERROR_BAD_ADDRESS,
 * ERROR_OUT_OF_FRAMES. In threads of programs; may wait. */
enum error signal_fpu_pop(virt_addr_t from);

#endif
