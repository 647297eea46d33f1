/*
 * A ring of bytes between one producer and one consumer. Either of them may be an interrupt handler
 * on the same processor: only one side writes each index, and the producer writes a byte before the
 * index that makes it visible. The indices count up without a limit and are masked when they are
 * used. So all of the storage is used, and a full ring differs from an empty one.
 */
#ifndef LIB_RING_H
#define LIB_RING_H

#include <lib/string.h>

struct ring {
    uint8_t *bytes;
    uint32_t mask; /* the size of `bytes`, a power of two, minus 1 */
    uint32_t head; /* bytes popped so far; only the consumer writes it */
    uint32_t tail; /* bytes pushed so far; only the producer writes it; <= head + mask + 1 */
};

/* For static initialisers: `storage` is an array of uint8_t whose size is a power of two. */
#define RING_INIT(storage)                              \
    {                                                   \
        .bytes = (storage), .mask = sizeof(storage) - 1 \
    }

/* Returns how many bytes are in the ring. The other side may change that at any time. */
static inline uint32_t ring_count(const struct ring *ring)
{
    return __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) -
           __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
}

/* Is the ring full? For the producer, a false stays true until its next push. */
static inline bool ring_full(const struct ring *ring)
{
    return ring_count(ring) > ring->mask;
}

/* For the producer, after it has found that the ring is not full: appends a byte. */
static inline void ring_push_unchecked(struct ring *ring, uint8_t byte)
{
    uint32_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
    ring->bytes[tail & ring->mask] = byte;
    __atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
}

/* For the producer: appends `count` bytes, or as many as there is room for. Returns their number.
 */
static inline uint32_t ring_push(struct ring *ring, const void *bytes, uint32_t count)
{
    const uint8_t *from = bytes;
    uint32_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED), at = tail & ring->mask;
    count = MIN(count, ring->mask + 1 - ring_count(ring));
    uint32_t before_end = MIN(count, ring->mask + 1 - at); /* the rest goes to the beginning */
    memcpy(ring->bytes + at, from, before_end);
    memcpy(ring->bytes, from + before_end, count - before_end);
    __atomic_store_n(&ring->tail, tail + count, __ATOMIC_RELEASE);
    return count;
}

/* For the consumer: removes the oldest byte. False when the ring is empty. */
static inline bool ring_pop(struct ring *ring, uint8_t *byte)
{
    uint32_t head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
    if (head == __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE))
        return false;
    *byte = ring->bytes[head & ring->mask];
    __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

/* For the consumer: returns the byte that comes after `index` others, and leaves it in the ring.
 * `index` is below ring_count(). */
static inline uint8_t ring_peek(const struct ring *ring, uint32_t index)
{
    return ring->bytes[(ring->head + index) & ring->mask];
}

/* For the consumer: sets `*bytes` to the oldest bytes that are adjacent in memory, and returns
 * their number. They stay in the ring. */
static inline uint32_t ring_oldest(const struct ring *ring, const uint8_t **bytes)
{
    uint32_t first = ring->head & ring->mask;
    *bytes = ring->bytes + first;
    return MIN(ring_count(ring), ring->mask + 1 - first);
}

/* For the consumer: removes the `count` oldest bytes. `count` is at most ring_count(). */
static inline void ring_drop(struct ring *ring, uint32_t count)
{
    __atomic_store_n(&ring->head, ring->head + count, __ATOMIC_RELEASE);
}

#endif
