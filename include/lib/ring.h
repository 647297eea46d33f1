/*
 * A ring of bytes between one producer and one consumer, either of which may be an interrupt
 * handler on the same processor: each index is written by one side only, and the data before the
 * index that announces it. The indices run freely and are masked on use, so that all of the room is
 * used and full differs from empty.
 */
#ifndef LIB_RING_H
#define LIB_RING_H

#include <types.h>

struct ring {
    uint8_t *bytes;
    uint32_t mask;
    uint32_t head; /* the consumer's */
    uint32_t tail; /* the producer's */
};

/* For static initialisers: `storage` is an array of uint8_t whose size is a power of two. */
#define RING_INIT(storage)                              \
    {                                                   \
        .bytes = (storage), .mask = sizeof(storage) - 1 \
    }

/* How many bytes wait. The other side may make it more, or less, at any time. */
static inline uint32_t ring_count(const struct ring *ring)
{
    return __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) -
           __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
}

/* Is there no room? Once false, it stays so for the producer until it pushes. */
static inline bool ring_full(const struct ring *ring)
{
    return ring_count(ring) > ring->mask;
}

/* The producer's side, when it has found that the ring is not full. */
static inline void ring_push_unchecked(struct ring *ring, uint8_t byte)
{
    uint32_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
    ring->bytes[tail & ring->mask] = byte;
    __atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
}

/* The producer's side. False, and nothing stored, when the ring is full. */
static inline bool ring_push(struct ring *ring, uint8_t byte)
{
    if (ring_full(ring))
        return false;
    ring_push_unchecked(ring, byte);
    return true;
}

/* The consumer's side. False when the ring is empty. */
static inline bool ring_pop(struct ring *ring, uint8_t *byte)
{
    uint32_t head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
    if (head == __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE))
        return false;
    *byte = ring->bytes[head & ring->mask];
    __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

/* The consumer's side: the byte that comes after `index` others, which is below ring_count(). It
 * stays in the ring. */
static inline uint8_t ring_peek(const struct ring *ring, uint32_t index)
{
    return ring->bytes[(ring->head + index) & ring->mask];
}

/* The consumer's side: where the oldest bytes lie that are side by side in memory, and how many
 * these are. They stay in the ring. */
static inline uint32_t ring_oldest(const struct ring *ring, const uint8_t **bytes)
{
    uint32_t first = ring->head & ring->mask;
    *bytes = ring->bytes + first;
    return MIN(ring_count(ring), ring->mask + 1 - first);
}

/* The consumer's side: takes the `count` oldest bytes out, which are there. */
static inline void ring_drop(struct ring *ring, uint32_t count)
{
    __atomic_store_n(&ring->head, ring->head + count, __ATOMIC_RELEASE);
}

#endif
