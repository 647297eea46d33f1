#include <fs/anonymous.h>
#include <fs/filesystem.h>
#include <mm/heap.h>

static struct filesystem_type type = {.name = "anon_inodefs"};
static struct filesystem filesystem;
static struct inode *shared; /* referenced for ever, once there is one */

static const struct inode_operations inode_operations;
static const struct vm_object_operations object_operations;

/* Its mode has no type, as on Linux. */
static struct inode *make_inode(void)
{
    struct inode *inode = kzalloc(sizeof(*inode));
    if (!inode)
        return NULL;
    filesystem_init(&filesystem, &type);
    inode_init(inode, &filesystem, &object_operations, 0600);
    inode->operations = &inode_operations;
    inode->links = 1;
    return inode;
}

enum error anonymous_file_create(const struct file_operations *operations, void *data,
                                 unsigned flags, struct file **file)
{
    if (!shared)
        shared = make_inode();
    if (!shared)
        return ERROR_OUT_OF_FRAMES;
    enum error error = file_create(operations, shared, NULL, flags, file);
    if (!error)
        (*file)->data = data;
    return error;
}

enum error anonymous_seek(struct file *file, int64_t offset, int whence, uint64_t *position)
{
    (void)file, (void)offset, (void)whence;
    *position = 0;
    return OK;
}
