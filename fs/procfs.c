/*
 * procfs. Each lookup makes an inode and a dentry, which nobody keeps: so what they show is never
 * out of date, and nothing has to be taken back when a process ends. An inode's number tells what
 * it is, so it is the same each time.
 *
 * The content of a file is written when its beginning is read, and what follows comes from the same
 * text: a program sees one moment.
 */
#include <assert.h>
#include <fs/file.h>
#include <fs/filesystem.h>
#include <fs/proc.h>
#include <fs/procfs.h>
#include <lib/format.h>
#include <lib/number.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { MAGIC = 0x9fa0, NUMBER_TEXT = 12, FIRST_PROCESS_OFFSET = 0x10000, FIRST_ENTRY_OFFSET = 2 };

enum kind {
    ROOT,
    DIRECTORY, /* of entries with slashes in their names */
    FILE,
    SELF,
    PROCESS,
    PROGRAM, /* exe */
    WORKING_DIRECTORY,
    ROOT_DIRECTORY,
    DESCRIPTORS,
    DESCRIPTOR,
};

struct node {
    struct inode inode;
    enum kind kind;
    int process; /* 0: none */
    int fd;
    const struct proc_entry *entry; /* a file's; of a directory, one that is in it */
    size_t prefix; /* of a directory: how much of the entry's name it is, with a slash */
    char *target;  /* of a link, once it was asked for; on the heap */
};

static struct list entries = LIST_INIT(entries);
static const struct proc_processes *processes;

void proc_add(struct proc_entry *entry)
{
    list_push_back(&entries, &entry->node);
}

void proc_set_processes(const struct proc_processes *hooks)
{
    processes = hooks;
}

void proc_count_processes(unsigned *count, int *last)
{
    *count = 0;
    *last = 0;
    for (int process = 0; processes && (process = processes->next(process)) > 0; ++*count)
        *last = process;
}

static struct node *node_of(struct inode *inode)
{
    return CONTAINER_OF(inode, struct node, inode);
}

/* --- Inodes ----------------------------------------------------------------------------------- */

static void release(struct vm_object *object)
{
    struct node *node = CONTAINER_OF(object, struct node, inode.object);
    kfree(node->target);
    kfree(node);
}

static const struct vm_object_operations object_operations = {.release = release};
static const struct inode_operations directory_inode, file_inode, text_link_inode, link_inode;
static const struct file_operations directory_operations, file_operations;

static uint32_t mode_of(const struct node *node)
{
    switch (node->kind) {
    case ROOT:
    case DIRECTORY:
    case PROCESS:
        return S_IFDIR | 0555;
    case DESCRIPTORS:
        return S_IFDIR | 0500;
    case FILE:
        return S_IFREG | 0444;
    default:
        return S_IFLNK | 0777;
    }
}

/* The same for what is the same, and never 0. */
static uint64_t number_of(const struct node *node)
{
    uint64_t entry = (uintptr_t)node->entry & 0xffffff;
    uint64_t within = node->kind == DESCRIPTOR ? (uint64_t)node->fd : entry + node->prefix;
    return (uint64_t)node->process << 32 | (uint64_t)(node->kind + 1) << 24 | (within & 0xffffff);
}

/* A copy of `like` in a dentry of that name. The owner is the process's. */
static enum error make(struct filesystem *filesystem, struct dentry *parent, const char *name,
                       size_t length, const struct node *like, struct dentry **made)
{
    struct node *node = kzalloc(sizeof(*node));
    if (!node)
        return ERROR_OUT_OF_FRAMES;
    *node = *like;
    inode_init(&node->inode, filesystem, &object_operations, mode_of(node));
    node->inode.number = number_of(node);
    node->inode.links = inode_is_directory(&node->inode) ? 2 : 1;
    node->inode.operations = node->kind == FILE   ? &file_inode
                             : node->kind == SELF ? &text_link_inode
                                                  : &link_inode;
    node->inode.file_operations = &file_operations;
    if (inode_is_directory(&node->inode)) {
        node->inode.operations = &directory_inode;
        node->inode.file_operations = &directory_operations;
    }
    if (node->process)
        processes->owner(node->process, &node->inode.uid, &node->inode.gid);
    *made = dentry_create(parent, name, length, &node->inode);
    if (*made)
        return OK;
    inode_release(&node->inode);
    return ERROR_OUT_OF_FRAMES;
}

