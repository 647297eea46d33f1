/*
 * procfs. Each lookup makes an inode and a dentry, which nobody keeps: so what they show is never
 * out of date, and nothing has to be taken back when a process ends. An inode's number tells what
 * it is, so it is the same each time.
 */
#include <assert.h>
#include <fs/mount.h>
#include <fs/proc_node.h>
#include <fs/procfs.h>
#include <fs/pseudo.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { MAGIC = 0x9fa0, NUMBER_TEXT = 12 };

static struct proc_node *node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct proc_node, inode);
}

/* --- Inodes ----------------------------------------------------------------------------------- */

static void release(struct vm_object *object)
{
    struct proc_node *node = CONTAINER_OF(object, struct proc_node, inode.object);
    kfree(node->target);
    inode_end(&node->inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {.release = release};
static const struct inode_operations directory_inode, file_inode, text_link_inode, link_inode;
static const struct file_operations directory_operations, file_operations;

/* A copy of `like` in a dentry of that name. The owner is the process's. */
static enum error make(struct filesystem *filesystem, struct dentry *parent, const char *name,
                       size_t length, const struct proc_node *like, struct dentry **made)
{
    struct proc_node *node = kzalloc(sizeof(*node));
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    *node = *like;
    inode_init(&node->inode, filesystem, &object_operations, proc_node_mode(node));
    node->inode.number = proc_node_number(node);
    node->inode.links = inode_is_directory(&node->inode) ? 2 : 1;
    bool is_file = inode_type(&node->inode) == S_IFREG;
    node->inode.operations = is_file                   ? &file_inode
                             : node->kind == PROC_SELF ? &text_link_inode
                                                       : &link_inode;
    node->inode.file_operations = &file_operations;
    if (inode_is_directory(&node->inode)) {
        node->inode.operations = &directory_inode;
        node->inode.file_operations = &directory_operations;
    }
    ASSERT(!node->process || proc_processes);
    if (node->process)
        proc_processes->owner(node->process, &node->inode.uid, &node->inode.gid);
    *made = dentry_create(parent, name, length, &node->inode);
    if (*made)
        return OK;
    inode_release(&node->inode);
    return ERROR_OUT_OF_FRAMES;
}

static enum error lookup(struct dentry *directory, const char *name, size_t length,
                         struct dentry **found)
{
    struct proc_node like;
    if (!proc_find(node_of(directory->inode), name, length, &like))
        return ERROR_NO_ENTRY;
    return make(directory->inode->filesystem, directory, name, length, &like, found);
}

static const struct inode_operations directory_inode = {.lookup = lookup};

static enum error list(struct file *file, struct entry_sink *sink)
{
    return proc_list(node_of(file->inode), file, sink);
}

/* Some files show what a debugger would see, and so only to the process's user, whatever their
 * modes say (Linux: fs/proc/base.c:proc_mem_open). */
static enum error open(struct file *file)
{
    const struct fs_context *context = fs_context_current();
    bool may = !proc_node_is_private(node_of(file->inode)) || !context ||
               fs_context_owns(context, file->inode);
    return may ? OK : ERROR_ACCESS;
}

static const struct file_operations directory_operations = {
    .has_position = true, .open = open, .list = list};

/* --- Content ---------------------------------------------------------------------------------- */

static enum error write_content(struct inode *inode, struct text *text)
{
    const struct proc_node *node = node_of(inode);
    return node->entry ? node->entry->write(text, node->process)
                       : proc_describe_descriptor(text, node->process, node->fd);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    return pseudo_read(file, buffer, position, write_content);
}

static enum error write(struct file *file, struct buffer *buffer, uint64_t *position)
{
    enum { TEXT_MAX = 32 };
    const struct proc_node *node = node_of(file->inode);
    char text[TEXT_MAX + 1];
    size_t size = buffer->left;
    if (!node->entry || !node->entry->store)
        return ERROR_DEVICE; /* as Linux says it */
    if (size > TEXT_MAX)
        return ERROR_INVALID;
    enum error error = buffer_get(buffer, text, size);
    if (error)
        return error;
    size_t length = size > 0 && text[size - 1] == '\n' ? size - 1 : size;
    text[length] = '\0';
    error = node->entry->store(text, node->process);
    if (error)
        buffer->left += size; /* nothing of it was taken */
    else
        *position += size;
    return error;
}

static const struct file_operations file_operations = {
    .has_position = true, .open = open, .read = read, .write = write, .close = pseudo_close};

/* --- Links ------------------------------------------------------------------------------------ */

/* A dentry for a file without a name. NULL when memory is out. */
static struct dentry *make_name(const struct file *file)
{
    char name[32];
    file_unnamed_name(file, name, sizeof(name));
    struct dentry *dentry = dentry_create(NULL, name, strlen(name), file->inode);
    if (dentry)
        inode_reference(file->inode);
    return dentry;
}

/* What a descriptor's link leads to. */
static enum error follow_descriptor(const struct proc_node *node, struct path *target)
{
    struct file *file;
    enum error error = proc_get_file(node->process, node->fd, &file);
    if (error)
        return error;
    *target = (struct path){file->mount, file->dentry};
    if (target->dentry)
        path_reference(target);
    else
        target->dentry = make_name(file);
    file_release(file);
    return target->dentry ? OK : ERROR_OUT_OF_FRAMES;
}

static enum error follow_context(const struct proc_node *node, struct path *target)
{
    struct fs_context *context;
    enum error error = proc_processes->context(node->process, &context);
    if (error)
        return error;
    *target = node->kind == PROC_WORKING_DIRECTORY ? context->directory : context->root;
    path_reference(target);
    fs_context_release(context);
    return OK;
}

static enum error follow(struct inode *inode, struct path *target)
{
    const struct proc_node *node = node_of(inode);
    if (node->kind == PROC_PROGRAM)
        return proc_processes->program(node->process, target);
    return node->kind == PROC_DESCRIPTOR ? follow_descriptor(node, target)
                                         : follow_context(node, target);
}

/* Keeps the text of a link; one that was asked for before is out of date. */
static enum error keep_target(struct proc_node *node, char *text, const char **target)
{
    kfree(node->target);
    node->target = text;
    *target = text;
    return text ? OK : ERROR_OUT_OF_FRAMES;
}

static enum error read_link(struct inode *inode, const char **target)
{
    struct path target_path;
    enum error error = follow(inode, &target_path);
    if (error)
        return error;
    const struct fs_context everything = {.root = mount_root_path()};
    char *text = kmalloc(PATH_MAX);
    if (text)
        error = path_name(&everything, &target_path, text, PATH_MAX);
    path_release(&target_path);
    if (!error)
        return keep_target(node_of(inode), text, target);
    kfree(text);
    return error;
}

static enum error read_self(struct inode *inode, const char **target)
{
    char *text = kmalloc(NUMBER_TEXT);
    if (text)
        snprintf(text, NUMBER_TEXT, "%d", proc_processes->current());
    return keep_target(node_of(inode), text, target);
}

static const struct inode_operations text_link_inode = {.read_link = read_self};
static const struct inode_operations link_inode = {.read_link = read_link, .follow = follow};

/* --- The file system -------------------------------------------------------------------------- */

static enum error make_root(struct filesystem *filesystem, struct dentry **root)
{
    const struct proc_node like = {.kind = PROC_ROOT};
    return make(filesystem, NULL, "/", 1, &like, root);
}

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    (void)arguments;
    return pseudo_mount(&procfs_type, make_root, filesystem);
}

struct filesystem_type procfs_type = {.name = "proc",
                                      .magic = MAGIC,
                                      .has_fixed_names = true,
                                      .is_single = true,
                                      .mount = mount,
                                      .unmount = pseudo_unmount,
                                      .free = pseudo_free};

int proc_process_of(struct inode *inode)
{
    if (inode->filesystem->type != &procfs_type)
        return 0;
    const struct proc_node *node = CONTAINER_OF(inode, struct proc_node, inode);
    return node->kind == PROC_PROCESS ? node->process : 0;
}
