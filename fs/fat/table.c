/*
 * The table: for each cluster a number that tells which cluster follows it in its file, or that it
 * is free. There are copies of the table, which are kept alike.
 */
#include <assert.h>
#include <fs/fat/fat.h>
#include <lib/string.h>
#include <mm/heap.h>

/* --- Numbers in the table -------------------------------------------------------------------- */

/* Where a cluster's number stands, in bytes from the table's start. */
static uint64_t offset_of(const struct fat *fat, uint32_t cluster)
{
    return (uint64_t)cluster * fat->bits / 8;
}

/* Reads or changes one byte; a number of 12 bits may lie in two sectors. */
static enum error access(struct fat *fat, uint64_t offset, uint8_t *byte, bool writes)
{
    struct cached_block *cached;
    unsigned copies = writes ? fat->tables : 1;
    ASSERT(offset / fat->sector < fat->table_sectors);
    for (unsigned i = 0; i < copies; i++) {
        enum error error = block_cache_get(
            &fat->cache, fat->table + (uint64_t)i * fat->table_sectors + offset / fat->sector,
            &cached);
        if (error)
            return error;
        if (writes) {
            cached->bytes[offset % fat->sector] = *byte;
            block_cache_change(cached, STAGE_TABLE);
        } else {
            *byte = cached->bytes[offset % fat->sector];
        }
        block_cache_put(cached);
    }
    return OK;
}

/* The bits of the number that count, beginning in its first byte. */
static uint32_t mask_of(const struct fat *fat, uint32_t cluster)
{
    if (fat->bits == 12)
        return cluster % 2 ? 0xfff0 : 0xfff;
    return fat->bits == 16 ? 0xffff : 0xfffffff;
}

static unsigned bytes_of(const struct fat *fat)
{
    return fat->bits == 32 ? 4 : 2;
}

static enum error read_raw(struct fat *fat, uint32_t cluster, uint8_t bytes[4])
{
    enum error error = OK;
    for (unsigned i = 0; !error && i < bytes_of(fat); i++)
        error = access(fat, offset_of(fat, cluster) + i, &bytes[i], false);
    return error;
}

static enum error get(struct fat *fat, uint32_t cluster, uint32_t *next)
{
    uint8_t bytes[4] = {0};
    uint32_t mask = mask_of(fat, cluster), end = mask;
    enum error error = read_raw(fat, cluster, bytes);
    *next = get_little_32(bytes) & mask;
    if (fat->bits == 12 && cluster % 2) {
        *next >>= 4;
        end >>= 4;
    }
    if (*next >= end - 7)
        *next = FAT_END;
    return error;
}

static enum error set(struct fat *fat, uint32_t cluster, uint32_t next)
{
    uint8_t bytes[4] = {0};
    uint32_t mask = mask_of(fat, cluster);
    enum error error = read_raw(fat, cluster, bytes);
    uint32_t value = fat->bits == 12 && cluster % 2 ? next << 4 : next;
    put_little_32(bytes, (get_little_32(bytes) & ~mask) | (value & mask));
    for (unsigned i = 0; !error && i < bytes_of(fat); i++)
        error = access(fat, offset_of(fat, cluster) + i, &bytes[i], true);
    return error;
}

/* --- Free clusters --------------------------------------------------------------------------- */

static uint32_t end_of(const struct fat *fat)
{
    return fat->clusters + FAT_FIRST_CLUSTER;
}

enum error fat_count_free(struct fat *fat)
{
    if (fat->is_counted)
        return OK;
    uint32_t next, free = 0;
    for (uint32_t cluster = FAT_FIRST_CLUSTER; cluster < end_of(fat); cluster++) {
        enum error error = get(fat, cluster, &next);
        if (error)
            return error;
        free += next == FAT_FREE;
    }
    fat->free = free;
    fat->is_counted = true;
    return OK;
}

