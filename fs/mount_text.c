/*
 * Descriptions of mounts for programs: one line each.
 */
#include <fs/device.h>
#include <fs/path.h>
#include <fs/text.h>
#include <lib/string.h>
#include <mm/heap.h>

static void append_flags(struct text *text, unsigned flags)
{
    static const struct {
        unsigned flag;
        const char *word;
    } words[] = {{MOUNT_NO_SUID, ",nosuid"},
                 {MOUNT_NO_DEVICE, ",nodev"},
                 {MOUNT_NO_EXEC, ",noexec"},
                 {MOUNT_NO_ATIME, ",noatime"},
                 {MOUNT_NO_DIRECTORY_ATIME, ",nodiratime"}};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        text_printf(text, "%s", flags & words[i].flag ? words[i].word : "");
    if (!(flags & (MOUNT_NO_ATIME | MOUNT_STRICT_ATIME)))
        text_printf(text, ",relatime");
}

static void append_options(struct text *text, struct filesystem *filesystem)
{
    if (filesystem->type->describe)
        filesystem->type->describe(filesystem, text);
}

/* Spaces in a name would end its field: they are written as octal numbers, as Linux does. */
static void append_name(struct text *text, const char *name)
{
    for (; *name; name++) {
        bool is_special = strchr(" \t\n\\#", *name);
        text_append(text, is_special ? "\\" : name, 1);
        if (is_special)
            text_append_octal(text, (unsigned char)*name, 3);
    }
}

static const char *access_word(bool is_read_only)
{
    return is_read_only ? "ro" : "rw";
}

/* A line of proc_mounts(5). */
static void append_short(struct text *text, const struct mount *mount, const char *path)
{
    struct filesystem *filesystem = mount->filesystem;
    append_name(text, mount->source);
    text_append(text, " ", 1);
    append_name(text, path);
    text_printf(text, " %s %s", filesystem->type->name,
                access_word(filesystem->is_read_only || mount->flags & MOUNT_READ_ONLY));
    append_flags(text, mount->flags);
    append_options(text, filesystem);
    text_printf(text, " 0 0\n");
}

/* A line of proc_pid_mountinfo(5). */
static void append_long(struct text *text, const struct mount *mount, const char *path)
{
    struct filesystem *filesystem = mount->filesystem;
    char *root = kmalloc(PATH_MAX);
    const struct fs_context whole = {.root = {NULL, filesystem->root}};
    if (!root || path_name(&whole, &(struct path){NULL, mount->root}, root, PATH_MAX) != OK) {
        text->error = ERROR_OUT_OF_FRAMES;
        kfree(root);
        return;
    }
    text_printf(text, "%u %u %u:%u ", mount->id, mount->parent ? mount->parent->id : mount->id,
                device_major(filesystem->device), device_minor(filesystem->device));
    append_name(text, root);
    text_append(text, " ", 1);
    append_name(text, path);
    text_printf(text, " %s", access_word(mount->flags & MOUNT_READ_ONLY));
    append_flags(text, mount->flags);
    text_printf(text, " - %s ", filesystem->type->name);
    append_name(text, mount->source);
    text_printf(text, " %s", access_word(filesystem->is_read_only));
    append_options(text, filesystem);
    text_append(text, "\n", 1);
    kfree(root);
}

static void describe(struct text *text, const struct fs_context *context,
                     void (*append)(struct text *text, const struct mount *mount, const char *path))
{
    char *path = kmalloc(PATH_MAX);
    if (!path) {
        text->error = ERROR_OUT_OF_FRAMES;
        return;
    }
    list_for_each(node, &mounts) {
        struct mount *mount = CONTAINER_OF(node, struct mount, node);
        const struct path root = {mount, mount->root};
        if (path_is_below(&root, &context->root) && path_name(context, &root, path, PATH_MAX) == OK)
            append(text, mount, path);
    }
    kfree(path);
}

void mounts_describe(struct text *text, const struct fs_context *context)
{
    describe(text, context, append_short);
}

void mounts_describe_all(struct text *text, const struct fs_context *context)
{
    describe(text, context, append_long);
}
