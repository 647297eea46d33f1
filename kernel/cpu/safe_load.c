#include <kernel/cpu/safe_load.h>
#include <kernel/cpu/trap.h>
#include <section.h>

struct fixup {
    virt_addr_t instruction;
    virt_addr_t go_on;
};

_Static_assert(sizeof(struct fixup) == 2 * sizeof(uint64_t), "safe_load.asm writes two words");

SECTION_ARRAY(struct fixup, fixups);

bool safe_load_fix_up(struct trap_frame *frame)
{
    if (frame->vector != VECTOR_PAGE_FAULT && frame->vector != VECTOR_GENERAL_PROTECTION)
        return false;
    section_for_each(struct fixup, fixup, fixups) {
        if (fixup->instruction == frame->rip) {
            frame->rip = fixup->go_on;
            return true;
        }
    }
    return false;
}
