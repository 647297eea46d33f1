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
    filesystem_drop_names(filesystem); /* only names that something was mounted at are kept */
}

void pseudo_free(struct filesystem *filesystem)
{
    kfree(filesystem);
}

/* The text is the read's own while it goes on, for the writer and the copy may wait: another thread
 * that reads the file then makes a text of its own. */
static struct text *take_text(struct file *file)
{
    struct text *text = file->data;
    file->data = NULL;
    return text ? text : kzalloc(sizeof(*text));
}

static void keep_text(struct file *file, struct text *text)
{
    pseudo_close(file); /* frees the other thread's */
    file->data = text;
}

enum error pseudo_read(struct file *file, struct buffer *buffer, uint64_t *position,
                       enum error (*write)(struct inode *inode, struct text *text))
{
    bool begins = !file->data || *position == 0;
    struct text *text = take_text(file);
    enum error error = OK;
    if (!text)
        return ERROR_OUT_OF_FRAMES;
    if (begins) {
        text_free(text);
        error = write(file->inode, text);
        error = error ? error : text->error;
    }
    if (!error)
        error = text_read(text, buffer, position);
    keep_text(file, text);
    return error;
}

void pseudo_close(struct file *file)
{
    if (file->data)
        text_free(file->data);
    kfree(file->data);
}
