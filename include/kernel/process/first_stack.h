/*
 * The content of a program's stack at its start (System V ABI, AMD64, 3.4.1).
 */
#ifndef KERNEL_PROCESS_FIRST_STACK_H
#define KERNEL_PROCESS_FIRST_STACK_H

#include <kernel/process/exec.h>
#include <kernel/process/placement.h>

/* Addresses of the program and its interpreter, for the auxiliary vector. */
struct program_addresses {
    virt_addr_t headers; /* its program headers in memory */
    size_t header_count;
    virt_addr_t entry; /* the program's own */
    virt_addr_t base;  /* of the interpreter; 0: there is none */
    virt_addr_t vdso;  /* of the shared object that reads the clock */
};

/* Makes the stack in program->space, and sets program->stack and the addresses of the strings. An
 * `executable` stack may hold code. ERROR_TOO_BIG, ERROR_OUT_OF_FRAMES. In threads; may wait. */
enum error first_stack_make(struct program *program, const char *name,
                            const struct program_strings *strings,
                            const struct program_addresses *addresses,
                            const struct placement *placement, bool executable);

#endif
