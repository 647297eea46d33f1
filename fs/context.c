#include <assert.h>
#include <fs/path.h>
#include <mm/heap.h>

enum { FIRST_UMASK = 022 };

static const struct fs_context *no_context(void)
{
    return NULL;
}

const struct fs_context *(*fs_context_current)(void) = no_context;

static struct fs_context *create(const struct fs_context *values)
{
    struct fs_context *context = kmalloc(sizeof(*context));
    if (!context)
        return NULL;
    *context = *values;
    context->references = 1;
    path_reference(&context->root);
    path_reference(&context->directory);
    group_list_reference(context->groups);
    return context;
}

enum error fs_context_create(struct fs_context **context)
{
    const struct path root = mount_root_path();
    ASSERT(root.mount);
    *context = create(&(struct fs_context){.root = root, .directory = root, .umask = FIRST_UMASK});
    return *context ? OK : ERROR_OUT_OF_FRAMES;
}

enum error fs_context_copy(const struct fs_context *from, struct fs_context **copy)
{
    *copy = create(from);
    return *copy ? OK : ERROR_OUT_OF_FRAMES;
}

void fs_context_reference(struct fs_context *context)
{
    ASSERT(context->references > 0);
    context->references++;
}

void fs_context_release(struct fs_context *context)
{
    ASSERT(context->references > 0);
    if (--context->references > 0)
        return;
    path_release(&context->root);
    path_release(&context->directory);
    group_list_release(context->groups);
    kfree(context);
}

void fs_context_set_groups(struct fs_context *context, struct group_list *groups)
{
    group_list_release(context->groups);
    context->groups = groups;
}

static enum error set(const struct fs_context *context, struct path *place,
                      const struct path *directory)
{
    const struct inode *inode = directory->dentry->inode;
    if (!inode_is_directory(inode))
        return ERROR_NOT_DIRECTORY;
    enum error error = inode_check_access(context, inode, MAY_EXECUTE);
    if (error)
        return error;
    const struct path old = *place;
    path_reference(directory);
    *place = *directory;
    path_release(&old);
    return OK;
}

enum error fs_context_set_directory(struct fs_context *context, const struct path *directory)
{
    return set(context, &context->directory, directory);
}

enum error fs_context_set_root(struct fs_context *context, const struct path *root)
{
    return set(context, &context->root, root);
}
