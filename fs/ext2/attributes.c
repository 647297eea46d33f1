/*
 * What is said of a file besides its content: its attributes, and where a symbolic link leads. The
 * target of a short link is where other files have the numbers of their blocks.
 */
#include <assert.h>
#include <fs/ext2/ext2.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { SHORT_TARGET = 4 * EXT2_BLOCKS };

/* --- Symbolic links -------------------------------------------------------------------------- */

static enum error read_target(struct ext2_node *node, char *target, size_t size)
{
    uint32_t block = 0;
    if (ext2_has_no_blocks(node) && size < SHORT_TARGET) {
        for (size_t i = 0; i < size; i++)
            target[i] = (char)(node->numbers[i / 4] >> 8 * (i % 4));
        return OK;
    }
    enum error error = ext2_map(node, 0, &block);
    if (error || !block)
        return error ? error : ext2_damaged(node->ext2, "a link has no target");
    return block_cache_read(&node->ext2->cache, (uint64_t)block * node->ext2->block_size, target,
                            size);
}

static enum error read_link(struct inode *inode, const char **target)
{
    struct ext2_node *node = ext2_node_of(inode);
    if (node->target) {
        *target = node->target;
        return OK;
    }
    if (inode->size == 0 || inode->size >= node->ext2->block_size)
        return ext2_damaged(node->ext2, "a link's target has an impossible length");
    char *text = kzalloc(inode->size + 1);
    if (!text)
        return ERROR_OUT_OF_FRAMES;
    enum error error = read_target(node, text, inode->size);
    if (error || node->target) { /* another thread has read it meanwhile */
        kfree(text);
    } else {
        node->target = text;
    }
    *target = node->target;
    return error;
}

static enum error store_long(struct ext2_node *node, const char *target, size_t length)
{
    struct cached_block *cached = NULL;
    uint32_t block = 0;
    bool is_new = false;
    enum error error = ext2_map_new(node, 0, &block, &is_new);
    if (!error)
        error = block_cache_make(&node->ext2->cache, block, &cached);
    if (error)
        return error;
    memcpy(cached->bytes, target, length);
    block_cache_change(cached, STAGE_NEW);
    block_cache_put(cached);
    return OK;
}

enum error ext2_store_target(struct ext2_node *node, const char *target, size_t length)
{
    ASSERT(length > 0 && length < node->ext2->block_size);
    node->inode.size = length;
    if (length >= SHORT_TARGET)
        return store_long(node, target, length);
    for (size_t i = 0; i < length; i++)
        node->numbers[i / 4] |= (uint32_t)(uint8_t)target[i] << 8 * (i % 4);
    return OK;
}

/* --- Attributes ------------------------------------------------------------------------------ */

/* The content behind the new end goes first, then its blocks. */
static enum error set_size(struct inode *inode, uint64_t size)
{
    struct ext2_node *node = ext2_node_of(inode);
    struct ext2 *ext2 = node->ext2;
    if (inode->filesystem->is_read_only)
        return ERROR_READ_ONLY;
    inode_lock(inode);
    uint64_t old_size = inode->size;
    enum error error = page_cache_set_size(&node->cache, size);
    if (!error) {
        ext2_lock(ext2);
        if (size < old_size)
            error = ext2_truncate(node, (size + ext2->block_size - 1) / ext2->block_size);
        inode_note_write(inode);
        ext2_mark_dirty(node);
        ext2_unlock(ext2);
    }
    inode_unlock(inode);
    return error;
}

enum error ext2_set(struct inode *inode, const struct inode_attributes *attributes)
{
    if (inode->filesystem->is_read_only)
        return ERROR_READ_ONLY;
    inode_set(inode, attributes);
    ext2_mark_dirty(ext2_node_of(inode));
    return OK;
}

const struct inode_operations ext2_file_operations = {.set = ext2_set, .set_size = set_size};
const struct inode_operations ext2_link_operations = {.read_link = read_link, .set = ext2_set};
