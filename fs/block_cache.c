/*
 * Each block has a frame. When there are more than MOST, those that nobody holds and that were used
 * the longest time ago go.
 */
#include <assert.h>
#include <fs/block_cache.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum { MOST = 256 };

void block_cache_init(struct block_cache *cache, struct block_device *device, uint32_t size)
{
    ASSERT(size % device->block_size == 0 && size <= PAGE_SIZE);
    cache->device = device;
    cache->size = size;
    cache->count = 0;
    list_init(&cache->blocks);
    for (unsigned i = 0; i < BLOCK_CACHE_BUCKETS; i++)
        list_init(&cache->buckets[i]);
}

static void forget(struct block_cache *cache, struct cached_block *cached)
{
    ASSERT(cached->references == 0);
    list_remove(&cached->in_bucket);
    list_remove(&cached->in_order);
    cache->count--;
    frame_free(virt_to_phys(cached->bytes));
    kfree(cached);
}

void block_cache_end(struct block_cache *cache)
{
    struct list_node *node;
    while ((node = list_first(&cache->blocks)))
        forget(cache, CONTAINER_OF(node, struct cached_block, in_order));
}

/* Makes room for one more. */
static void forget_old(struct block_cache *cache)
{
    struct list_node *node = cache->blocks.head.previous;
    while (cache->count >= MOST && node != &cache->blocks.head) {
        struct cached_block *cached = CONTAINER_OF(node, struct cached_block, in_order);
        node = node->previous;
        if (cached->references == 0)
            forget(cache, cached);
    }
}

static struct list *bucket_of(struct block_cache *cache, uint64_t block)
{
    return &cache->buckets[block % BLOCK_CACHE_BUCKETS];
}

static struct cached_block *find(struct block_cache *cache, uint64_t block)
{
    list_for_each(node, bucket_of(cache, block)) {
        struct cached_block *cached = CONTAINER_OF(node, struct cached_block, in_bucket);
        if (cached->block == block)
            return cached;
    }
    return NULL;
}

static struct cached_block *add(struct block_cache *cache, uint64_t block)
{
    forget_old(cache);
    struct cached_block *cached = kzalloc(sizeof(*cached));
    phys_addr_t frame = cached ? frame_alloc() : NO_FRAME;
    if (frame == NO_FRAME) {
        kfree(cached);
        return NULL;
    }
    cached->bytes = phys_to_virt(frame);
    cached->block = block;
    wait_queue_init(&cached->ready.waiting);
    list_push_front(&cache->blocks, &cached->in_order);
    list_push_front(bucket_of(cache, block), &cached->in_bucket);
    cache->count++;
    return cached;
}

static void read(struct block_cache *cache, struct cached_block *cached)
{
    uint32_t each = cache->size / cache->device->block_size;
    struct block_part part = {.address = virt_to_phys(cached->bytes), .size = cache->size};
    struct block_request request;
    block_begin(&request, cache->device, BLOCK_READ, cached->block * each, each, &part, 1);
    await(&request.future);
    cached->error = request.error && request.error != ERROR_INVALID ? ERROR_DEVICE : request.error;
    cached->is_read = true;
    event_set(&cached->ready);
}

/* Waits until somebody else has read it. */
static void wait_for(struct cached_block *cached)
{
    while (!cached->is_read)
        thread_wait(&cached->ready.waiting);
}

enum error block_cache_get(struct block_cache *cache, uint64_t block, struct cached_block **found)
{
    struct cached_block *cached = find(cache, block);
    bool is_new = !cached;
    if (is_new)
        cached = add(cache, block);
    if (!cached)
        return ERROR_OUT_OF_FRAMES;
    cached->references++;
    list_remove(&cached->in_order);
    list_push_front(&cache->blocks, &cached->in_order);
    if (is_new)
        read(cache, cached);
    else
        wait_for(cached);
    enum error error = cached->error;
    if (!error) {
        *found = cached;
        return OK;
    }
    if (--cached->references == 0)
        forget(cache, cached);
    return error;
}

void block_cache_put(struct cached_block *cached)
{
    ASSERT(cached->references > 0);
    cached->references--;
}

enum error block_cache_read(struct block_cache *cache, uint64_t offset, void *to, size_t size)
{
    struct cached_block *cached;
    size_t within = offset % cache->size;
    ASSERT(within + size <= cache->size);
    enum error error = block_cache_get(cache, offset / cache->size, &cached);
    if (error)
        return error;
    memcpy(to, cached->bytes + within, size);
    block_cache_put(cached);
    return OK;
}
