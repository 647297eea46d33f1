/*
 * Frames, allocated one by one up to a million, and given back in the opposite order. Only the 1st,
 * the 1,000th and so on are reported.
 */
#include <kernel/bench/bench.h>
#include <layout.h>
#include <mm/frames.h>

enum { MOST = 1000000 };

static bool is_measured(uint64_t number)
{
    return number == 1 || number == 1000 || number == 10000 || number == 1000000;
}

/* The frames that the bench holds, as a chain: each holds the address of the one before. */
static phys_addr_t push(phys_addr_t chain, phys_addr_t frame)
{
    *(phys_addr_t *)phys_to_virt(frame) = chain;
    return frame;
}

BENCH(frame_alloc, "frame.")
{
    phys_addr_t chain = NO_FRAME;
    uint64_t number = 0;
    while (number < MOST) {
        uint64_t start = bench_start();
        phys_addr_t frame = frame_alloc();
        uint64_t cost = bench_stop(start);
        if (frame == NO_FRAME)
            break;
        chain = push(chain, frame);
        if (is_measured(++number))
            bench_report_at("frame.alloc", number, cost);
    }
    for (; number; number--) {
        phys_addr_t frame = chain;
        chain = *(phys_addr_t *)phys_to_virt(frame);
        uint64_t start = bench_start();
        frame_free(frame);
        uint64_t cost = bench_stop(start);
        if (is_measured(number))
            bench_report_at("frame.free", number, cost);
    }
}
