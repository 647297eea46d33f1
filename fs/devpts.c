/*
 * A tmpfs. There is one, however often it is mounted. Programs cannot add or remove names in it.
 */
#include <fs/devpts.h>
#include <fs/tmpfs.h>
#include <lib/format.h>

static struct filesystem *devpts;
static const struct inode_operations *change;            /* tmpfs's operations on names */
static const struct inode_operations operations_on_root; /* has none */

enum { NO_CONTENT = 0 };

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    (void)arguments;
    if (!devpts) {
        enum error error = tmpfs_create(&devpts_type, NO_CONTENT, &devpts);
        if (error)
            return error;
        change = devpts->root->inode->operations;
        devpts->root->inode->operations = &operations_on_root;
    }
    *filesystem = devpts;
    return OK;
}

struct filesystem_type devpts_type = {
    .name = "devpts", .mount = mount, .statistics = tmpfs_statistics};

enum error devpts_add(unsigned index, uint32_t device, uint32_t uid, struct dentry **entry)
{
    char name[8];
    int length = snprintf(name, sizeof(name), "%u", index);
    if (!devpts)
        return ERROR_NO_DEVICE;
    struct dentry *new = dentry_create(devpts->root, name, (size_t)length, NULL);
    if (!new)
        return ERROR_OUT_OF_FRAMES;
    enum error error = change->create(new, S_IFCHR | 0620, device);
    if (error) {
        dentry_release(new);
        return error;
    }
    new->inode->uid = uid;
    *entry = new;
    return OK;
}

void devpts_remove(struct dentry *entry)
{
    (void)change->remove(entry); /* which cannot fail for a node */
    dentry_release(entry);
}
