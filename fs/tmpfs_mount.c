/*
 * tmpfs as a file system: its limits, its making and its end.
 */
#include <assert.h>
#include <fs/text.h>
#include <fs/tmpfs_node.h>
#include <fs/tmpfs_options.h>
#include <layout.h>
#include <mm/frames.h>
#include <mm/heap.h>

enum { MAGIC = 0x01021994, STICKY_FOR_ALL = 01777 };

static enum error make(struct filesystem_type *type, const struct tmpfs_options *options,
                       struct filesystem **filesystem)
{
    struct tmpfs *tmpfs = kzalloc(sizeof(*tmpfs));
    struct tmpfs_inode *root;
    if (!tmpfs)
        return ERROR_OUT_OF_FRAMES;
    filesystem_init(&tmpfs->filesystem, type);
    tmpfs->page_limit = options->page_limit;
    tmpfs->inode_limit = options->inode_limit;
    tmpfs->mode = options->mode;
    tmpfs->uid = options->uid;
    tmpfs->gid = options->gid;
    enum error error = tmpfs_make_inode(&tmpfs->filesystem, S_IFDIR | options->mode, &root);
    if (error) {
        kfree(tmpfs);
        return error;
    }
    root->inode.links = 2;
    root->inode.uid = options->uid;
    root->inode.gid = options->gid;
    tmpfs->filesystem.root = dentry_create(NULL, "/", 1, &root->inode);
    if (!tmpfs->filesystem.root) {
        inode_release(&root->inode);
        kfree(tmpfs);
        return ERROR_OUT_OF_FRAMES;
    }
    *filesystem = &tmpfs->filesystem;
    return OK;
}

enum error tmpfs_create(struct filesystem_type *type, uint64_t page_limit,
                        struct filesystem **filesystem)
{
    const struct tmpfs_options options = {
        .page_limit = page_limit, .inode_limit = UINT64_MAX, .mode = 0755};
    return make(type, &options, filesystem);
}

/* Without a limit, all of these are 0. */
void tmpfs_statistics(struct filesystem *filesystem, struct filesystem_statistics *result)
{
    const struct tmpfs *tmpfs = tmpfs_of(filesystem);
    *result = (struct filesystem_statistics){.magic = MAGIC};
    if (tmpfs->page_limit != UINT64_MAX) {
        result->blocks = tmpfs->page_limit;
        result->free_blocks = tmpfs->page_limit - tmpfs->pages;
    }
    if (tmpfs->inode_limit != UINT64_MAX) {
        result->inodes = tmpfs->inode_limit;
        result->free_inodes = tmpfs->inode_limit - tmpfs->inodes;
    }
}

void tmpfs_unmount(struct filesystem *filesystem)
{
    filesystem_drop_names(filesystem);
}

void tmpfs_free(struct filesystem *filesystem)
{
    struct tmpfs *tmpfs = tmpfs_of(filesystem);
    ASSERT(list_empty(&filesystem->inodes));
    ASSERT(tmpfs->pages == 0);
    kfree(tmpfs);
}

static uint64_t total_frames(void)
{
    struct frames_stats frames;
    frames_stats(&frames);
    return frames.total;
}

/* Half of the memory, as Linux does it, and as many files; the root of all has no limit to these.
 */
static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    uint64_t total = total_frames();
    struct tmpfs_options options = {
        .page_limit = total / 2, .inode_limit = total / 2, .mode = STICKY_FOR_ALL};
    const char *text = arguments->options ? arguments->options : "mode=755,nr_inodes=0";
    enum error error = tmpfs_options_parse(text, total, &options);
    return error ? error : make(&tmpfs_type, &options, filesystem);
}

/* The limits cannot fall below what is there. */
static enum error remount(struct filesystem *filesystem, const struct mount_arguments *arguments)
{
    struct tmpfs *tmpfs = tmpfs_of(filesystem);
    struct tmpfs_options options = {.page_limit = tmpfs->page_limit,
                                    .inode_limit = tmpfs->inode_limit};
    const char *text = arguments->options ? arguments->options : "";
    enum error error = tmpfs_options_parse(text, total_frames(), &options);
    if (!error && (options.page_limit < tmpfs->pages || options.inode_limit < tmpfs->inodes))
        error = ERROR_INVALID;
    if (error)
        return error;
    tmpfs->page_limit = options.page_limit;
    tmpfs->inode_limit = options.inode_limit;
    return OK;
}

static void describe(struct filesystem *filesystem, struct text *text)
{
    const struct tmpfs *tmpfs = tmpfs_of(filesystem);
    uint64_t usual = total_frames() / 2;
    if (tmpfs->page_limit != usual)
        text_printf(text, ",size=%luk",
                    tmpfs->page_limit == UINT64_MAX ? 0 : tmpfs->page_limit * (PAGE_SIZE / 1024));
    if (tmpfs->inode_limit != usual)
        text_printf(text, ",nr_inodes=%lu",
                    tmpfs->inode_limit == UINT64_MAX ? 0 : tmpfs->inode_limit);
    if (tmpfs->mode != STICKY_FOR_ALL) {
        text_printf(text, ",mode=");
        text_append_octal(text, tmpfs->mode, 3);
    }
    if (tmpfs->uid)
        text_printf(text, ",uid=%u", tmpfs->uid);
    if (tmpfs->gid)
        text_printf(text, ",gid=%u", tmpfs->gid);
}

struct filesystem_type tmpfs_type = {
    .name = "tmpfs",
    .mount = mount,
    .remount = remount,
    .describe = describe,
    .statistics = tmpfs_statistics,
    .unmount = tmpfs_unmount,
    .free = tmpfs_free,
};
