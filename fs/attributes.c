/*
 * Changes of a file's attributes, and the bits of its mode that a file loses when it is changed.
 */
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/path.h>

uint32_t inode_identity_lost(const struct inode *inode, const struct fs_context *context)
{
    enum { GROUP_MAY_RUN = 010 };
    bool is_trusted =
        fs_context_is_privileged(context) || fs_context_is_in_group(context, inode->gid);
    if (inode_is_directory(inode))
        return 0;
    /* If the group may not run the file, S_ISGID does not mean that the file runs for it. */
    return inode->mode & GROUP_MAY_RUN || !is_trusted ? S_ISUID | S_ISGID : S_ISUID;
}

/* Only user 0 gives a file to another user, or to a group to which the owner does not belong. */
static enum error check_attributes(const struct fs_context *context, const struct inode *inode,
                                   const struct inode_attributes *attributes)
{
    unsigned set = attributes->set;
    if (fs_context_is_privileged(context))
        return OK;
    if (set & ATTRIBUTE_UID && attributes->uid != inode->uid)
        return ERROR_NOT_PERMITTED;
    if (set & ATTRIBUTE_GID && attributes->gid != inode->gid &&
        !fs_context_is_in_group(context, attributes->gid))
        return ERROR_NOT_PERMITTED;
    return set && !fs_context_owns(context, inode) ? ERROR_NOT_PERMITTED : OK;
}

/* The attributes of a device are on the file system, too, unlike its content: so this is not
 * mount_check_writable(). */
static enum error check_read_only(const struct mount *mount, const struct inode *inode)
{
    bool is_read_only =
        inode->filesystem->is_read_only || (mount && mount->flags & MOUNT_READ_ONLY);
    return is_read_only ? ERROR_READ_ONLY : OK;
}

/* The event of inotify's that a change of attributes is: both times together are neither a read nor
 * a write. */
static unsigned event_of(unsigned set)
{
    enum { BOTH_TIMES = ATTRIBUTE_ACCESSED | ATTRIBUTE_MODIFIED };
    if (set & (ATTRIBUTE_MODE | ATTRIBUTE_UID | ATTRIBUTE_GID) || (set & BOTH_TIMES) == BOTH_TIMES)
        return NOTIFY_ATTRIBUTES;
    if (set & ATTRIBUTE_ACCESSED)
        return NOTIFY_ACCESS;
    return set & ATTRIBUTE_MODIFIED ? NOTIFY_MODIFY : 0;
}

enum error path_set_attributes(const struct fs_context *context, const struct path *path,
                               struct inode *inode, const struct inode_attributes *attributes)
{
    enum error error = check_read_only(path->mount, inode);
    if (!error)
        error = check_attributes(context, inode, attributes);
    if (error)
        return error;
    if (!inode->operations->set)
        return ERROR_NOT_PERMITTED;
    struct inode_attributes allowed = *attributes;
    if (!fs_context_is_privileged(context) && !fs_context_is_in_group(context, inode->gid))
        allowed.mode &= ~(uint32_t)S_ISGID; /* else it would run for that group */
    error = inode->operations->set(inode, &allowed);
    if (!error)
        notify_dentry(path->dentry, inode, event_of(attributes->set));
    return error;
}

enum error path_set_size(const struct fs_context *context, const struct path *path,
                         struct inode *inode, uint64_t size)
{
    enum error error = check_read_only(path->mount, inode);
    if (error)
        return error;
    if (inode->programs > 0)
        return ERROR_PROGRAM_BUSY;
    if (!inode->operations->set_size)
        return ERROR_NOT_PERMITTED;
    error = inode->operations->set_size(inode, size);
    if (error)
        return error;
    if (!fs_context_is_privileged(context))
        inode->mode &= ~inode_identity_lost(inode, context);
    notify_dentry(path->dentry, inode, NOTIFY_MODIFY);
    return OK;
}
