/*
 * A name is walked component by component. A symbolic link's text is walked in place of the link:
 * what comes after the link waits on a small stack until the text is over.
 *
 * Locks: tmpfs and procfs read and change names without a wait, and kernel code is not preempted,
 * so names have no lock. The content of a file has the inode's mutex. The position of an open file
 * has the file's mutex, which is locked before the inode's.
 */
#include <assert.h>
#include <fs/filesystem.h>
#include <fs/walk.h>
#include <lib/string.h>

/* Makes `directory` what the walk has come to, and takes over the reference. */
static void go_to(struct walk *walk, struct dentry *directory)
{
    dentry_release(walk->directory);
    walk->directory = directory;
}

static void go_to_referenced(struct walk *walk, struct dentry *directory)
{
    dentry_reference(directory);
    go_to(walk, directory);
}

/* Sets what is to be walked next. */
static void set_text(struct walk *walk, const char *text)
{
    if (*text == '/')
        go_to_referenced(walk, walk->context->root);
    while (*text == '/')
        text++;
    walk->rest = text;
}

enum error walk_begin(struct walk *walk, const struct fs_context *context, struct dentry *start,
                      const char *name)
{
    walk->context = context;
    walk->directory = start ? start : context->directory;
    walk->slash_after = walk->wants_directory = false;
    walk->depth = walk->links = 0;
    dentry_reference(walk->directory);
    if (!*name)
        return ERROR_NO_ENTRY;
    set_text(walk, name);
    return OK;
}

void walk_end(struct walk *walk)
{
    dentry_release(walk->directory);
    while (walk->links > 0)
        inode_release(walk->held[--walk->links]);
}

/* Cuts the next component off the rest. */
static enum error cut_component(struct walk *walk)
{
    const char *name = walk->rest, *end = name;
    uint32_t hash = DENTRY_HASH_START;
    for (; *end != '\0' && *end != '/'; end++)
        hash = dentry_hash_step(hash, *end);
    walk->name = name;
    walk->length = (size_t)(end - name);
    walk->hash = hash;
    walk->slash_after = *end == '/';
    while (*end == '/')
        end++;
    while (!*end && walk->depth > 0)
        end = walk->rests[--walk->depth];
    walk->rest = end;
    walk->kind = COMPONENT_NAME;
    if (walk->length > NAME_MAX)
        return ERROR_TOO_LONG;
    if (*name == '.' && walk->length == 1)
        walk->kind = COMPONENT_DOT;
    else if (*name == '.' && walk->length == 2 && name[1] == '.')
        walk->kind = COMPONENT_DOT_DOT;
    return OK;
}

/* Sets the next component, and checks that the directory can be searched for it. */
static enum error next_component(struct walk *walk)
{
    if (!*walk->rest) {
        walk->kind = COMPONENT_NONE;
        return OK;
    }
    const struct inode *inode = walk->directory->inode;
    if (!inode_is_directory(inode))
        return ERROR_NOT_DIRECTORY;
    enum error error = inode_check_access(walk->context, inode, MAY_EXECUTE);
    return error ? error : cut_component(walk);
}

/* The directory above, also above the root of what is mounted; the context's root is its own. */
static struct dentry *parent_of(const struct walk *walk)
{
    struct dentry *dentry = walk->directory;
    while (dentry != walk->context->root && dentry->covers)
        dentry = dentry->covers;
    return dentry == walk->context->root ? dentry : dentry_top(dentry->parent);
}

enum error walk_look_up(const struct walk *walk, struct dentry **found)
{
    struct dentry *directory = walk->directory;
    ASSERT(walk->kind == COMPONENT_NAME);
    *found = dentry_find(directory, walk->name, walk->length, walk->hash);
    if (*found) {
        dentry_reference(*found);
        return OK;
    }
    if (!directory->inode->operations->lookup)
        return ERROR_NO_ENTRY;
    return directory->inode->operations->lookup(directory, walk->name, walk->length, found);
}

/* A link that leads to a file whatever its name: the walk has come there. */
static enum error jump(struct walk *walk, struct inode *link)
{
    struct dentry *target;
    enum error error = link_check_access(walk->context, link);
    if (error)
        return error;
    error = link->operations->follow(link, &target);
    if (!error)
        go_to(walk, target);
    return error;
}

