#include "frame_chain.h"

#include <layout.h>

bool frame_chain_take(phys_addr_t *chain, unsigned order)
{
    phys_addr_t run = frames_alloc_run(order);
    if (run == NO_FRAME)
        return false;
    phys_addr_t *link = phys_to_virt(run);
    link[0] = *chain;
    link[1] = order;
    *chain = run;
    return true;
}

uint64_t frame_chain_take_all(phys_addr_t *chain)
{
    uint64_t count = 0;
    for (unsigned order = FRAMES_MAX_ORDER + 1; order-- > 0;) {
        while (frame_chain_take(chain, order))
            count += UINT64_C(1) << order;
    }
    return count;
}

void frame_chain_give_back(phys_addr_t *chain)
{
    while (*chain != NO_FRAME) {
        phys_addr_t run = *chain, *link = phys_to_virt(run);
        *chain = link[0];
        frames_free_run(run, (unsigned)link[1]);
    }
}
