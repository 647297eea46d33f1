/*
 * Runs of frames that a test holds, as a chain: in each run lie the next one's address and its own
 * order. NO_FRAME is the end, and the empty chain.
 */
#ifndef TESTS_KERNEL_FRAME_CHAIN_H
#define TESTS_KERNEL_FRAME_CHAIN_H

#include <mm/frames.h>

/* Allocates a run of 2^order frames and puts it in front of the chain. False when there is none. */
bool frame_chain_take(phys_addr_t *chain, unsigned order);

/* Takes all that is left of memory, in runs as large as there are. Returns the number of frames. */
uint64_t frame_chain_take_all(phys_addr_t *chain);

/* Frees all that is in the chain, which is empty then. */
void frame_chain_give_back(phys_addr_t *chain);

#endif
