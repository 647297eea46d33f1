/*
 * Directories on the disk: blocks of entries, each with the number of an inode, its own length, and
 * a name. The lengths lead from entry to entry and fill the block. An entry without an inode is
 * free, and so is what lies between a name's end and its entry's.
 *
 * A lookup goes through the directory's index, which is made at the first one. An entry that is not
 * in the index is a name that only the disk has, and a name may lead to another file in memory:
 * see removals.c.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <lib/string.h>

/* The block of a directory that holds the byte, with a reference; NULL: a hole. */
static enum error get_block(struct ext2_node *node, uint64_t position, struct cached_block **cached)
{
    uint32_t block = 0;
    enum error error = ext2_map(node, position / node->ext2->block_size, &block);
    *cached = NULL;
    return error || !block ? error : block_cache_get(&node->ext2->cache, block, cached);
}

/* The bytes that an entry with a name of that length needs. */
static uint32_t needed_by(size_t name_length)
{
    return (uint32_t)ALIGN_UP(EXT2_ENTRY_BYTES + name_length, 4);
}

/* Can the entry at `within` of a block be? */
static enum error check(const struct ext2 *ext2, const uint8_t *block, uint32_t within)
{
    if (within % 4 || within + EXT2_ENTRY_BYTES > ext2->block_size)
        return ext2_damaged(ext2, "a directory's entry is in an impossible place");
    const uint8_t *bytes = block + within;
    uint32_t length = get_little_16(bytes + ENTRY_LENGTH);
    uint32_t name = get_little_32(bytes + ENTRY_INODE) ? bytes[ENTRY_NAME_LENGTH] : 0;
    if (length % 4 || length < EXT2_ENTRY_BYTES + name || length > ext2->block_size - within)
        return ext2_damaged(ext2, "a directory's entry has an impossible length");
    return OK;
}

static uint8_t type_of(const struct ext2_node *node)
{
    if (!node->ext2->has_types)
        return 0;
    switch (inode_type(&node->inode)) {
    case S_IFREG:
        return 1;
    case S_IFDIR:
        return 2;
    case S_IFCHR:
        return 3;
    case S_IFBLK:
        return 4;
    case S_IFIFO:
        return 5;
    case S_IFSOCK:
        return 6;
    case S_IFLNK:
        return 7;
    default:
        return 0;
    }
}

static void take_from(const struct ext2_node *node, struct ext2_entry_copy *entry)
{
    entry->inode = (uint32_t)node->inode.number;
    entry->type = type_of(node);
}

enum error ext2_read_entry(struct ext2_node *node, uint64_t position, struct ext2_entry_copy *entry)
{
    struct ext2 *ext2 = node->ext2;
    uint32_t within = (uint32_t)(position % ext2->block_size);
    struct cached_block *cached = NULL;
    ASSERT(position < node->inode.size);
    *entry = (struct ext2_entry_copy){.next = position - within + ext2->block_size};
    enum error error = get_block(node, position, &cached);
    if (error || !cached)
        return error;
    error = check(ext2, cached->bytes, within);
    if (!error) {
        const uint8_t *bytes = cached->bytes + within;
        entry->inode = get_little_32(bytes + ENTRY_INODE);
        entry->name_length = bytes[ENTRY_NAME_LENGTH];
        entry->type = ext2->has_types ? bytes[ENTRY_TYPE] : 0;
        entry->next = position + get_little_16(bytes + ENTRY_LENGTH);
        const struct ext2_removal *replaced = ext2_find_replacement(node, position);
        if (replaced)
            take_from(replaced->replacement, entry);
        if (entry->inode)
            memcpy(entry->name, bytes + EXT2_ENTRY_BYTES, entry->name_length);
    }
    block_cache_put(cached);
    return error;
}

/* --- The index -------------------------------------------------------------------------------- */

static enum error make_index(struct ext2_node *directory)
{
    struct ext2_entry_copy entry;
    enum error error = OK;
    for (uint64_t at = 0; !error && at < directory->inode.size; at = entry.next) {
        error = ext2_read_entry(directory, at, &entry);
        if (!error && entry.inode)
            error = name_index_reserve(&directory->index);
        if (!error && entry.inode)
            name_index_add(&directory->index, dentry_hash(entry.name, entry.name_length), at);
    }
    if (error)
        name_index_end(&directory->index);
    directory->has_index = !error;
    return error;
}

enum error ext2_find_entry(struct ext2_node *directory, const char *name, size_t length,
                           uint64_t *position, struct ext2_entry_copy *entry)
{
    uint32_t hash = dentry_hash(name, length);
    size_t cursor = 0;
    ASSERT(filesystem_has_names_locked(&directory->ext2->filesystem));
    enum error error = directory->has_index ? OK : make_index(directory);
    while (!error && name_index_next(&directory->index, hash, &cursor, position)) {
        error = ext2_read_entry(directory, *position, entry);
        if (!error && entry->name_length == length && memcmp(entry->name, name, length) == 0)
            return OK;
    }
    return error ? error : ERROR_NO_ENTRY;
}

