#include <fs/dentry.h>
#include <fs/memory_file.h>
#include <fs/tmpfs_node.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/frames.h>

/* The tmpfs of all these files. It is mounted nowhere. */
static enum error get_filesystem(struct filesystem **result)
{
    static struct filesystem *filesystem;
    struct frames_stats frames;
    frames_stats(&frames);
    enum error error = filesystem ? OK : tmpfs_create(&tmpfs_type, frames.total, &filesystem);
    *result = filesystem;
    return error;
}

enum error memory_file_create(const char *name, bool may_be_sealed, struct file **file)
{
    enum { NAME_SHOWN = 230 };
    char shown[NAME_MAX + 1];
    struct filesystem *filesystem;
    int length = snprintf(shown, sizeof(shown), "/memfd:%.*s (deleted)", NAME_SHOWN, name);
    enum error error = get_filesystem(&filesystem);
    if (error)
        return error;
    struct inode *inode = tmpfs_make_file(filesystem, 0777);
    struct dentry *dentry = inode ? dentry_create(NULL, shown, (size_t)length, inode) : NULL;
    if (!dentry) {
        if (inode)
            inode_release(inode);
        return ERROR_OUT_OF_FRAMES;
    }
    if (may_be_sealed)
        tmpfs_node_of(inode)->seals = 0;
    error = file_create(inode->file_operations, inode, dentry, O_RDWR, file);
    dentry_release(dentry);
    return error;
}
