/*
 * Changes of a file's attributes, and what a change of a file takes from it.
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
    bool of_owner = set & ~(unsigned)ATTRIBUTE_SIZE;
    return of_owner && !fs_context_owns(context, inode) ? ERROR_NOT_PERMITTED : OK;
}

/* Attributes are on the file system whatever the file's type is. */
static enum error check_read_only(const struct mount *mount, const struct inode *inode)
{
    bool is_read_only =
        inode->filesystem->is_read_only || (mount && mount->flags & MOUNT_READ_ONLY);
    return is_read_only ? ERROR_READ_ONLY : OK;
}

/* What of inotify's events a change of attributes is: that both times are set is no access. */
static unsigned event_of(unsigned set)
{
    enum { BOTH_TIMES = ATTRIBUTE_ACCESSED | ATTRIBUTE_MODIFIED };
    unsigned event = set & ATTRIBUTE_SIZE ? NOTIFY_MODIFY : 0;
    if (set & (ATTRIBUTE_MODE | ATTRIBUTE_UID | ATTRIBUTE_GID) || (set & BOTH_TIMES) == BOTH_TIMES)
        event |= NOTIFY_ATTRIBUTES;
    else if (set & ATTRIBUTE_ACCESSED)
        event |= NOTIFY_ACCESS;
    else if (set & ATTRIBUTE_MODIFIED)
        event |= NOTIFY_MODIFY;
    return event;
}

enum error path_set_attributes(const struct fs_context *context, const struct path *path,
                               struct inode *inode, const struct inode_attributes *attributes)
{
    enum error error = check_read_only(path->mount, inode);
    if (!error)
        error = check_attributes(context, inode, attributes);
    if (error)
        return error;
    if (attributes->set & ATTRIBUTE_SIZE && inode->programs > 0)
        return ERROR_PROGRAM_BUSY;
    if (!inode->operations->set)
        return ERROR_NOT_PERMITTED;
    struct inode_attributes allowed = *attributes;
    if (!fs_context_is_privileged(context) && !fs_context_is_in_group(context, inode->gid))
        allowed.mode &= ~(uint32_t)S_ISGID; /* else it would run for that group */
    error = inode->operations->set(inode, &allowed);
    if (!error && attributes->set & ATTRIBUTE_SIZE && !fs_context_is_privileged(context))
        inode->mode &= ~inode_identity_lost(inode, context);
    if (!error)
        notify_dentry(path->dentry, inode, event_of(attributes->set));
    return error;
}
