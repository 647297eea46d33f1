/*
 * Each block has a frame. When there are more than MOST, clean ones that nobody holds and that were
 * used the longest time ago go; likewise when memory is short.
 */
#include <assert.h>
#include <fs/block_cache.h>
#include <kernel/task/thread.h>
#include <layout.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum { MOST = 4096, AT_A_TIME = 8 /* writes */ };

static struct list caches = LIST_INIT(caches);

void block_cache_init(struct block_cache *cache, struct block_device *device, uint32_t size)
{
    ASSERT(size % device->block_size == 0 && size <= PAGE_SIZE);
    cache->device = device;
    cache->size = size;
    cache->count = 0;
    list_init(&cache->blocks);
    for (unsigned i = 0; i < BLOCK_CACHE_STAGES; i++)
        list_init(&cache->dirty[i]);
    for (unsigned i = 0; i < BLOCK_CACHE_BUCKETS; i++)
        list_init(&cache->buckets[i]);
    list_node_init(&cache->node);
    list_push_back(&caches, &cache->node);
}

static struct cached_block *block_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct cached_block, in_order);
}

static void forget(struct cached_block *cached)
{
    ASSERT(cached->references == 0 && cached->cache->count > 0);
    list_remove(&cached->in_bucket);
    list_remove(&cached->in_order);
    cached->cache->count--;
    frame_free(virt_to_phys(cached->bytes));
    kfree(cached);
}

static void forget_all(struct list *list)
{
    struct list_node *node;
    while ((node = list_first(list)))
        forget(block_at(node));
}

void block_cache_end(struct block_cache *cache)
{
    forget_all(&cache->blocks);
    for (unsigned i = 0; i < BLOCK_CACHE_STAGES; i++)
        forget_all(&cache->dirty[i]);
    ASSERT(cache->count == 0);
    list_remove(&cache->node);
}

/* Forgets up to so many clean blocks that nobody holds; how many. */
static size_t forget_old(struct block_cache *cache, size_t wanted)
{
    size_t forgotten = 0;
    struct list_node *node = cache->blocks.head.previous;
    while (forgotten < wanted && node != &cache->blocks.head) {
        struct cached_block *cached = block_at(node);
        node = node->previous;
        if (cached->references > 0)
            continue;
        forget(cached);
        forgotten++;
    }
    return forgotten;
}

size_t block_caches_give_up(size_t wanted)
{
    size_t given = 0;
    list_for_each(node, &caches)
        given += forget_old(CONTAINER_OF(node, struct block_cache, node), wanted - given);
    return given;
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
    if (cache->count >= MOST)
        (void)forget_old(cache, cache->count - MOST + 1);
    struct cached_block *cached = kzalloc(sizeof(*cached));
    phys_addr_t frame = cached ? frame_alloc() : NO_FRAME;
    if (frame == NO_FRAME) {
        kfree(cached);
        return NULL;
    }
    cached->bytes = phys_to_virt(frame);
    cached->cache = cache;
    cached->block = block;
    wait_queue_init(&cached->ready.waiting);
    list_push_front(&cache->blocks, &cached->in_order);
    list_push_front(bucket_of(cache, block), &cached->in_bucket);
    cache->count++;
    return cached;
}

/* --- Reading --------------------------------------------------------------------------------- */

static void begin(struct cached_block *cached, enum block_operation operation,
                  struct block_part *part, struct block_request *request)
{
    const struct block_cache *cache = cached->cache;
    uint32_t each = cache->size / cache->device->block_size;
    *part = (struct block_part){.address = virt_to_phys(cached->bytes), .size = cache->size};
    block_begin(request, cache->device, operation, cached->block * each, each, part, 1);
}

static void read(struct cached_block *cached)
{
    struct block_part part;
    struct block_request request;
    begin(cached, BLOCK_READ, &part, &request);
    await(&request.future);
    cached->error = request.error && request.error != ERROR_INVALID ? ERROR_DEVICE : request.error;
    cached->is_read = true;
    event_set(&cached->ready);
}

