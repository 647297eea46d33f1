/*
 * A name is walked component by component. A symbolic link's text is walked in place of the link.
 * The rest of the name behind the link is on a small stack meanwhile.
 */
#include <assert.h>
#include <fs/mount.h>
#include <fs/walk.h>
#include <lib/string.h>

/* Moves the walk to a directory of the same mount, and takes over the reference. */
static void go_to(struct walk *walk, struct dentry *directory)
{
    dentry_release(walk->directory);
    walk->directory = directory;
}

/* Moves the walk to a place, and takes over its references. */
static void go_to_path(struct walk *walk, const struct path *path)
{
    const struct path old = {walk->mount, walk->directory};
    walk->mount = path->mount;
    walk->directory = path->dentry;
    path_release(&old);
}

/* Sets the text that is walked next. */
static void set_text(struct walk *walk, const char *text)
{
    if (*text == '/') {
        path_reference(&walk->context->root);
        go_to_path(walk, &walk->context->root);
    }
    while (*text == '/')
        text++;
    walk->rest = text;
}

enum error walk_begin(struct walk *walk, const struct fs_context *context, const struct path *start,
                      const char *name)
{
    walk->context = context;
    const struct path *place = start ? start : &context->directory;
    walk->mount = place->mount;
    walk->directory = place->dentry;
    walk->slash_after = walk->wants_directory = false;
    walk->depth = walk->links = 0;
    path_reference(place);
    walk->locked = NULL;
    if (!*name)
        return ERROR_NO_ENTRY;
    set_text(walk, name);
    return OK;
}

void walk_lock(struct walk *walk)
{
    struct filesystem *filesystem = walk->directory->inode->filesystem;
    ASSERT(!walk->locked);
    if (filesystem_lock_names(filesystem))
        walk->locked = filesystem;
}

void walk_unlock(struct walk *walk)
{
    if (walk->locked)
        filesystem_unlock_names(walk->locked, true);
    walk->locked = NULL;
}

void walk_end(struct walk *walk)
{
    walk_unlock(walk);
    dentry_release(walk->directory);
    mount_release(walk->mount);
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

/* The place above, referenced, also above the root of what is mounted; the context's root is its
 * own. */
static struct path parent_of(const struct walk *walk)
{
    const struct path here = {walk->mount, walk->directory};
    struct path place = path_outside_mounts(here, &walk->context->root);
    bool is_top = path_equals(&place, &walk->context->root) ||
                  (place.mount && place.dentry == place.mount->root);
    if (!is_top)
        place.dentry = place.dentry->parent;
    path_reference(&place);
    if (!is_top)
        path_enter_mounts(&place);
    return place;
}

/* Asks the file system, unless another thread has done so while this one waited for the lock. */
static enum error look_up(const struct walk *walk, struct dentry **found)
{
    struct dentry *directory = walk->directory;
    *found = dentry_find(directory, walk->name, walk->length, walk->hash);
    if (!*found)
        return directory->inode->operations->lookup(directory, walk->name, walk->length, found);
    dentry_reference(*found);
    return OK;
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
    bool locked = filesystem_lock_names(directory->inode->filesystem);
    enum error error = look_up(walk, found);
    filesystem_unlock_names(directory->inode->filesystem, locked);
    return error;
}

/* Follows a link that leads to a file, not to a name: the walk goes to the file's place. */
static enum error jump(struct walk *walk, struct inode *link)
{
    struct path target;
    enum error error = link_check_access(walk->context, link);
    if (error)
        return error;
    error = link->operations->follow(link, &target);
    if (!error)
        go_to_path(walk, &target);
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
    ASSERT(walk->depth < walk->links); /* so there is room: each link brings one rest at most */
    if (*walk->rest)
        walk->rests[walk->depth++] = walk->rest;
    set_text(walk, target);
    if (!*walk->rest && walk->depth > 0) /* the text was "/" */
        walk->rest = walk->rests[--walk->depth];
    return OK;
}

static void enter_mounts(struct walk *walk)
{
    struct path place = {walk->mount, walk->directory};
    path_enter_mounts(&place);
    walk->mount = place.mount;
    walk->directory = place.dentry;
}

/* Goes along a component that is not the last one. */
static enum error step(struct walk *walk)
{
    struct dentry *found;
    if (walk->kind == COMPONENT_DOT)
        return OK;
    if (walk->kind == COMPONENT_DOT_DOT) {
        const struct path parent = parent_of(walk);
        go_to_path(walk, &parent);
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
    go_to(walk, found);
    if (found->mounts > 0)
        enter_mounts(walk);
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

/* Finds the place to which the last component leads, in the mount that covers it if there is one.
 * *found is referenced. */
static enum error arrive(struct walk *walk, struct path *found)
{
    if (walk->kind == COMPONENT_DOT_DOT) {
        *found = parent_of(walk);
        return OK;
    }
    *found = (struct path){walk->mount, walk->directory};
    if (walk->kind != COMPONENT_NAME) {
        path_reference(found);
        return OK;
    }
    enum error error = walk_look_up(walk, &found->dentry);
    if (error)
        return error;
    mount_reference(found->mount);
    path_enter_mounts(found);
    return OK;
}

/* Finds what the name leads to, in a walk that has begun. */
static enum error walk_whole(struct walk *walk, unsigned flags, struct path *found)
{
    for (;;) {
        enum error error = walk_to_last(walk);
        if (!error)
            error = arrive(walk, found);
        if (error)
            return error;
        const struct inode *inode = found->dentry->inode;
        bool follow = flags & WALK_FOLLOW || walk_wants_directory(walk);
        if (inode_type(inode) == S_IFLNK && follow) {
            error = walk_follow(walk, found->dentry);
            path_release(found);
            if (error)
                return error;
            continue;
        }
        if ((flags & WALK_DIRECTORY || walk_wants_directory(walk)) && !inode_is_directory(inode)) {
            path_release(found);
            return ERROR_NOT_DIRECTORY;
        }
        return OK;
    }
}

enum error path_find(struct fs_context *context, const struct path *start, const char *name,
                     unsigned flags, struct path *found)
{
    struct walk walk;
    enum error error = walk_begin(&walk, context, start, name);
    if (!error)
        error = walk_whole(&walk, flags, found);
    walk_end(&walk);
    return error;
}

enum error path_walk(struct fs_context *context, const struct path *start, const char *name,
                     unsigned flags, struct dentry **found)
{
    struct path path;
    enum error error = path_find(context, start, name, flags, &path);
    if (error)
        return error;
    *found = path.dentry;
    mount_release(path.mount);
    return OK;
}

enum error inode_check_access(const struct fs_context *context, const struct inode *inode,
                              unsigned may)
{
    if (may & MAY_WRITE && mount_check_writable(NULL, inode) != OK)
        return ERROR_READ_ONLY;
    uint32_t mode = inode->mode;
    if (fs_context_is_privileged(context)) {
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
    return link->operations->follow && !fs_context_owns(context, link) ? ERROR_ACCESS : OK;
}

enum error directory_check_change(const struct fs_context *context, const struct dentry *directory)
{
    return inode_check_access(context, directory->inode, MAY_WRITE | MAY_EXECUTE);
}
