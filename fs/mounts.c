/*
 * Functions that visit all mounts.
 */
#include <fs/mount_tree.h>
#include <kernel/log/log.h>
#include <kernel/task/thread.h>

/* Visits all mounts. The visits may wait: when a mount has left the tree meanwhile, they begin
 * again with the first one. */
static void visit_all(void (*visit)(struct mount *mount))
{
    struct list_node *node = mounts.head.next;
    while (node != &mounts.head) {
        struct mount *mount = CONTAINER_OF(node, struct mount, node);
        mount_reference(mount);
        mount->visits++;
        visit(mount);
        if (--mount->visits == 0)
            wait_queue_wake_all(&mount->visited);
        node = mount_is_in_tree(mount) ? node->next : mounts.head.next;
        mount_release(mount);
    }
}

static void sync(struct mount *mount)
{
    struct filesystem *filesystem = mount->filesystem;
    if (filesystem->type->sync && filesystem->type->sync(filesystem))
        log_warn("%s: not everything could be written", mount->source);
}

void mounts_sync(void)
{
    visit_all(sync);
}

static void stop(struct mount *mount)
{
    if (mount->filesystem->type->stop)
        mount->filesystem->type->stop(mount->filesystem);
}

void mounts_stop(void)
{
    visit_all(stop);
}

void mounts_forget_names(size_t wanted)
{
    list_for_each(node, &mounts) {
        const struct filesystem *filesystem = CONTAINER_OF(node, struct mount, node)->filesystem;
        if (filesystem->type->has_device)
            (void)dentry_forget(filesystem->root, wanted);
    }
}
