/*
 * Describes exceptions in words. Pure: it reads only its arguments. Any context.
 */
#ifndef KERNEL_FAULT_WORDS_H
#define KERNEL_FAULT_WORDS_H

#include <types.h>

struct stack;

/* An exception's mnemonic in the manual, "#PF", and its meaning as a phrase that can follow its
 * name and a colon. `vector` is below EXCEPTION_COUNT. */
const char *fault_mnemonic(unsigned vector);
const char *fault_meaning(unsigned vector);

/* Describes an error code: "write, page present, kernel" or "selector 16 of the IDT"; "" for an
 * exception that has none. `size` includes the NUL; longer text is cut. */
void fault_spell_error_code(unsigned vector, uint64_t code, char *text, size_t size);

/* Describes a page fault, without the address: "write to a read-only page". `stack` is the one
 * whose memory or guard pages hold the address, `running` the one that RSP points into; either is
 * NULL where there is none. Only a stack that overflows is both. */
void fault_spell_page_fault(uint64_t code, virt_addr_t address, const struct stack *stack,
                            const struct stack *running, char *text, size_t size);

#endif