/* --- What there is ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum kind kind;
} links[] = {
    {"exe", PROGRAM}, {"cwd", WORKING_DIRECTORY}, {"root", ROOT_DIRECTORY}, {"fd", DESCRIPTORS}};

static bool equals(const char *name, size_t length, const char *other)
{
    return strlen(other) == length && memcmp(name, other, length) == 0;
}

/* A number as the kernel writes it, without zeros in front. */
static bool parse(const char *name, size_t length, int *number)
{
    char text[NUMBER_TEXT], again[NUMBER_TEXT];
    uint64_t value;
    if (length >= sizeof(text))
        return false;
    memcpy(text, name, length);
    text[length] = '\0';
    if (!parse_number(text, &value) || value > INT32_MAX)
        return false;
    *number = (int)value;
    snprintf(again, sizeof(again), "%d", *number);
    return strcmp(text, again) == 0;
}

/* Is the entry in the directory? Sets the length of its name there, up to a slash. */
static bool is_in(const struct proc_entry *entry, const struct node *directory, size_t *length)
{
    const char *name = entry->name;
    if (directory->prefix > 0 && strncmp(name, directory->entry->name, directory->prefix) != 0)
        return false;
    const char *rest = name + directory->prefix, *slash = strchr(rest, '/');
    *length = slash ? (size_t)(slash - rest) : strlen(rest);
    return true;
}

/* What an entry is in a directory above it. */
static struct node entry_node(const struct proc_entry *entry, const struct node *directory,
                              size_t length)
{
    bool is_directory = entry->name[directory->prefix + length] == '/';
    return (struct node){
        .kind = is_directory ? DIRECTORY : FILE,
        .entry = entry,
        .prefix = is_directory ? directory->prefix + length + 1 : 0,
    };
}

static bool find_entry(const struct node *directory, const char *name, size_t length,
                       struct node *found)
{
    list_for_each(link, &entries) {
        const struct proc_entry *entry = CONTAINER_OF(link, struct proc_entry, node);
        size_t in_name;
        if (is_in(entry, directory, &in_name) && in_name == length &&
            memcmp(entry->name + directory->prefix, name, length) == 0) {
            *found = entry_node(entry, directory, length);
            return true;
        }
    }
    return false;
}

static bool process_exists(int process)
{
    uint32_t uid, gid;
    return processes && process > 0 && processes->owner(process, &uid, &gid);
}

static bool find_in_root(const struct node *root, const char *name, size_t length,
                         struct node *found)
{
    int process;
    if (equals(name, length, "self")) {
        *found = (struct node){.kind = SELF};
        return processes;
    }
    *found = (struct node){.kind = PROCESS};
    if (parse(name, length, &process) && process_exists(process)) {
        found->process = process;
        return true;
    }
    return find_entry(root, name, length, found);
}

static bool find_in_process(int process, const char *name, size_t length, struct node *found)
{
    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        *found = (struct node){.kind = links[i].kind, .process = process};
        if (equals(name, length, links[i].name))
            return true;
    }
    for (size_t i = 0; i < processes->entry_count; i++) {
        *found = (struct node){.kind = FILE, .process = process, .entry = &processes->entries[i]};
        if (equals(name, length, found->entry->name))
            return true;
    }
    return false;
}

/* The file of a descriptor, referenced. */
static enum error get_file(int process, int fd, struct file **file)
{
    struct file_table *table;
    enum error error = processes->files(process, &table);
    if (error)
        return error;
    error = file_table_get(table, fd, file);
    file_table_release(table);
    return error ? ERROR_NO_ENTRY : OK;
}

static bool find_descriptor(int process, const char *name, size_t length, struct node *found)
{
    int fd;
    struct file *file;
    if (!parse(name, length, &fd) || get_file(process, fd, &file) != OK)
        return false;
    file_release(file);
    *found = (struct node){.kind = DESCRIPTOR, .process = process, .fd = fd};
    return true;
}

static bool find(const struct node *directory, const char *name, size_t length, struct node *found)
{
    switch (directory->kind) {
    case ROOT:
        return find_in_root(directory, name, length, found);
    case PROCESS:
        return process_exists(directory->process) &&
               find_in_process(directory->process, name, length, found);
    case DESCRIPTORS:
        return find_descriptor(directory->process, name, length, found);
    default:
        return find_entry(directory, name, length, found);
    }
}

static enum error lookup(struct dentry *directory, const char *name, size_t length,
                         struct dentry **found)
{
    struct node like;
    if (!find(node_of(directory->inode), name, length, &like))
        return ERROR_NO_ENTRY;
    return make(directory->inode->filesystem, directory, name, length, &like, found);
}

static const struct inode_operations directory_inode = {.lookup = lookup};

/* --- Listings --------------------------------------------------------------------------------- */