/* --- Changes ---------------------------------------------------------------------------------- */

static void put_entry(uint8_t *bytes, const char *name, size_t name_length, uint32_t length,
                      const struct ext2_node *node)
{
    ASSERT(name_length <= EXT2_NAME_MAX && length >= needed_by(name_length));
    put_little_32(bytes + ENTRY_INODE, (uint32_t)node->inode.number);
    put_little_16(bytes + ENTRY_LENGTH, length);
    bytes[ENTRY_NAME_LENGTH] = (uint8_t)name_length;
    bytes[ENTRY_TYPE] = type_of(node);
    memcpy(bytes + EXT2_ENTRY_BYTES, name, name_length);
}

/* A directory that was changed has no tree of hashes any more: nobody keeps it. */
static void note_change(struct ext2_node *directory)
{
    directory->flags &= ~(uint32_t)FLAG_HASHED;
    inode_note_write(&directory->inode);
    ext2_mark_dirty(directory);
}

/* Puts an entry into free space of the block, if there is enough: *within is where. */
static enum error put_into(const struct ext2 *ext2, struct cached_block *cached, const char *name,
                           size_t name_length, const struct ext2_node *node, uint32_t *within)
{
    uint32_t needed = needed_by(name_length), at = 0;
    while (at < ext2->block_size) {
        enum error error = check(ext2, cached->bytes, at);
        if (error)
            return error;
        uint8_t *bytes = cached->bytes + at;
        uint32_t length = get_little_16(bytes + ENTRY_LENGTH);
        uint32_t used =
            get_little_32(bytes + ENTRY_INODE) ? needed_by(bytes[ENTRY_NAME_LENGTH]) : 0;
        if (used <= length && length - used >= needed) {
            if (used)
                put_little_16(bytes + ENTRY_LENGTH, used);
            put_entry(bytes + used, name, name_length, length - used, node);
            block_cache_change(cached, STAGE_NAMES);
            *within = at + used;
            return OK;
        }
        at += length;
    }
    return ERROR_FULL;
}

/* Is that the first block of a table of numbers that is not the directory's first one? */
static bool begins_table(const struct ext2 *ext2, uint64_t index)
{
    return index > EXT2_DIRECT &&
           (index - EXT2_DIRECT) % (ext2->block_size / sizeof(uint32_t)) == 0;
}

/* Adds a block to a directory, whose one entry is free. A commit must not write the end of one
 * table of numbers and the start of the next one: the disk might get the second alone, and the
 * directory would have a hole. */
static enum error add_block(struct ext2_node *directory)
{
    struct ext2 *ext2 = directory->ext2;
    struct cached_block *cached = NULL;
    uint64_t index = directory->inode.size / ext2->block_size;
    uint32_t block = 0;
    bool is_new = false;
    ASSERT(directory->inode.size % ext2->block_size == 0);
    enum error error = begins_table(ext2, index) ? ext2->kinds->make_room(ext2) : OK;
    if (!error)
        error = ext2_map_new(directory, index, &block, &is_new);
    if (!error)
        error = block_cache_make(&ext2->cache, block, &cached);
    if (error)
        return error;
    put_little_16(cached->bytes + ENTRY_LENGTH, ext2->block_size);
    block_cache_change(cached, STAGE_NEW);
    block_cache_put(cached);
    directory->inode.size += ext2->block_size;
    ext2_mark_dirty(directory);
    return OK;
}

/* Looks for room from directory->room on, block by block. */
static enum error put_anywhere(struct ext2_node *directory, const char *name, size_t length,
                               const struct ext2_node *node, uint64_t *position)
{
    uint32_t size = directory->ext2->block_size, within = 0;
    for (uint64_t at = directory->room;; at += size) {
        struct cached_block *cached = NULL;
        enum error error = at < directory->inode.size ? OK : add_block(directory);
        if (!error)
            error = get_block(directory, at, &cached);
        if (error)
            return error;
        if (!cached)
            continue; /* a hole stays one */
        error = put_into(directory->ext2, cached, name, length, node, &within);
        block_cache_put(cached);
        if (error == ERROR_FULL)
            continue;
        directory->room = at;
        *position = at + within;
        return error;
    }
}

enum error ext2_add_entry(struct ext2_node *directory, const char *name, size_t length,
                          const struct ext2_node *node)
{
    uint64_t position = 0;
    ASSERT(directory->has_index && length <= EXT2_NAME_MAX);
    enum error error = name_index_reserve(&directory->index);
    if (!error)
        error = put_anywhere(directory, name, length, node, &position);
    if (error)
        return error;
    name_index_add(&directory->index, dentry_hash(name, length), position);
    note_change(directory);
    return OK;
}

