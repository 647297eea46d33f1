/*
 * sysfs. Nothing is kept: an inode is a path. Each look-up, listing and read asks all sources for
 * all that there is, and picks out of that. So nothing has to be told to sysfs when devices come
 * and go. A look-up takes the longer the more devices there are; programs look things up rarely.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/path.h>
#include <fs/pseudo.h>
#include <fs/sysfs.h>
#include <fs/text.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { MAGIC = 0x62656572, FILE_SIZE = 4096 /* as all files have on Linux */ };

struct sysfs_inode {
    struct inode inode;
    char *target;            /* of a link; on the heap */
    const char *name;        /* in `path` */
    size_t directory_length; /* how much of `path` is what the name is in */
    char path[];             /* below /sys, without a slash in front; of the root "" */
};

struct sysfs_query {
    const char *directory;
    size_t length;      /* of `directory` */
    const char *name;   /* what is looked for there; NULL: all names are listed */
    size_t name_length; /* of `name` */
    uint32_t type;      /* S_IF... of what was found; 0: nothing */
    struct text *text;  /* gets the content of what is found, or the target; NULL: not wanted */
    /* A listing: each name with its type in front and a NUL behind it. */
    struct text names;
};

static struct list sources = LIST_INIT(sources);

void sysfs_add(struct sysfs_source *source)
{
    list_push_back(&sources, &source->node);
}

/* --- Questions -------------------------------------------------------------------------------- */

static char letter_of(uint32_t type)
{
    if (type == S_IFDIR)
        return 'd';
    return (char)(type == S_IFLNK ? 'l' : '-');
}

static uint32_t type_of(char letter)
{
    return letter == 'd' ? S_IFDIR : letter == 'l' ? S_IFLNK : S_IFREG;
}

static bool is_listed(const struct text *names, const char *name, size_t length)
{
    for (size_t at = 0; at < names->length; at += strlen(names->bytes + at) + 1) {
        const char *listed = names->bytes + at + 1;
        if (strlen(listed) == length && memcmp(listed, name, length) == 0)
            return true;
    }
    return false;
}

/* Takes note of a name in the directory. True: it is the one that is looked for. */
static bool meet(struct sysfs_query *query, const char *name, size_t length, uint32_t type)
{
    if (!query->name) {
        if (query->names.error || is_listed(&query->names, name, length))
            return false;
        text_printf(&query->names, "%c%.*s", letter_of(type), (int)length, name);
        text_append(&query->names, "", 1);
        return false;
    }
    if (query->type || length != query->name_length || memcmp(name, query->name, length) != 0)
        return false;
    query->type = type;
    return true;
}

/* Is `directory` the one that the query asks for? If it lies below that one, the component that
 * follows is a name there. */
static bool is_asked_for(struct sysfs_query *query, const char *directory)
{
    if (strncmp(directory, query->directory, query->length) != 0)
        return false;
    const char *rest = directory + query->length;
    if (!*rest)
        return true;
    if (query->length > 0 && *rest++ != '/')
        return false;
    const char *slash = strchr(rest, '/');
    meet(query, rest, slash ? (size_t)(slash - rest) : strlen(rest), S_IFDIR);
    return false;
}

static bool is_wanted(struct sysfs_query *query, const char *directory, const char *name,
                      uint32_t type)
{
    return is_asked_for(query, directory) && meet(query, name, strlen(name), type) && query->text;
}

bool sysfs_file(struct sysfs_query *query, const char *directory, const char *name)
{
    return is_wanted(query, directory, name, S_IFREG);
}

void sysfs_append(struct sysfs_query *query, const void *bytes, size_t size)
{
    ASSERT(query->text); /* sysfs_file() has said so */
    text_append(query->text, bytes, size);
}

void sysfs_print(struct sysfs_query *query, const char *format, ...)
{
    va_list arguments;
    ASSERT(query->text);
    va_start(arguments, format);
    text_print(query->text, format, arguments);
    va_end(arguments);
}

void sysfs_text(struct sysfs_query *query, const char *directory, const char *name,
                const char *format, ...)
{
    va_list arguments;
    if (!sysfs_file(query, directory, name))
        return;
    va_start(arguments, format);
    text_print(query->text, format, arguments);
    va_end(arguments);
}

/* Links are relative, so that they lead somewhere wherever sysfs is mounted. */
void sysfs_link(struct sysfs_query *query, const char *directory, const char *name,
                const char *target)
{
    if (!is_wanted(query, directory, name, S_IFLNK))
        return;
    for (const char *at = directory; at; at = strchr(at + 1, '/'))
        text_printf(query->text, "../");
    text_printf(query->text, "%s", target);
}

void sysfs_directory(struct sysfs_query *query, const char *directory)
{
    is_asked_for(query, directory);
}

static void ask(struct sysfs_query *query)
{
    list_for_each(node, &sources)
        CONTAINER_OF(node, struct sysfs_source, node)->tell(query);
}

/* Asks for the content of a file, or the target of a link, which may have gone. */
static enum error ask_for_content(const struct sysfs_inode *node, struct text *text)
{
    struct sysfs_query query = {.directory = node->path,
                                .length = node->directory_length,
                                .name = node->name,
                                .name_length = strlen(node->name),
                                .text = text};
    ask(&query);
    return query.type ? text->error : ERROR_NO_ENTRY;
}

/* --- Inodes ----------------------------------------------------------------------------------- */

static struct sysfs_inode *node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct sysfs_inode, inode);
}

