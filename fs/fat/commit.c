/*
 * A commit writes the content of files, then the table, then the directories. So what an entry
 * leads to is there before the entry. FAT promises no more: what a loss of power leaves is for
 * fsck.fat to mend, and a mark in the first sector says that it may be needed.
 */
#include <fs/fat/fat.h>

/* Offsets in the sector with the counters. */
enum information { INFORMATION_MAGIC = 484, FREE_COUNT = 488, NEXT_FREE = 492 };

/* --- Writing --------------------------------------------------------------------------------- */

static enum error flush(struct fat *fat)
{
    struct block_request request;
    if (!fat->unflushed)
        return OK;
    block_begin(&request, fat->cache.device, BLOCK_FLUSH, 0, 0, NULL, 0);
    await(&request.future);
    fat->unflushed = request.error;
    return request.error ? ERROR_DEVICE : OK;
}

static enum error write_stage(struct fat *fat, enum fat_stage stage)
{
    bool wrote;
    enum error error = block_cache_write(&fat->cache, stage, &wrote);
    fat->unflushed |= wrote;
    return error ? error : flush(fat);
}

/* The sector with the counters is a hint, and written only where it is one. */
static enum error store_information(struct fat *fat)
{
    struct cached_block *cached;
    if (!fat->information || !fat->is_counted)
        return OK;
    enum error error = block_cache_get(&fat->cache, fat->information, &cached);
    if (error)
        return error;
    if (get_little_32(cached->bytes + INFORMATION_MAGIC) == 0x61417272 &&
        get_little_32(cached->bytes + FREE_COUNT) != fat->free) {
        put_little_32(cached->bytes + FREE_COUNT, fat->free);
        put_little_32(cached->bytes + NEXT_FREE, fat->next_free);
        block_cache_change(cached, STAGE_DIRECTORIES);
    }
    block_cache_put(cached);
    return OK;
}

static enum error write_all(struct fat *fat)
{
    page_cache_write_back_all(&fat->filesystem); /* errors stay with the files */
    enum error error = fat_store_nodes(fat);
    if (!error)
        error = store_information(fat);
    if (!error)
        error = write_stage(fat, STAGE_TABLE);
    return error ? error : write_stage(fat, STAGE_DIRECTORIES);
}

static enum error commit_locked(struct fat *fat)
{
    if (fat->has_failed)
        return ERROR_DEVICE;
    if (fat->filesystem.is_read_only)
        return OK;
    enum error error = write_all(fat);
    if (error == ERROR_DEVICE) {
        log_error("vfat: %s: its table cannot be written; it is read-only from now on",
                  fat->cache.device->name);
        fat->has_failed = fat->filesystem.is_read_only = true;
    }
    return error;
}

enum error fat_commit(struct fat *fat)
{
    fat_lock(fat);
    enum error error = commit_locked(fat);
    fat_unlock(fat);
    return error;
}

/* Marks the file system as in use, or takes the mark back. */
static enum error set_state(struct fat *fat, bool in_use)
{
    struct cached_block *cached;
    unsigned offset = fat->bits == 32 ? FAT_STATE_32 : FAT_STATE_16;
    enum error error = block_cache_get(&fat->cache, 0, &cached);
    if (error)
        return error;
    uint32_t state = cached->bytes[offset] & ~(uint32_t)FAT_STATE_DIRTY;
    cached->bytes[offset] = (uint8_t)(state | (in_use ? FAT_STATE_DIRTY : 0U));
    block_cache_change(cached, STAGE_TABLE);
    block_cache_put(cached);
    return write_stage(fat, STAGE_TABLE);
}

enum error fat_begin_writing(struct fat *fat)
{
    enum error error = set_state(fat, true);
    fat->filesystem.is_read_only = error != OK;
    return error;
}

enum error fat_end_writing(struct fat *fat)
{
    enum error error = fat->has_failed ? ERROR_DEVICE : OK;
    if (fat->filesystem.is_read_only)
        return error;
    fat_lock(fat);
    error = commit_locked(fat);
    if (!error && !fat->was_dirty)
        error = set_state(fat, false);
    fat->filesystem.is_read_only = true;
    fat_unlock(fat);
    return error;
}