/* Shows a name, unless the listing has gone past `offset` already. False: there is no room. */
static bool show(struct file *file, struct entry_sink *sink, const char *name, size_t length,
                 const struct node *node, uint64_t offset)
{
    if (file->position > offset)
        return true;
    uint32_t type = mode_of(node) & S_IFMT;
    if (!sink->emit(sink, name, length, number_of(node), type, offset + 1))
        return false;
    file->position = offset + 1;
    return true;
}

static bool show_number(struct file *file, struct entry_sink *sink, int number,
                        const struct node *node, uint64_t offset)
{
    char name[NUMBER_TEXT];
    int length = snprintf(name, sizeof(name), "%d", number);
    return show(file, sink, name, (size_t)length, node, offset);
}

/* Does an entry before this one have the same name in the directory? */
static bool is_repeated(const struct proc_entry *entry, const struct node *directory, size_t length)
{
    struct node first = {0};
    find_entry(directory, entry->name + directory->prefix, length, &first);
    return first.entry != entry;
}

static bool list_entries(struct file *file, struct entry_sink *sink, const struct node *directory)
{
    uint64_t offset = FIRST_ENTRY_OFFSET;
    list_for_each(link, &entries) {
        const struct proc_entry *entry = CONTAINER_OF(link, struct proc_entry, node);
        size_t length;
        offset++;
        if (!is_in(entry, directory, &length) || is_repeated(entry, directory, length))
            continue;
        struct node node = entry_node(entry, directory, length);
        if (!show(file, sink, entry->name + directory->prefix, length, &node, offset))
            return false;
    }
    return true;
}

static bool list_root(struct file *file, struct entry_sink *sink, const struct node *root)
{
    if (!list_entries(file, sink, root) || !processes)
        return false;
    const struct node self = {.kind = SELF};
    if (!show(file, sink, "self", 4, &self, FIRST_PROCESS_OFFSET))
        return false;
    int process = (int)(file->position - FIRST_PROCESS_OFFSET - 1);
    while ((process = processes->next(process)) > 0) {
        const struct node node = {.kind = PROCESS, .process = process};
        if (!show_number(file, sink, process, &node, FIRST_PROCESS_OFFSET + (uint64_t)process))
            return false;
    }
    return true;
}

static bool list_process(struct file *file, struct entry_sink *sink, int process)
{
    uint64_t offset = FIRST_ENTRY_OFFSET;
    for (size_t i = 0; i < ARRAY_SIZE(links); i++, offset++) {
        const struct node node = {.kind = links[i].kind, .process = process};
        if (!show(file, sink, links[i].name, strlen(links[i].name), &node, offset))
            return false;
    }
    for (size_t i = 0; i < processes->entry_count; i++, offset++) {
        const struct node node = {
            .kind = FILE, .process = process, .entry = &processes->entries[i]};
        if (!show(file, sink, node.entry->name, strlen(node.entry->name), &node, offset))
            return false;
    }
    return true;
}

static enum error list_descriptors(struct file *file, struct entry_sink *sink, int process)
{
    struct file_table *table;
    enum error error = processes->files(process, &table);
    if (error)
        return error;
    int fd = (int)(file->position - FIRST_ENTRY_OFFSET) - 1;
    while ((fd = file_table_next(table, fd + 1)) >= 0) {
        const struct node node = {.kind = DESCRIPTOR, .process = process, .fd = fd};
        if (!show_number(file, sink, fd, &node, FIRST_ENTRY_OFFSET + (uint64_t)fd))
            break;
    }
    file_table_release(table);
    return OK;
}

static enum error list(struct file *file, struct entry_sink *sink)
{
    const struct node *directory = node_of(file->inode);
    const struct node parent = {.kind = ROOT};
    if (!show(file, sink, ".", 1, directory, 0) || !show(file, sink, "..", 2, &parent, 1))
        return OK;
    switch (directory->kind) {
    case ROOT:
        list_root(file, sink, directory);
        return OK;
    case PROCESS:
        if (!process_exists(directory->process))
            return ERROR_NO_ENTRY;
        list_process(file, sink, directory->process);
        return OK;
    case DESCRIPTORS:
        return list_descriptors(file, sink, directory->process);
    default:
        list_entries(file, sink, directory);
        return OK;
    }
}

static enum error read_directory(struct file *file, struct buffer *buffer, uint64_t *position)
{
    (void)file, (void)buffer, (void)position;
    return ERROR_IS_DIRECTORY;
}

static const struct file_operations directory_operations = {
    .has_position = true, .read = read_directory, .list = list};

/* --- Content ---------------------------------------------------------------------------------- */

