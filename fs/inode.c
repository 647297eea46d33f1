#include <assert.h>
#include <fs/filesystem.h>
#include <fs/inode.h>
#include <kernel/task/clock.h>
#include <kernel/task/thread.h>

#define DAY ((int64_t)(UINT64_C(24) * 60 * 60 * NANOSECONDS_PER_SECOND))

void inode_init(struct inode *inode, struct filesystem *filesystem,
                const struct vm_object_operations *operations, uint32_t mode)
{
    vm_object_init(&inode->object, operations);
    inode->filesystem = filesystem;
    list_push_back(&filesystem->inodes, &inode->in_filesystem);
    inode->number = ++filesystem->last_number;
    inode->mode = mode;
    inode->accessed = inode->modified = inode->changed = clock_real_at_tick();
    inode->mutex = (struct mutex)MUTEX_INIT_RANKED(inode->mutex, LOCK_OF_CONTENT);
}

void inode_end(struct inode *inode)
{
    struct filesystem *filesystem = inode->filesystem;
    ASSERT(inode->writers == 0 && inode->programs == 0);
    ASSERT(!inode->pipe && !inode->locks && !inode->socket && !inode->watches);
    ASSERT(!inode->opened_as);
    list_remove(&inode->in_filesystem);
    if (filesystem->is_unmounted && list_empty(&filesystem->inodes))
        filesystem->type->free(filesystem);
}

/* The time as the file system can hold it: in its range, and a multiple of its step. In memory that
 * is any time. */
static int64_t as_stored(const struct inode *inode, int64_t time)
{
    const struct filesystem *filesystem = inode->filesystem;
    int64_t step = filesystem->time_step;
    if (step == 1)
        return time;
    time = MIN(MAX(time, filesystem->first_time), filesystem->last_time);
    int64_t beyond = time % step;
    return time - (beyond < 0 ? beyond + step : beyond);
}

static int64_t now(const struct inode *inode)
{
    return as_stored(inode, clock_real_at_tick());
}

void inode_note_read(struct inode *inode, bool always)
{
    bool changed_since = inode->accessed <= inode->modified || inode->accessed <= inode->changed;
    int64_t time = now(inode);
    if (always || changed_since || time - inode->accessed >= DAY)
        inode->accessed = time;
}

void inode_note_write(struct inode *inode)
{
    inode->modified = inode->changed = now(inode);
}

void inode_note_change(struct inode *inode)
{
    inode->changed = now(inode);
}

void inode_set(struct inode *inode, const struct inode_attributes *attributes)
{
    unsigned set = attributes->set;
    if (set & ATTRIBUTE_MODE)
        inode->mode = inode_type(inode) | (attributes->mode & MODE_PERMISSIONS);
    if (set & ATTRIBUTE_UID)
        inode->uid = attributes->uid;
    if (set & ATTRIBUTE_GID)
        inode->gid = attributes->gid;
    if (set & ATTRIBUTE_ACCESSED)
        inode->accessed = as_stored(inode, attributes->accessed);
    if (set & ATTRIBUTE_MODIFIED)
        inode->modified = as_stored(inode, attributes->modified);
    inode_note_change(inode);
}
