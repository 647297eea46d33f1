#include <fs/seals.h>
#include <fs/tmpfs_node.h>
#include <mm/vm_area.h>

enum { ALL = SEAL_SEAL | SEAL_SHRINK | SEAL_GROW | SEAL_WRITE | SEAL_FUTURE_WRITE };

/* NULL: the file is none of tmpfs's. */
static struct tmpfs_inode *sealable(const struct file *file)
{
    bool is_one = file->operations == &tmpfs_regular_operations;
    return is_one ? tmpfs_node_of(file->inode) : NULL;
}

enum error seals_get(const struct file *file, unsigned *seals)
{
    const struct tmpfs_inode *node = sealable(file);
    if (!node)
        return ERROR_INVALID;
    *seals = node->seals;
    return OK;
}

/* Does anybody show the file such that writes may reach it, now or after mprotect()? */
static bool is_mapped_for_writing(const struct inode *inode)
{
    list_for_each(node, &inode->object.areas) {
        const struct vm_area *area = CONTAINER_OF(node, struct vm_area, of_object);
        if ((area->flags & (AREA_SHARED | AREA_NEVER_WRITE)) == AREA_SHARED)
            return true;
    }
    return false;
}

enum error seals_add(struct file *file, uint64_t seals)
{
    struct tmpfs_inode *node = sealable(file);
    if ((file->flags & O_ACCMODE) == O_RDONLY)
        return ERROR_NOT_PERMITTED;
    if (seals & ~(uint64_t)ALL || !node)
        return ERROR_INVALID;
    if (node->seals & SEAL_SEAL)
        return ERROR_NOT_PERMITTED;
    if (seals & ~(uint64_t)node->seals & SEAL_WRITE && is_mapped_for_writing(file->inode))
        return ERROR_BUSY;
    node->seals |= (unsigned)seals;
    return OK;
}

enum error seals_check_map(const struct file *file, bool writable, bool *later)
{
    const struct tmpfs_inode *node = sealable(file);
    unsigned seals = node ? node->seals : 0;
    *later = !(seals & SEAL_FUTURE_WRITE);
    return seals & SEAL_WRITE || (writable && !*later) ? ERROR_NOT_PERMITTED : OK;
}