/* Waits until the thread that reads it has done so. */
static void wait_for(struct cached_block *cached)
{
    while (!cached->is_read)
        thread_wait(&cached->ready.waiting);
}

static enum error get(struct block_cache *cache, uint64_t block, bool is_content_needed,
                      struct cached_block **found)
{
    struct cached_block *cached = find(cache, block);
    bool is_new = !cached;
    if (is_new)
        cached = add(cache, block);
    if (!cached)
        return ERROR_OUT_OF_FRAMES;
    cached->references++;
    if (!cached->is_dirty && cache->blocks.head.next != &cached->in_order) {
        list_remove(&cached->in_order);
        list_push_front(&cache->blocks, &cached->in_order);
    }
    if (!is_new)
        wait_for(cached);
    else if (is_content_needed)
        read(cached);
    else
        cached->is_read = true;
    *found = cached;
    return OK;
}

/* A dirty block is there, without an error, and has no place among the clean ones: a short way,
 * since writers find most of their blocks so. */
enum error block_cache_get(struct block_cache *cache, uint64_t block, struct cached_block **found)
{
    struct cached_block *cached = find(cache, block);
    if (cached && cached->is_dirty) {
        cached->references++;
        *found = cached;
        return OK;
    }
    enum error error = get(cache, block, true, &cached);
    if (error)
        return error;
    error = cached->error;
    if (!error) {
        *found = cached;
        return OK;
    }
    if (--cached->references == 0)
        forget(cached);
    return error;
}

enum error block_cache_make(struct block_cache *cache, uint64_t block, struct cached_block **made)
{
    enum error error = get(cache, block, false, made);
    if (error)
        return error;
    (*made)->error = OK;
    memset((*made)->bytes, 0, cache->size);
    return OK;
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

/* --- Writing --------------------------------------------------------------------------------- */

void block_cache_change(struct cached_block *cached, unsigned stage)
{
    ASSERT(stage < BLOCK_CACHE_STAGES);
    ASSERT(cached->references > 0 && cached->is_read && !cached->error);
    if (cached->is_dirty && cached->stage <= stage)
        return;
    cached->is_dirty = true;
    cached->stage = stage;
    list_remove(&cached->in_order);
    list_push_back(&cached->cache->dirty[stage], &cached->in_order);
}

static void make_clean(struct cached_block *cached)
{
    cached->is_dirty = false;
    list_remove(&cached->in_order);
    list_push_front(&cached->cache->blocks, &cached->in_order);
}

void block_cache_drop(struct block_cache *cache, uint64_t block)
{
    struct cached_block *cached = find(cache, block);
    if (cached && cached->is_dirty)
        make_clean(cached);
}

/* Writes the first blocks of the list, several at a time. Those that were written are clean. */
static enum error write_some(struct list *list)
{
    struct cached_block *blocks[AT_A_TIME];
    struct block_part parts[AT_A_TIME];
    struct block_request requests[AT_A_TIME];
    enum error first = OK;
    unsigned count = 0;
    for (struct list_node *node = list->head.next; node != &list->head && count < AT_A_TIME;
         node = node->next, count++) {
        blocks[count] = block_at(node);
        ASSERT(blocks[count]->is_dirty);
        begin(blocks[count], BLOCK_WRITE, &parts[count], &requests[count]);
    }
    for (unsigned i = 0; i < count; i++) {
        await(&requests[i].future);
        if (!requests[i].error)
            make_clean(blocks[i]);
        first = requests[i].error ? ERROR_DEVICE : first;
    }
    return first;
}

enum error block_cache_write(struct block_cache *cache, unsigned stage, bool *wrote)
{
    enum error error = OK;
    ASSERT(stage < BLOCK_CACHE_STAGES);
    struct list *list = &cache->dirty[stage];
    *wrote = !list_empty(list);
    while (!error && !list_empty(list))
        error = write_some(list);
    return error;
}
