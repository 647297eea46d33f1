#include <assert.h>
#include <fs/name_index.h>
#include <mm/heap.h>

enum { FIRST_CAPACITY = 16 };

#define GONE UINT32_MAX

static uint32_t place_of(uint64_t position)
{
    ASSERT(position % 4 == 0 && position / 4 + 1 < GONE);
    return (uint32_t)(position / 4 + 1);
}

static size_t first_slot(const struct name_index *index, uint32_t hash)
{
    uint32_t mixed = hash * UINT32_C(0x9e3779b1);
    return mixed & (index->capacity - 1);
}

static void put(struct name_index *index, struct name_index_slot slot)
{
    size_t at = first_slot(index, slot.hash);
    while (index->slots[at].place)
        at = (at + 1) & (index->capacity - 1);
    index->slots[at] = slot;
    index->used++;
}

enum error name_index_reserve(struct name_index *index)
{
    struct name_index old = *index;
    if (2 * (index->used + index->gone + 1) <= index->capacity)
        return OK;
    size_t capacity = FIRST_CAPACITY;
    while (capacity < 4 * (index->used + 1))
        capacity *= 2;
    struct name_index_slot *slots = kzalloc(capacity * sizeof(*slots));
    if (!slots)
        return ERROR_OUT_OF_FRAMES;
    *index = (struct name_index){.slots = slots, .capacity = capacity};
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].place && old.slots[i].place != GONE)
            put(index, old.slots[i]);
    }
    kfree(old.slots);
    return OK;
}

void name_index_add(struct name_index *index, uint32_t hash, uint64_t position)
{
    ASSERT(2 * (index->used + index->gone + 1) <= index->capacity);
    put(index, (struct name_index_slot){hash, place_of(position)});
}

/* The slot of the next entry of that hash; the capacity: there is none. */
static size_t next_slot(const struct name_index *index, uint32_t hash, size_t *cursor)
{
    for (; *cursor < index->capacity; (*cursor)++) {
        size_t at = (first_slot(index, hash) + *cursor) & (index->capacity - 1);
        const struct name_index_slot *slot = &index->slots[at];
        if (!slot->place)
            break;
        if (slot->hash == hash && slot->place != GONE)
            return at;
    }
    return index->capacity;
}

bool name_index_next(const struct name_index *index, uint32_t hash, size_t *cursor,
                     uint64_t *position)
{
    size_t at = next_slot(index, hash, cursor);
    if (at == index->capacity)
        return false;
    (*cursor)++;
    *position = (uint64_t)(index->slots[at].place - 1) * 4;
    return true;
}

static size_t find(const struct name_index *index, uint32_t hash, uint64_t position)
{
    size_t cursor = 0, at;
    while ((at = next_slot(index, hash, &cursor)) < index->capacity &&
           index->slots[at].place != place_of(position))
        cursor++;
    return at;
}

bool name_index_has(const struct name_index *index, uint32_t hash, uint64_t position)
{
    return find(index, hash, position) < index->capacity;
}

void name_index_remove(struct name_index *index, uint32_t hash, uint64_t position)
{
    size_t at = find(index, hash, position);
    if (at == index->capacity)
        return;
    index->slots[at].place = GONE;
    index->used--;
    index->gone++;
}

void name_index_end(struct name_index *index)
{
    kfree(index->slots);
    *index = (struct name_index){0};
}
