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

/* Writes the names from the root down to `dentry` in front of *start. *reaches_root: the context's.
 */
static enum error prepend_names(const struct fs_context *context, const struct dentry *dentry,
                                char *buffer, char **start, bool *reaches_root)
{
    for (;;) {
        while (dentry != context->root && dentry->covers)
            dentry = dentry->covers;
        *reaches_root = dentry == context->root;
        if (*reaches_root || dentry->parent == dentry)
            return OK;
        enum error error = prepend(buffer, start, dentry->name, dentry->name_length);
        if (!error)
            error = prepend(buffer, start, "/", 1);
        if (error)
            return error;
        dentry = dentry->parent;
    }
}

enum error dentry_path(const struct fs_context *context, const struct dentry *dentry, char *to,
                       size_t room)
{
    static const char deleted[] = " (deleted)", unreachable[] = "(unreachable)";
    char *end = to + room, *start = end;
    bool reaches_root = false;
    if (dentry->parent == dentry && !dentry->covers && dentry != context->root) /* has no name */
        return string_copy(to, dentry->name, room) < room ? OK : ERROR_RANGE;
    enum error error = prepend(to, &start, "", 1);
    if (!error && dentry->is_deleted)
        error = prepend(to, &start, deleted, sizeof(deleted) - 1);
    const char *before_names = start;
    if (!error)
        error = prepend_names(context, dentry, to, &start, &reaches_root);
    if (!error && start == before_names)
        error = prepend(to, &start, "/", 1);
    if (!error && !reaches_root)
        error = prepend(to, &start, unreachable, sizeof(unreachable) - 1);
    if (!error)
        memmove(to, start, (size_t)(end - start));
    return error;
}
