#include <fs/pseudo.h>
#include <fs/text.h>
#include <mm/heap.h>

enum error pseudo_mount(struct filesystem_type *type,
                        enum error (*make_root)(struct filesystem *filesystem,
                                                struct dentry **root),
                        struct filesystem **filesystem)
{
    struct filesystem *made = kzalloc(sizeof(*made));
    if (!made)
        return ERROR_OUT_OF_FRAMES;
    filesystem_init(made, type);
    enum error error = make_root(made, &made->root);
    if (error) {
        kfree(made);
        return error;
    }
    *filesystem = made;
    return OK;
}

void pseudo_unmount(struct filesystem *filesystem)
{
    dentry_drop_tree(filesystem->root); /* only names that something was mounted at are kept */
}

void pseudo_free(struct filesystem *filesystem)
{
    kfree(filesystem);
}

static enum error write_content(struct file *file,
                                enum error (*write)(struct inode *inode, struct text *text))
{
    struct text *text = file->data;
    if (!text)
        text = file->data = kzalloc(sizeof(*text));
    if (!text)
        return ERROR_OUT_OF_FRAMES;
    text_free(text);
    enum error error = write(file->inode, text);
    return error ? error : text->error;
}

enum error pseudo_read(struct file *file, struct buffer *buffer, uint64_t *position,
                       enum error (*write)(struct inode *inode, struct text *text))
{
    enum error error = !file->data || *position == 0 ? write_content(file, write) : OK;
    return error ? error : text_read(file->data, buffer, position);
}

void pseudo_close(struct file *file)
{
    if (file->data)
        text_free(file->data);
    kfree(file->data);
}
