/*
 * Events of files, for programs that watch them: inotify(7). Code that changes names, content or
 * attributes calls a function of this header afterwards. Where there is no watch at all, that costs
 * a look at a counter.
 *
 * In threads, and in set-up code beside which no thread runs. None waits but notify_unmount(), with
 * which the last user of a deleted file may go.
 */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include <fs/dentry.h>
#include <fs/file.h>

/* Linux's events (include/uapi/linux/inotify.h). */
enum notify_event {
    NOTIFY_ACCESS = 0x1,
    NOTIFY_MODIFY = 0x2,
    NOTIFY_ATTRIBUTES = 0x4,
    NOTIFY_CLOSE_WRITE = 0x8,
    NOTIFY_CLOSE_NO_WRITE = 0x10,
    NOTIFY_OPEN = 0x20,
    NOTIFY_MOVED_FROM = 0x40,
    NOTIFY_MOVED_TO = 0x80,
    NOTIFY_CREATE = 0x100,
    NOTIFY_DELETE = 0x200,
    NOTIFY_DELETE_SELF = 0x400,
    NOTIFY_MOVE_SELF = 0x800,
    NOTIFY_ALL = 0xfff, /* what a program can ask for */
    NOTIFY_UNMOUNT = 0x2000,
    NOTIFY_OVERFLOW = 0x4000,
    NOTIFY_IGNORED = 0x8000, /* the watch is gone */
    NOTIFY_IS_DIRECTORY = 0x40000000,
};

/* How many watches there are. */
extern size_t notify_watches;

/* notify.c's part of the functions below. */
void notify_watchers(struct inode *inode, unsigned event);
void notify_watchers_of_name(struct inode *inode, const struct dentry *dentry, unsigned event);
void notify_watchers_of_move(const struct dentry *moved, struct inode *from, const char *old_name,
                             size_t old_length, struct inode *replaced);
void notify_watchers_of_end(struct inode *inode);
void notify_watchers_of_unmount(const struct filesystem *filesystem);

/* The file itself was changed. */
static inline void notify_inode(struct inode *inode, unsigned event)
{
    if (notify_watches > 0)
        notify_watchers(inode, event);
}

/* A file was changed that has a name; `dentry` may be NULL. Its directory is told, too. */
static inline void notify_dentry(const struct dentry *dentry, struct inode *inode, unsigned event)
{
    if (notify_watches == 0)
        return;
    if (dentry && dentry->parent != dentry)
        notify_watchers_of_name(dentry->parent->inode, dentry, event);
    notify_watchers(inode, event);
}

/* The same for an open file. */
static inline void notify_file(const struct file *file, unsigned event)
{
    notify_dentry(file->dentry, file->inode, event);
}

/* A name was made or removed: its directory is told. */
static inline void notify_name(const struct dentry *dentry, unsigned event)
{
    if (notify_watches > 0)
        notify_watchers_of_name(dentry->parent->inode, dentry, event);
}

/* A file got another name, in place of `replaced` (NULL: nothing). */
static inline void notify_move(const struct dentry *moved, struct inode *from, const char *old_name,
                               size_t old_length, struct inode *replaced)
{
    if (notify_watches > 0)
        notify_watchers_of_move(moved, from, old_name, old_length, replaced);
}

/* Nobody uses a name of the file any more. */
static inline void notify_end(struct inode *inode)
{
    if (notify_watches > 0 && inode->links == 0)
        notify_watchers_of_end(inode);
}

/* A file system is about to go. */
static inline void notify_unmount(const struct filesystem *filesystem)
{
    if (notify_watches > 0)
        notify_watchers_of_unmount(filesystem);
}

#endif
