/*
 * Exceptions in words. Nothing here touches the machine: what is asked about is handed in.
 */
#ifndef KERNEL_FAULT_WORDS_H
#define KERNEL_FAULT_WORDS_H

#include <types.h>

struct stack;
struct trap_frame;

/* The page fault's error code (Intel SDM 3A 4.7). */
enum page_fault_bit {
    PAGE_FAULT_PRESENT = 1 << 0,
    PAGE_FAULT_WRITE = 1 << 1,
    PAGE_FAULT_USER = 1 << 2,
    PAGE_FAULT_RESERVED_BIT = 1 << 3,
    PAGE_FAULT_FETCH = 1 << 4,
    PAGE_FAULT_PROTECTION_KEY = 1 << 5,
    PAGE_FAULT_SHADOW_STACK = 1 << 6,
    PAGE_FAULT_SGX = 1 << 15,
};

/* The manual's sign for an exception, "#PF", and what it means, in a sentence's part that goes
 * behind its name and a colon. `vector` is below EXCEPTION_COUNT. */
const char *fault_mnemonic(unsigned vector);
const char *fault_meaning(unsigned vector);

/* Spells an error code out: "write, page present, kernel" or "selector 16 of the IDT". An exception
 * without one gives "". `size` includes the NUL; longer text is cut. */
void fault_spell_error_code(unsigned vector, uint64_t code, char *text, size_t size);

/* What a page fault was, without the address: "write to a read-only page". `stack` is the one whose
 * memory or guard pages hold the address, or NULL. */
void fault_spell_page_fault(uint64_t code, virt_addr_t address, const struct stack *stack,
                            char *text, size_t size);

/* Are bits 63..47 all alike (Intel SDM 1 3.3.7.1)? */
static inline bool is_canonical(virt_addr_t address)
{
    uint64_t high = address >> 47;
    return high == 0 || high == 0x1ffff;
}

/* Does the instruction use an address that is not canonical? Then this is the first such. Looks at
 * memory operands, at targets of indirect jumps and calls, and at the pointers of string
 * instructions; other instructions give false. `length` bytes of code can be read. */
bool fault_find_noncanonical(const uint8_t *code, size_t length, const struct trap_frame *frame,
                             virt_addr_t *address);

#endif