static void release(struct vm_object *object)
{
    struct sysfs_inode *node = CONTAINER_OF(object, struct sysfs_inode, inode.object);
    kfree(node->target);
    inode_end(&node->inode);
    kfree(node);
}

static const struct vm_object_operations object_operations = {.release = release};
static const struct inode_operations directory_inode, file_inode, link_inode;
static const struct file_operations directory_operations, file_operations;

/* The same for the same path, and never 0 (FNV-1a). */
static uint64_t number_of(const char *path, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)path[i]) * UINT64_C(0x100000001b3);
    return hash >> 8 | 1;
}

/* An inode for `name` in the directory, and a dentry for it. */
static enum error make(struct filesystem *filesystem, struct dentry *parent, const char *name,
                       size_t length, uint32_t type, struct dentry **made)
{
    const char *above = parent ? node_of(parent->inode)->path : "";
    size_t room = strlen(above) + 1 + length + 1;
    struct sysfs_inode *node = kzalloc(sizeof(*node) + room);
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    node->directory_length = strlen(above);
    node->name = node->path + node->directory_length + (*above ? 1 : 0);
    if (parent)
        snprintf(node->path, room, "%s%s%.*s", above, *above ? "/" : "", (int)length, name);
    uint32_t permissions = type == S_IFDIR ? 0755 : type == S_IFLNK ? 0777 : 0444;
    inode_init(&node->inode, filesystem, &object_operations, type | permissions);
    node->inode.number = number_of(node->path, strlen(node->path));
    node->inode.links = type == S_IFDIR ? 2 : 1;
    node->inode.size = type == S_IFREG ? FILE_SIZE : 0;
    node->inode.operations = type == S_IFDIR   ? &directory_inode
                             : type == S_IFREG ? &file_inode
                                               : &link_inode;
    node->inode.file_operations = type == S_IFDIR ? &directory_operations : &file_operations;
    *made = dentry_create(parent, parent ? name : "/", parent ? length : 1, &node->inode);
    if (*made)
        return OK;
    inode_release(&node->inode);
    return ERROR_OUT_OF_FRAMES;
}

static enum error lookup(struct dentry *directory, const char *name, size_t length,
                         struct dentry **found)
{
    const char *path = node_of(directory->inode)->path;
    struct sysfs_query query = {
        .directory = path, .length = strlen(path), .name = name, .name_length = length};
    ask(&query);
    if (!query.type)
        return ERROR_NO_ENTRY;
    return make(directory->inode->filesystem, directory, name, length, query.type, found);
}

static enum error read_link(struct inode *inode, const char **target)
{
    struct sysfs_inode *node = node_of(inode);
    struct text text = {0};
    enum error error = ask_for_content(node, &text);
    if (!error)
        text_append(&text, "", 1);
    if (!error)
        error = text.error;
    if (error) {
        text_free(&text);
        return error;
    }
    kfree(node->target);
    *target = node->target = text.bytes;
    return OK;
}

static const struct inode_operations directory_inode = {.lookup = lookup};
static const struct inode_operations file_inode = {0};
static const struct inode_operations link_inode = {.read_link = read_link};

/* --- Open files ------------------------------------------------------------------------------- */

static bool show(struct file *file, struct entry_sink *sink, const char *name, uint64_t number,
                 uint32_t type, uint64_t place)
{
    if (file->position > place)
        return true;
    if (!sink->emit(sink, name, strlen(name), number, type, place + 1))
        return false;
    file->position = place + 1;
    return true;
}

static void show_names(struct file *file, struct entry_sink *sink, const struct text *names,
                       const char *path)
{
    uint64_t place = 2, number = number_of(path, strlen(path));
    for (size_t at = 0; at < names->length; at += strlen(names->bytes + at) + 1) {
        const char *name = names->bytes + at + 1;
        uint64_t own = number ^ number_of(name, strlen(name));
        if (!show(file, sink, name, own | 1, type_of(names->bytes[at]), place++))
            break;
    }
}

static enum error list(struct file *file, struct entry_sink *sink)
{
    const struct inode *inode = file->inode, *above = file->dentry->parent->inode;
    const char *path = node_of(file->inode)->path;
    struct sysfs_query query = {.directory = path, .length = strlen(path)};
    if (!show(file, sink, ".", inode->number, S_IFDIR, 0) ||
        !show(file, sink, "..", above->number, S_IFDIR, 1))
        return OK;
    ask(&query);
    enum error error = query.names.error; /* then the last name may have no NUL */
    if (!error)
        show_names(file, sink, &query.names, path);
    text_free(&query.names);
    return error;
}

static const struct file_operations directory_operations = {.has_position = true, .list = list};

static enum error write_content(struct inode *inode, struct text *text)
{
    return ask_for_content(node_of(inode), text);
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    return pseudo_read(file, buffer, position, write_content);
}

static const struct file_operations file_operations = {
    .has_position = true, .read = read, .close = pseudo_close};

/* --- The file system -------------------------------------------------------------------------- */

static enum error make_root(struct filesystem *filesystem, struct dentry **root)
{
    return make(filesystem, NULL, "", 0, S_IFDIR, root);
}

static enum error mount(const struct mount_arguments *arguments, struct filesystem **filesystem)
{
    (void)arguments;
    return pseudo_mount(&sysfs_type, make_root, filesystem);
}

struct filesystem_type sysfs_type = {.name = "sysfs",
                                     .magic = MAGIC,
                                     .is_single = true,
                                     .mount = mount,
                                     .unmount = pseudo_unmount,
                                     .free = pseudo_free};
