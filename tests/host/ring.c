/*
 * The ring of bytes: all of its room is used, in order, also where the indices overflow.
 */
#include <lib/ring.h>

#include "../test.h"

static uint8_t storage[8];

static bool push(struct ring *ring, uint8_t byte)
{
    return ring_push(ring, &byte, 1) == 1;
}

TEST(ring, holds_as_many_bytes_as_its_storage)
{
    struct ring ring = RING_INIT(storage);
    uint8_t byte;
    EXPECT(!ring_pop(&ring, &byte));
    for (uint8_t i = 0; i < sizeof(storage); i++) {
        EXPECT_EQ(ring_count(&ring), i);
        EXPECT(!ring_full(&ring));
        EXPECT(push(&ring, i));
    }
    EXPECT_EQ(ring_count(&ring), sizeof(storage));
    EXPECT(ring_full(&ring));
    EXPECT(!push(&ring, 99)); /* and nothing is stored */
    for (uint8_t i = 0; i < sizeof(storage); i++) {
        EXPECT(ring_pop(&ring, &byte));
        EXPECT_EQ(byte, i);
    }
    EXPECT(!ring_pop(&ring, &byte));
    EXPECT_EQ(ring_count(&ring), 0);
}

TEST(ring, keeps_the_order_where_the_indices_overflow)
{
    struct ring ring = RING_INIT(storage);
    ring.head = ring.tail = UINT32_MAX - 20;
    uint8_t pushed = 0, popped = 0, byte;
    for (unsigned round = 0; round < 16; round++) {
        while (push(&ring, pushed))
            pushed++;
        EXPECT_EQ(ring_count(&ring), sizeof(storage));
        for (unsigned i = 0; i < 5; i++) {
            EXPECT(ring_pop(&ring, &byte));
            EXPECT_EQ(byte, popped++);
        }
    }
    EXPECT(ring.tail < 100);
}

TEST(ring, takes_many_as_far_as_there_is_room)
{
    struct ring ring = RING_INIT(storage);
    uint8_t byte;
    ring.head = ring.tail = UINT32_MAX - 4; /* also round the end of the storage */
    EXPECT_EQ(ring_push(&ring, "abc", 3), 3);
    EXPECT_EQ(ring_push(&ring, "defghijk", 8), 5);
    EXPECT_EQ(ring_push(&ring, "l", 1), 0);
    for (uint8_t expected = 'a'; expected <= 'h'; expected++) {
        EXPECT(ring_pop(&ring, &byte));
        EXPECT_EQ(byte, expected);
    }
    EXPECT_EQ(ring_push(&ring, "", 0), 0);
    EXPECT_EQ(ring_count(&ring), 0);
}

TEST(ring, shows_what_comes_without_taking_it)
{
    struct ring ring = RING_INIT(storage);
    uint8_t byte;
    for (uint8_t i = 0; i < 6; i++)
        push(&ring, i);
    for (uint8_t i = 0; i < 4; i++)
        ring_pop(&ring, &byte);
    for (uint8_t i = 6; i < 11; i++) /* round the end of the storage */
        push(&ring, i);
    for (uint32_t i = 0; i < ring_count(&ring); i++)
        EXPECT_EQ(ring_peek(&ring, i), 4 + i);
    EXPECT_EQ(ring_count(&ring), 7);
}
