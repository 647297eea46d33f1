/*
 * The direct map of machines made by hand: it shows all memory, and devices' memory when asked for.
 */
#include <layout.h>
#include <mm/direct_map.h>
#include <mm/frames.h>
#include <mm/paging_walk.h>

#include "../test.h"
#include "physical_memory.h"

static struct boot_info info;
static struct page_tables space;

static const struct phys_range constants = {MIB(1), MIB(1) + 77 * PAGE_SIZE};

static void a_pc(uint64_t low, uint64_t high)
{
    physical_memory_reset();
    physical_memory_no_map(&info);
    physical_memory_add(&info, 0, 0x9fc00, MEMORY_AVAILABLE);
    physical_memory_add(&info, 0xf0000, 0x10000, 2);
    physical_memory_add(&info, MIB(1), low - MIB(1) - 0x20800, MEMORY_AVAILABLE);
    physical_memory_add(&info, low - 0x20800, 0x800, 3);
    physical_memory_add(&info, low - 0x20000, 0x20000, 2);
    if (high)
        physical_memory_add(&info, GIB(4), high, MEMORY_AVAILABLE);
    physical_memory_reserve(&info, constants.start, constants.end);
    physical_memory_reserve(&info, MIB(8), MIB(8) + 12345); /* a module */
    frames_init(&info);
    paging_init(&space);
}

/* The size of the page that shows this memory, 0 when none does. Its rights are checked as well. */
static uint64_t page_at(phys_addr_t memory)
{
    struct paging_step steps[PAGING_LEVELS];
    phys_addr_t physical;
    virt_addr_t virt = (virt_addr_t)phys_to_virt(memory);
    if (paging_translate(&space, virt, &physical) != OK || physical != memory)
        return 0;
    size_t count = paging_walk(&space, virt, steps);
    uint64_t rights = PAGE_WRITABLE | PAGE_USER | PAGE_NO_EXECUTE | PAGE_GLOBAL;
    bool constant = memory >= constants.start && memory < constants.end;
    if ((steps[count - 1].entry & rights) !=
        (PAGE_NO_EXECUTE | PAGE_GLOBAL | (constant ? 0 : PAGE_WRITABLE)))
        return UINT64_MAX;
    return page_size_bytes((enum page_size)steps[count - 1].level);
}

TEST(direct_map, shows_memory_and_nothing_else)
{
    for (enum page_size largest = PAGE_2M; largest <= PAGE_1G; largest++) {
        a_pc(GIB(3) - MIB(1), GIB(2) + MIB(3));
        EXPECT_EQ(direct_map_init(&space, &info, constants, largest), OK);
        phys_addr_t low_end = GIB(3) - MIB(1) - 0x20000;
        for (phys_addr_t at = 0; at < MIB(1); at += PAGE_SIZE)
            EXPECT_EQ(page_at(at), PAGE_SIZE);
        EXPECT_EQ(page_at(constants.start), PAGE_SIZE);
        EXPECT_EQ(page_at(constants.end - 1), PAGE_SIZE);
        EXPECT_EQ(page_at(constants.end), PAGE_SIZE);
        EXPECT_EQ(page_at(MIB(2)), MIB(2));
        EXPECT_EQ(page_at(MIB(8)), MIB(2)); /* what is reserved in RAM is RAM */
        EXPECT_EQ(page_at(GIB(1)), page_size_bytes(largest));
        EXPECT_EQ(page_at(GIB(3) - MIB(2) - 1), MIB(2));
        EXPECT_EQ(page_at(low_end - 1), PAGE_SIZE); /* ACPI's tables */
        EXPECT_EQ(page_at(low_end), 0);
        EXPECT_EQ(page_at(GIB(4) - 1), 0);
        EXPECT_EQ(page_at(GIB(4)), page_size_bytes(largest));
        EXPECT_EQ(page_at(GIB(6)), MIB(2));
        EXPECT_EQ(page_at(GIB(6) + MIB(3) - 1), PAGE_SIZE);
        EXPECT_EQ(page_at(GIB(6) + MIB(3)), 0);
    }
}

