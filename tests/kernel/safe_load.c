/*
 * Loads from addresses where there may be nothing.
 */
#include <image.h>
#include <kernel/cpu/safe_load.h>
#include <kernel/cpu/stacks.h>
#include <kernel/cpu/trap.h>
#include <layout.h>

#include "../test.h"

static uint8_t loaded;

/* A failed load leaves the byte as it was, and every register that a called function preserves. */
static bool refuses(virt_addr_t address, unsigned vector)
{
    uint64_t before = trap_count(vector);
    loaded = 0x5a;
    return !safe_load(address, &loaded) && loaded == 0x5a && trap_count(vector) == before + 1 &&
           !in_interrupt();
}

TEST(traps, safe_load_reads_what_is_there)
{
    static const uint8_t there = 0xc3;
    EXPECT(safe_load((virt_addr_t)&there, &loaded));
    EXPECT_EQ(loaded, 0xc3);
    EXPECT(safe_load((virt_addr_t)phys_to_virt(0xb8000), &loaded));
}

TEST(traps, safe_load_word_does_the_same)
{
    static const uint32_t there = 0x12345678;
    uint32_t word = 0x5a5a5a5a;
    EXPECT(!safe_load_word(0, &word) && !safe_load_word(0x0000800000000000, &word));
    EXPECT_EQ(word, 0x5a5a5a5a);
    EXPECT(safe_load_word((virt_addr_t)&there, &word));
    EXPECT_EQ(word, 0x12345678);
}

TEST(traps, safe_load_refuses_what_is_not)
{
    EXPECT(refuses(0, VECTOR_PAGE_FAULT));
    EXPECT(refuses(KERNEL_BASE, VECTOR_PAGE_FAULT));
    EXPECT(refuses(stacks[STACK_BOOT].bottom - 1, VECTOR_PAGE_FAULT));
    EXPECT(refuses(0xffffffffffffffff, VECTOR_PAGE_FAULT));
    EXPECT(refuses(0x0000800000000000, VECTOR_GENERAL_PROTECTION));
    EXPECT(refuses(0xdeadbeefdeadbeef, VECTOR_GENERAL_PROTECTION));
}

/* Only the instruction that expects it gets away with a fault. */
TEST(traps, a_fault_elsewhere_is_not_fixed_up)
{
    struct trap_frame frame = {.vector = VECTOR_PAGE_FAULT, .rip = (virt_addr_t)&refuses};
    EXPECT(!safe_load_fix_up(&frame));
    EXPECT_EQ(frame.rip, (virt_addr_t)&refuses);
    frame.rip = (virt_addr_t)&safe_load; /* which begins with it */
    frame.vector = VECTOR_INVALID_OPCODE;
    EXPECT(!safe_load_fix_up(&frame));
    frame.vector = VECTOR_PAGE_FAULT;
    EXPECT(safe_load_fix_up(&frame));
    EXPECT(frame.rip != (virt_addr_t)&safe_load);
}