/* Takes a free cluster, which is the end of its file then. */
static enum error take(struct fat *fat, uint32_t *cluster)
{
    uint32_t next;
    ASSERT(fat_is_locked(fat) && fat->next_free >= FAT_FIRST_CLUSTER &&
           fat->next_free < end_of(fat));
    enum error error = fat_count_free(fat);
    if (!error && fat->free == 0)
        return ERROR_FULL;
    for (uint32_t i = 0; !error && i < fat->clusters; i++) {
        *cluster = fat->next_free;
        fat->next_free = *cluster + 1 < end_of(fat) ? *cluster + 1 : FAT_FIRST_CLUSTER;
        error = get(fat, *cluster, &next);
        if (!error && next == FAT_FREE) {
            fat->free--;
            return set(fat, *cluster, FAT_END);
        }
    }
    return error ? error : ERROR_FULL;
}

static enum error give(struct fat *fat, uint32_t cluster)
{
    enum error error = set(fat, cluster, FAT_FREE);
    if (!error && fat->is_counted)
        fat->free++;
    return error;
}

/* --- Chains ---------------------------------------------------------------------------------- */

static enum error append(struct fat_node *node, uint32_t cluster)
{
    enum { FIRST_ROOM = 16 };
    ASSERT(node->length <= node->room);
    if (node->length == node->room) {
        uint32_t room = node->room ? 2 * node->room : FIRST_ROOM;
        uint32_t *chain = kzalloc(room * sizeof(*chain));
        if (!chain)
            return ERROR_OUT_OF_FRAMES;
        if (node->length > 0)
            memcpy(chain, node->chain, node->length * sizeof(*chain));
        kfree(node->chain);
        node->chain = chain;
        node->room = room;
    }
    node->chain[node->length++] = cluster;
    return OK;
}

enum error fat_load_chain(struct fat_node *node)
{
    struct fat *fat = node->fat;
    if (node->has_chain)
        return OK;
    node->length = 0;
    for (uint32_t cluster = node->first; cluster && cluster != FAT_END;) {
        uint32_t next = 0;
        if (cluster < FAT_FIRST_CLUSTER || cluster >= end_of(fat))
            return fat_damaged(fat, "a file's cluster is not on the disk");
        if (node->length == fat->clusters)
            return fat_damaged(fat, "a file's chain of clusters is a circle");
        enum error error = append(node, cluster);
        if (!error)
            error = get(fat, cluster, &next);
        if (error)
            return error;
        if (next == FAT_FREE)
            return fat_damaged(fat, "a file's chain of clusters leads to a free one");
        cluster = next;
    }
    node->has_chain = true;
    return OK;
}

static enum error shorten(struct fat_node *node, uint32_t length)
{
    enum error error = OK;
    ASSERT(length <= node->length);
    if (length > 0 && length < node->length)
        error = set(node->fat, node->chain[length - 1], FAT_END);
    while (!error && node->length > length)
        error = give(node->fat, node->chain[--node->length]);
    if (length == 0)
        node->first = 0;
    return error;
}

/* The chain leads to a new cluster only once that has its own number. */
static enum error lengthen(struct fat_node *node)
{
    uint32_t cluster;
    enum error error = take(node->fat, &cluster);
    if (error)
        return error;
    error = append(node, cluster);
    if (error) {
        (void)give(node->fat, cluster);
        return error;
    }
    if (node->length > 1)
        return set(node->fat, node->chain[node->length - 2], cluster);
    node->first = cluster;
    return OK;
}

enum error fat_set_length(struct fat_node *node, uint32_t length)
{
    ASSERT(fat_is_locked(node->fat));
    enum error error = fat_load_chain(node);
    uint32_t before = node->length;
    while (!error && node->length < length)
        error = lengthen(node);
    if (!error && node->length > length)
        error = shorten(node, length);
    if (error && node->length > before)
        (void)shorten(node, before);
    node->inode.sectors = (uint64_t)node->length * (node->fat->cluster / 512);
    return error;
}