static enum error write_content(struct file *file)
{
    const struct node *node = node_of(file->inode);
    struct text *text = file->data;
    if (!text)
        text = file->data = kzalloc(sizeof(*text));
    if (!text)
        return ERROR_OUT_OF_FRAMES;
    text_free(text);
    enum error error = node->entry->write(text, node->process);
    return error ? error : text->error;
}

static enum error read(struct file *file, struct buffer *buffer, uint64_t *position)
{
    const struct text *text = file->data;
    if (!text || *position == 0) {
        enum error error = write_content(file);
        if (error)
            return error;
        text = file->data;
    }
    if (*position >= text->length)
        return OK;
    size_t before = buffer->left;
    enum error error =
        buffer_put(buffer, text->bytes + *position, MIN(before, text->length - *position));
    *position += before - buffer->left;
    return error;
}

static void close(struct file *file)
{
    if (file->data)
        text_free(file->data);
    kfree(file->data);
}

static const struct file_operations file_operations = {
    .has_position = true, .read = read, .close = close};

/* --- Links ------------------------------------------------------------------------------------ */

/* What a descriptor's link leads to; a pipe gets a dentry of its own for that. */
static enum error follow_descriptor(const struct node *node, struct dentry **target)
{
    struct file *file;
    enum error error = get_file(node->process, node->fd, &file);
    if (error)
        return error;
    *target = file->dentry;
    if (*target) {
        dentry_reference(*target);
    } else {
        char name[32];
        int length = snprintf(name, sizeof(name), "pipe:[%lu]", file->inode->number);
        *target = dentry_create(NULL, name, (size_t)length, file->inode);
        if (*target)
            inode_reference(file->inode);
        else
            error = ERROR_OUT_OF_FRAMES;
    }
    file_release(file);
    return error;
}

static enum error follow_context(const struct node *node, struct dentry **target)
{
    struct fs_context *context;
    enum error error = processes->context(node->process, &context);
    if (error)
        return error;
    *target = node->kind == WORKING_DIRECTORY ? context->directory : context->root;
    dentry_reference(*target);
    fs_context_release(context);
    return OK;
}

static enum error follow(struct inode *inode, struct dentry **target)
{
    const struct node *node = node_of(inode);
    if (node->kind == PROGRAM)
        return processes->program(node->process, target);
    return node->kind == DESCRIPTOR ? follow_descriptor(node, target)
                                    : follow_context(node, target);
}

/* Keeps the text of a link; one that was asked for before is out of date. */
static enum error keep_target(struct node *node, char *text, const char **target)
{
    kfree(node->target);
    node->target = text;
    *target = text;
    return text ? OK : ERROR_OUT_OF_FRAMES;
}

static enum error read_link(struct inode *inode, const char **target)
{
    struct dentry *dentry;
    struct dentry *root = mount_root_dentry();
    const struct fs_context everything = {.root = root, .directory = root};
    enum error error = follow(inode, &dentry);
    if (error)
        return error;
    char *text = kmalloc(PATH_MAX);
    if (text)
        error = dentry_path(&everything, dentry, text, PATH_MAX);
    dentry_release(dentry);
    if (!error)
        return keep_target(node_of(inode), text, target);
    kfree(text);
    return error;
}

static enum error read_self(struct inode *inode, const char **target)
{
    char *text = kmalloc(NUMBER_TEXT);
    if (text)
        snprintf(text, NUMBER_TEXT, "%d", processes->current());
    return keep_target(node_of(inode), text, target);
}

static const struct inode_operations text_link_inode = {.read_link = read_self};
static const struct inode_operations link_inode = {.read_link = read_link, .follow = follow};

/* --- The file system -------------------------------------------------------------------------- */

static enum error mount(const char *options, struct filesystem **filesystem)
{
    const struct node root = {.kind = ROOT};
    (void)options;
    struct filesystem *made = kzalloc(sizeof(*made));
    if (!made)
        return ERROR_OUT_OF_FRAMES;
    filesystem_init(made, &procfs_type);
    enum error error = make(made, NULL, "/", 1, &root, &made->root);
    if (error) {
        kfree(made);
        return error;
    }
    *filesystem = made;
    return OK;
}

static void statistics(struct filesystem *filesystem, struct filesystem_statistics *result)
{
    (void)filesystem;
    *result = (struct filesystem_statistics){.magic = MAGIC};
}

static void unmount(struct filesystem *filesystem)
{
    dentry_release(filesystem->root);
    kfree(filesystem);
}

struct filesystem_type procfs_type = {.name = "proc",
                                      .is_single = true,
                                      .mount = mount,
                                      .statistics = statistics,
                                      .unmount = unmount};
