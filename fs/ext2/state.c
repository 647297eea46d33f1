/*
 * The superblock while the file system is in use: only its counters and its state change.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>
#include <kernel/task/clock.h>

static uint32_t now(void)
{
    return (uint32_t)(clock_real_now() / (int64_t)NANOSECONDS_PER_SECOND);
}

enum error ext2_store_superblock(struct ext2 *ext2, bool is_clean)
{
    struct cached_block *cached = NULL;
    ASSERT(ext2_is_locked(ext2));
    enum error error = block_cache_get(&ext2->cache, EXT2_SUPERBLOCK / ext2->block_size, &cached);
    if (error)
        return error;
    uint8_t *super = cached->bytes + EXT2_SUPERBLOCK % ext2->block_size;
    uint32_t state = get_little_16(super + SUPER_STATE) & ~(uint32_t)EXT2_STATE_CLEAN;
    put_little_16(super + SUPER_STATE, state | (is_clean ? EXT2_STATE_CLEAN : 0));
    put_little_32(super + SUPER_FREE_BLOCKS, ext2->free_blocks);
    put_little_32(super + SUPER_FREE_INODES, ext2->free_inodes);
    put_little_32(super + SUPER_WRITE_TIME, now());
    if (!ext2->is_revision_0)
        put_little_32(super + SUPER_READ_ONLY_COMPATIBLE, ext2->read_only_features);
    block_cache_change(cached, STAGE_TABLES);
    block_cache_put(cached);
    return OK;
}
