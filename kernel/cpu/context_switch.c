#include <assert.h>
#include <kernel/cpu/context_switch.h>

/* The content of a new stack, lowest address first. context_switch() takes the registers and
 * `begin` off it, context_begin() takes `function`. */
struct first_frame {
    uint64_t r15, r14, r13, r12, rbx, rbp; /* an rbp of 0 ends a backtrace */
    void (*begin)(void);
    void (*function)(void);
};
_Static_assert(sizeof(struct first_frame) == 64, "context_switch.asm pops eight words");

void context_begin(void); /* context_switch.asm */

stack_context context_init(virt_addr_t top, void (*function)(void))
{
    ASSERT(top % 16 == 0);
    struct first_frame *frame = (struct first_frame *)(top - sizeof(*frame));
    *frame = (struct first_frame){.begin = context_begin, .function = function};
    return (stack_context)frame;
}