enum error ext2_add_hidden_entry(struct ext2_node *directory, const char *name, size_t length,
                                 const struct ext2_node *node, uint64_t *position)
{
    enum error error = put_anywhere(directory, name, length, node, position);
    if (!error)
        note_change(directory);
    return error;
}

/* The block of an entry that is there. */
static enum error get_block_of(struct ext2_node *directory, uint64_t position,
                               struct cached_block **cached)
{
    ASSERT(ext2_is_locked(directory->ext2) && position < directory->inode.size);
    enum error error = get_block(directory, position, cached);
    return error || *cached ? error : ext2_damaged(directory->ext2, "a directory has lost a block");
}

enum error ext2_point_entry(struct ext2_node *directory, uint64_t position,
                            const struct ext2_node *node)
{
    struct cached_block *cached = NULL;
    enum error error = get_block_of(directory, position, &cached);
    if (error)
        return error;
    uint8_t *bytes = cached->bytes + position % directory->ext2->block_size;
    put_little_32(bytes + ENTRY_INODE, (uint32_t)node->inode.number);
    bytes[ENTRY_TYPE] = type_of(node);
    block_cache_change(cached, STAGE_NAMES);
    block_cache_put(cached);
    return OK;
}

enum error ext2_change_entry(struct ext2_node *directory, uint64_t position,
                             const struct ext2_node *node)
{
    enum error error = ext2_point_entry(directory, position, node);
    if (!error)
        note_change(directory);
    return error;
}

/* The entry before it in its block takes up its space; the first one stays, free. */
static enum error clear_within(const struct ext2 *ext2, uint8_t *block, uint32_t within)
{
    uint32_t at = 0, before = 0;
    while (at < within) {
        enum error error = check(ext2, block, at);
        if (error)
            return error;
        before = at;
        at += get_little_16(block + at + ENTRY_LENGTH);
    }
    if (at != within || check(ext2, block, within))
        return ext2_damaged(ext2, "a directory's entry has gone");
    put_little_32(block + within + ENTRY_INODE, 0);
    if (within > 0)
        put_little_16(block + before + ENTRY_LENGTH,
                      within - before + get_little_16(block + within + ENTRY_LENGTH));
    return OK;
}

enum error ext2_clear_entry(struct ext2_node *directory, uint64_t position)
{
    uint32_t size = directory->ext2->block_size;
    struct cached_block *cached = NULL;
    enum error error = get_block_of(directory, position, &cached);
    if (error)
        return error;
    error = clear_within(directory->ext2, cached->bytes, (uint32_t)(position % size));
    if (!error)
        block_cache_change(cached, STAGE_NAMES);
    block_cache_put(cached);
    directory->room = MIN(directory->room, position - position % size);
    return error;
}

/* Writes the new name over the old one, or beside it, which goes then. */
static enum error rename_within(const struct ext2 *ext2, struct cached_block *cached,
                                const char *name, size_t length, const struct ext2_node *node,
                                uint32_t *within)
{
    uint8_t *bytes = cached->bytes + *within;
    uint32_t old = *within, size = get_little_16(bytes + ENTRY_LENGTH);
    if (size >= needed_by(length)) {
        put_entry(bytes, name, length, size, node);
        block_cache_change(cached, STAGE_NAMES);
        return OK;
    }
    enum error error = put_into(ext2, cached, name, length, node, within);
    return error ? error : clear_within(ext2, cached->bytes, old);
}

enum error ext2_rename_entry(struct ext2_node *directory, uint64_t position, uint32_t hash,
                             const char *name, size_t length, const struct ext2_node *node,
                             bool *done)
{
    struct cached_block *cached = NULL;
    uint32_t within = (uint32_t)(position % directory->ext2->block_size), new_within = within;
    enum error error = name_index_reserve(&directory->index);
    *done = false;
    if (!error)
        error = get_block_of(directory, position, &cached);
    if (error)
        return error;
    error = check(directory->ext2, cached->bytes, within);
    if (!error)
        error = rename_within(directory->ext2, cached, name, length, node, &new_within);
    block_cache_put(cached);
    *done = !error;
    if (error)
        return error == ERROR_FULL ? OK : error;
    name_index_remove(&directory->index, hash, position);
    name_index_add(&directory->index, dentry_hash(name, length), position - within + new_within);
    note_change(directory);
    return OK;
}

enum error ext2_fill_directory(struct ext2_node *directory, const struct ext2_node *parent)
{
    struct cached_block *cached = NULL;
    enum error error = add_block(directory);
    if (!error)
        error = get_block(directory, 0, &cached);
    if (!error && !cached)
        error = ERROR_DEVICE;
    if (error)
        return error;
    uint32_t first = needed_by(1);
    put_entry(cached->bytes, ".", 1, first, directory);
    put_entry(cached->bytes + first, "..", 2, directory->ext2->block_size - first, parent);
    block_cache_put(cached);
    return OK;
}