TEST(direct_map, every_frame_can_be_reached)
{
    a_pc(MIB(16), 0);
    EXPECT_EQ(direct_map_init(&space, &info, constants, PAGE_2M), OK);
    for (phys_addr_t frame; (frame = frame_alloc()) != NO_FRAME;)
        EXPECT(page_at(frame) == PAGE_SIZE || page_at(frame) == MIB(2));
}

TEST(direct_map, too_little_memory_is_an_error)
{
    a_pc(MIB(16), 0);
    while (frame_alloc() != NO_FRAME)
        continue;
    EXPECT_EQ(direct_map_init(&space, &info, constants, PAGE_2M), ERROR_OUT_OF_FRAMES);
}

static uint64_t entry_of(phys_addr_t memory)
{
    struct paging_step steps[PAGING_LEVELS];
    size_t count = paging_walk(&space, (virt_addr_t)phys_to_virt(memory), steps);
    return steps[count - 1].entry;
}

TEST(direct_map, device_memory_is_mapped_and_ram_stays_as_it_is)
{
    a_pc(GIB(1), 0);
    EXPECT_EQ(direct_map_init(&space, &info, constants, PAGE_1G), OK);
    EXPECT_EQ(page_at(GIB(3)), 0);
    EXPECT_EQ(direct_map_device(&space, GIB(3) + 0x10, 0x20, PAGE_UNCACHED), OK);
    EXPECT_EQ(page_at(GIB(3)), PAGE_SIZE);
    EXPECT_EQ(page_at(GIB(3) + PAGE_SIZE), 0);
    EXPECT(entry_of(GIB(3)) & PAGE_UNCACHED);

    /* A framebuffer of 5 MiB, and again. */
    EXPECT_EQ(direct_map_device(&space, 0xfd000000, MIB(5), PAGE_WRITE_COMBINING), OK);
    EXPECT_EQ(direct_map_device(&space, 0xfd000000, MIB(5), PAGE_WRITE_COMBINING), OK);
    EXPECT_EQ(page_at(0xfd000000), MIB(2));
    EXPECT_EQ(page_at(0xfd000000 + MIB(5) - 1), PAGE_SIZE);
    EXPECT_EQ(entry_of(0xfd000000) & (PAGE_UNCACHED | PAGE_WRITE_COMBINING), PAGE_WRITE_COMBINING);

    /* One that begins in RAM: that stays as it is, the rest is added. */
    phys_addr_t ram_end = GIB(1) - 0x20000;
    EXPECT_EQ(direct_map_device(&space, MIB(1020), MIB(8), PAGE_WRITE_COMBINING), OK);
    EXPECT_EQ(page_at(MIB(1020)), MIB(2));
    EXPECT_EQ(entry_of(ram_end - 1) & PAGE_WRITE_COMBINING, 0);
    EXPECT_EQ(entry_of(ram_end) & PAGE_WRITE_COMBINING, PAGE_WRITE_COMBINING);
    EXPECT_EQ(page_at(MIB(1028) - 1), PAGE_SIZE);
    EXPECT_EQ(page_at(MIB(1028)), 0);

    EXPECT_EQ(direct_map_device(&space, MIB(600) + PAGE_SIZE, MIB(1), PAGE_UNCACHED), OK);
    EXPECT_EQ(page_at(MIB(600) + PAGE_SIZE), MIB(2));
    EXPECT_EQ(entry_of(MIB(600)) & PAGE_UNCACHED, 0);

    EXPECT_EQ(direct_map_device(&space, GIB(3), 0, 0), ERROR_INVALID);
    EXPECT_EQ(direct_map_device(&space, DIRECT_MAP_SIZE, 1, 0), ERROR_INVALID);
    EXPECT_EQ(direct_map_device(&space, DIRECT_MAP_SIZE - 1, 2, 0), ERROR_INVALID);
    EXPECT_EQ(direct_map_device(&space, GIB(3), UINT64_MAX, 0), ERROR_INVALID);
    while (frame_alloc() != NO_FRAME)
        continue;
    EXPECT_EQ(direct_map_device(&space, GIB(600), 1, 0), ERROR_OUT_OF_FRAMES);
    EXPECT_EQ(direct_map_device(&space, 0xfd000000, MIB(16), 0), ERROR_OUT_OF_FRAMES);
}
