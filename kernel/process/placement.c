/*
 * Linux's places and ranges (arch/x86/mm/mmap.c, fs/binfmt_elf.c):
 *
 *     USER_END
 *     up to 16 GiB
 *     stack_top     the stack grows down from here
 *     its limit, 128 MiB at least, and 16 GiB and a guard when places are random
 *     up to 1 TiB
 *     gaps_end      mappings, the highest first
 *     ...
 *     up to 1 GiB
 *                   heap, behind a program with an address of its own
 *     ...
 *     up to 1 TiB
 *     2/3 of all    a program that may go anywhere, and its heap
 */
#include <assert.h>
#include <kernel/cpu/random.h>
#include <kernel/process/placement.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/vm_area.h>

#define MOVABLE_BASE UINT64_C(0x555555554000)
#define STACK_RANGE  GIB(16)
#define MAP_RANGE    GIB(1024)
#define HEAP_RANGE   GIB(1)

static bool is_forbidden;

void placement_forbid_random(void)
{
    is_forbidden = true;
}

static uint64_t pages_below(uint64_t random, uint64_t range)
{
    return ALIGN_DOWN(random % range, PAGE_SIZE);
}

/* How much room below USER_END mappings leave to the stack. */
static uint64_t stack_room(uint64_t limit)
{
    uint64_t most = ALIGN_DOWN(USER_END / 6 * 5, PAGE_SIZE);
    return ALIGN_UP(MIN(MAX(limit, MIB(128)), most), PAGE_SIZE);
}

void placement_choose(struct placement *placement, bool random, uint64_t stack_limit)
{
    struct {
        uint64_t stack, mappings, program, heap;
        uint8_t secret[PLACEMENT_SECRET];
    } drawn;
    random_bytes(&drawn, sizeof(drawn));
    *placement = (struct placement){
        .stack_top = USER_END,
        .gaps_end = USER_END - stack_room(stack_limit),
        .program = MOVABLE_BASE,
    };
    memcpy(placement->secret, drawn.secret, sizeof(drawn.secret));
    if (!random || is_forbidden)
        return;
    placement->stack_top -= pages_below(drawn.stack, STACK_RANGE);
    placement->stack_gap = drawn.heap >> 32 & (PAGE_SIZE - 16);
    placement->gaps_end -= STACK_RANGE + AREA_GUARD + pages_below(drawn.mappings, MAP_RANGE);
    placement->program += pages_below(drawn.program, MAP_RANGE);
    placement->heap_gap = pages_below((uint32_t)drawn.heap, HEAP_RANGE);
    ASSERT(placement->gaps_end < placement->stack_top);
    ASSERT(IS_ALIGNED(placement->stack_gap, 16));
}