enum error walk_follow(struct walk *walk, const struct dentry *link)
{
    struct inode *inode = link->inode;
    const char *target;
    if (walk->links == LINKS_MAX)
        return ERROR_LOOP;
    walk->wants_directory |= walk->slash_after && !*walk->rest;
    walk->slash_after = false;
    walk->held[walk->links++] = inode;
    inode_reference(inode);
    if (inode->operations->follow)
        return jump(walk, inode);
    enum error error = inode->operations->read_link(inode, &target);
    if (error)
        return error;
    if (!*target)
        return ERROR_NO_ENTRY;
    if (*walk->rest)
        walk->rests[walk->depth++] = walk->rest;
    set_text(walk, target);
    if (!*walk->rest && walk->depth > 0) /* the text was "/" */
        walk->rest = walk->rests[--walk->depth];
    return OK;
}

/* Goes along a component that is not the last one. */
static enum error step(struct walk *walk)
{
    struct dentry *found;
    if (walk->kind == COMPONENT_DOT)
        return OK;
    if (walk->kind == COMPONENT_DOT_DOT) {
        go_to_referenced(walk, parent_of(walk));
        return OK;
    }
    enum error error = walk_look_up(walk, &found);
    if (error)
        return error;
    if (inode_type(found->inode) == S_IFLNK) {
        error = walk_follow(walk, found);
        dentry_release(found);
        return error;
    }
    if (found->covered_by) {
        go_to_referenced(walk, dentry_top(found));
        dentry_release(found);
    } else {
        go_to(walk, found);
    }
    return OK;
}

enum error walk_to_last(struct walk *walk)
{
    for (;;) {
        enum error error = next_component(walk);
        if (error || !*walk->rest)
            return error;
        error = step(walk);
        if (error)
            return error;
    }
}

/* What the last component leads to, with what is mounted there; *found is referenced. */
static enum error arrive(struct walk *walk, struct dentry **found)
{
    if (walk->kind == COMPONENT_NAME) {
        enum error error = walk_look_up(walk, found);
        if (error || !(*found)->covered_by)
            return error;
        struct dentry *covered = *found;
        *found = dentry_top(covered);
        dentry_reference(*found);
        dentry_release(covered);
        return OK;
    }
    *found = walk->kind == COMPONENT_DOT_DOT ? parent_of(walk) : walk->directory;
    dentry_reference(*found);
    return OK;
}

/* Finds what the name leads to, in a walk that has begun. */
static enum error walk_whole(struct walk *walk, unsigned flags, struct dentry **found)
{
    for (;;) {
        enum error error = walk_to_last(walk);
        if (!error)
            error = arrive(walk, found);
        if (error)
            return error;
        bool follow = flags & WALK_FOLLOW || walk_wants_directory(walk);
        if (inode_type((*found)->inode) == S_IFLNK && follow) {
            error = walk_follow(walk, *found);
            dentry_release(*found);
            if (error)
                return error;
            continue;
        }
        if ((flags & WALK_DIRECTORY || walk_wants_directory(walk)) &&
            !inode_is_directory((*found)->inode)) {
            dentry_release(*found);
            return ERROR_NOT_DIRECTORY;
        }
        return OK;
    }
}

enum error path_walk(struct fs_context *context, struct dentry *start, const char *name,
                     unsigned flags, struct dentry **found)
{
    struct walk walk;
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = walk_whole(&walk, flags, found);
    walk_end(&walk);
    return error;
}

enum error inode_check_access(const struct fs_context *context, const struct inode *inode,
                              unsigned may)
{
    uint32_t type = inode_type(inode);
    if (may & MAY_WRITE && inode->filesystem->is_read_only &&
        (type == S_IFREG || type == S_IFDIR || type == S_IFLNK))
        return ERROR_READ_ONLY;
    uint32_t mode = inode->mode;
    if (context->uid == 0) {
        bool can_execute = inode_is_directory(inode) || mode & 0111;
        return may & MAY_EXECUTE && !can_execute ? ERROR_ACCESS : OK;
    }
    if (context->uid == inode->uid)
        mode >>= 6;
    else if (fs_context_is_in_group(context, inode->gid))
        mode >>= 3;
    return may & ~mode ? ERROR_ACCESS : OK;
}

enum error link_check_access(const struct fs_context *context, const struct inode *link)
{
    bool may = !link->operations->follow || context->uid == 0 || context->uid == link->uid;
    return may ? OK : ERROR_ACCESS;
}
