/*
 * Names that only the disk has. What commit.c writes in which order needs three kinds of them:
 *
 *   - A name that is removed goes from the directory's index at once, but stays in its block, and
 *     so on the disk, until the disk has forgotten the file to which it leads.
 *   - A name that a rename gives to another file leads to the new file for lookups, but to the old
 *     one in its block, until the disk has the new file.
 *   - The old file of such a rename has a hidden name, "#" and its number, until the disk has
 *     forgotten it: it may have no other one any more.
 *
 * A name that only the disk has may be needed again in its directory. If its file may be lost
 * before anything else is written, its entry is used for the new file. Else a commit comes first.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/ext2/ext2.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

static struct ext2_removal *removal_at(struct list_node *node)
{
    return CONTAINER_OF(node, struct ext2_removal, link);
}

void ext2_note_removal(struct ext2_removal *removal, struct ext2_node *directory, uint64_t position,
                       uint32_t hash, struct ext2_node *node)
{
    ASSERT(node != directory);
    *removal = (struct ext2_removal){
        .directory = directory, .position = position, .hash = hash, .node = node};
    list_node_init(&removal->in_directory);
    if (directory) {
        inode_reference(&directory->inode);
        directory->removals_below++;
    }
    inode_reference(&node->inode);
    node->removals++;
    list_push_back(&node->ext2->removed, &removal->link);
}

void ext2_note_replacement(struct ext2_removal *removal, struct ext2_node *directory,
                           uint64_t position, uint32_t hash, struct ext2_node *node,
                           struct ext2_node *replacement)
{
    ext2_note_removal(removal, directory, position, hash, node);
    ext2_replace_again(removal, replacement);
    node->was_replaced = true;
}

void ext2_replace_again(struct ext2_removal *removal, struct ext2_node *replacement)
{
    ASSERT(removal->directory);
    if (removal->replacement)
        inode_release(&removal->replacement->inode);
    list_remove(&removal->in_directory);
    removal->replacement = replacement;
    if (replacement) {
        inode_reference(&replacement->inode);
        list_push_back(&removal->directory->replaced, &removal->in_directory);
    }
}

static void forget_directory(struct ext2_removal *removal)
{
    struct ext2_node *directory = removal->directory;
    if (!directory)
        return;
    ext2_replace_again(removal, NULL);
    ASSERT(directory->removals_below > 0);
    directory->removals_below--;
    directory->is_waiting = false;
    removal->directory = NULL;
    inode_release(&directory->inode);
}

/* The disk does not have the name any more, and so one link less. */
static void end_removal(struct ext2_removal *removal)
{
    struct ext2_node *node = removal->node;
    ASSERT(node->removals > 0);
    node->removals--;
    node->was_replaced &= node->removals > 0;
    if (node->inode.links)
        ext2_mark_dirty(node);
    forget_directory(removal);
    inode_release(&node->inode);
    list_remove(&removal->link);
    kfree(removal);
}

/* --- Names that are needed again -------------------------------------------------------------- */

static enum error has_name(const struct ext2_removal *removal, const char *name, size_t length,
                           bool *has)
{
    struct ext2_entry_copy entry;
    enum error error = ext2_read_entry(removal->directory, removal->position, &entry);
    *has = !error && entry.name_length == length && memcmp(entry.name, name, length) == 0;
    return error;
}

/* The removed name of the directory; NULL: there is none. */
static enum error find_removed(const struct ext2_node *directory, const char *name, size_t length,
                               struct ext2_removal **found)
{
    uint32_t hash = dentry_hash(name, length);
    *found = NULL;
    if (!directory->removals_below)
        return OK;
    list_for_each(link, &directory->ext2->removed) {
        struct ext2_removal *removal = removal_at(link);
        bool has;
        if (removal->directory != directory || removal->hash != hash || removal->replacement)
            continue;
        enum error error = has_name(removal, name, length, &has);
        if (error)
            return error;
        if (has) {
            *found = removal;
            return OK;
        }
    }
    return OK;
}

bool ext2_may_die_first(const struct ext2_node *node)
{
    return !node->inode.links && !node->was_replaced && !node->removals_below;
}

enum error ext2_reuse_removed(struct ext2_node *directory, const char *name, size_t length,
                              struct ext2_node *node, bool *done)
{
    struct ext2_removal *removal = NULL;
    enum error error = name_index_reserve(&directory->index);
    if (!error)
        error = find_removed(directory, name, length, &removal);
    *done = false;
    if (error || !removal)
        return error;
    bool is_same = removal->node == node;
    if (!is_same && !ext2_may_die_first(removal->node))
        return directory->ext2->kinds->make_room(directory->ext2);
    if (!is_same)
        error = ext2_change_entry(directory, removal->position, node);
    if (error)
        return error;
    name_index_add(&directory->index, removal->hash, removal->position);
    *done = true;
    if (is_same) {
        end_removal(removal);
        return OK;
    }
    removal->node->dies_first = true;
    ext2_mark_dirty(removal->node);
    forget_directory(removal);
    return OK;
}

enum error ext2_keep_until_replaced(struct ext2_node *node, struct ext2_node *directory)
{
    char name[16];
    struct ext2_entry_copy copy;
    struct ext2_removal *removal = NULL;
    uint64_t position = 0;
    size_t length = (size_t)snprintf(name, sizeof(name), "#%u", (unsigned)node->inode.number);
    enum error error = ext2_find_entry(directory, name, length, &position, &copy);
    if (error != ERROR_NO_ENTRY)
        return error;
    error = find_removed(directory, name, length, &removal);
    if (error || removal)
        return error;
    removal = kzalloc(sizeof(*removal));
    if (!removal)
        return ERROR_OUT_OF_FRAMES;
    error = ext2_add_hidden_entry(directory, name, length, node, &position);
    if (error)
        kfree(removal);
    if (!error)
        ext2_note_removal(removal, directory, position, dentry_hash(name, length), node);
    return error == ERROR_FULL ? OK : error;
}

/* --- In commits ------------------------------------------------------------------------------- */

enum error ext2_replace_names(struct ext2 *ext2)
{
    list_for_each(link, &ext2->removed) {
        struct ext2_removal *removal = removal_at(link);
        if (!removal->replacement)
            continue;
        enum error error =
            ext2_point_entry(removal->directory, removal->position, removal->replacement);
        if (error)
            return error;
        forget_directory(removal);
    }
    return OK;
}

/* A directory that the disk has forgotten keeps its names. */
enum error ext2_remove_names(struct ext2 *ext2)
{
    list_for_each(link, &ext2->removed) {
        struct ext2_removal *removal = removal_at(link);
        enum error error = OK;
        if (removal->directory && removal->directory->inode.links)
            error = ext2_clear_entry(removal->directory, removal->position);
        if (error)
            return error;
        forget_directory(removal);
    }
    return OK;
}

void ext2_forget_removals(struct ext2 *ext2)
{
    struct list_node *link;
    while ((link = list_first(&ext2->removed)))
        end_removal(removal_at(link));
}
