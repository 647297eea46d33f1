#include <fs/path.h>
#include <lib/string.h>

/* Puts text in front of *start. */
static enum error prepend(char *buffer, char **start, const char *text, size_t length)
{
    if ((size_t)(*start - buffer) < length)
        return ERROR_RANGE;
    *start -= length;
    memcpy(*start, text, length);
    return OK;
}

/* Writes the names from a root down to the place in front of *start. *reaches_root tells whether
 * that root is the context's. */
static enum error prepend_names(const struct fs_context *context, struct path place, char *buffer,
                                char **start, bool *reaches_root)
{
    for (;;) {
        place = path_outside_mounts(place, &context->root);
        *reaches_root = path_equals(&place, &context->root);
        const struct dentry *dentry = place.dentry;
        if (*reaches_root || dentry->parent == dentry ||
            (place.mount && dentry == place.mount->root))
            return OK;
        enum error error = prepend(buffer, start, dentry->name, dentry->name_length);
        if (!error)
            error = prepend(buffer, start, "/", 1);
        if (error)
            return error;
        place.dentry = dentry->parent;
    }
}

enum error path_name(const struct fs_context *context, const struct path *path, char *to,
                     size_t room)
{
    static const char deleted[] = " (deleted)", unreachable[] = "(unreachable)";
    const struct dentry *dentry = path->dentry;
    char *end = to + room, *start = end;
    bool reaches_root = false;
    if (dentry->parent == dentry && !path->mount && dentry != context->root.dentry)
        return string_copy(to, dentry->name, room) < room ? OK : ERROR_RANGE; /* it has no name */
    enum error error = prepend(to, &start, "", 1);
    if (!error && dentry->is_deleted)
        error = prepend(to, &start, deleted, sizeof(deleted) - 1);
    const char *before_names = start;
    if (!error)
        error = prepend_names(context, *path, to, &start, &reaches_root);
    if (!error && start == before_names)
        error = prepend(to, &start, "/", 1);
    if (!error && !reaches_root)
        error = prepend(to, &start, unreachable, sizeof(unreachable) - 1);
    if (!error)
        memmove(to, start, (size_t)(end - start));
    return error;
}

enum error dentry_path(const struct fs_context *context, struct dentry *dentry, char *to,
                       size_t room)
{
    const struct path path = {mount_showing(dentry), dentry};
    return path_name(context, &path, to, room);
}
