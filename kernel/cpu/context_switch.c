#include <assert.h>
#include <kernel/cpu/context_switch.h>

/* What lies on a new stack, lowest address first: what context_switch() takes off it, and then what
 * context_begin() does. */
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
