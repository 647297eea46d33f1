#include "space_subject.h"

#include <layout.h>

#include "../test.h"

struct address_space *user_space;
struct test_object space_object;

void space_set_up(void)
{
    user_memory_set_up(MIB(16));
    EXPECT_EQ(address_space_create(&user_space), OK);
}

void space_tear_down(void)
{
    address_space_release(user_space);
    EXPECT(user_memory_tear_down());
}

enum error space_map(uint64_t page, uint64_t pages, unsigned flags)
{
    return address_space_map(user_space, at(page), pages * PAGE_SIZE, flags, NULL, 0);
}

enum error space_unmap(uint64_t page, uint64_t pages)
{
    return address_space_unmap(user_space, at(page), pages * PAGE_SIZE);
}

enum error space_protect(uint64_t page, uint64_t pages, unsigned flags)
{
    return address_space_protect(user_space, at(page), pages * PAGE_SIZE, flags);
}

enum error space_map_object(uint64_t page, uint64_t pages, unsigned flags, uint64_t first)
{
    return address_space_map(user_space, at(page), pages * PAGE_SIZE, flags, &space_object.object,
                             first * PAGE_SIZE);
}

int space_read(struct address_space *of, virt_addr_t address)
{
    uint8_t byte;
    return program_read(of, address, &byte) ? -1 : byte;
}
