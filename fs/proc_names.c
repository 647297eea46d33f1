/*
 * The names in procfs: looking one up, and listing a directory. A struct proc_node describes the
 * file of a name.
 */
#include <assert.h>
#include <fs/proc.h>
#include <fs/proc_node.h>
#include <lib/format.h>
#include <lib/number.h>
#include <lib/string.h>

enum { NUMBER_TEXT = 12, FIRST_PROCESS_OFFSET = 0x10000, FIRST_ENTRY_OFFSET = 2 };

const struct proc_processes *proc_processes;
static struct list entries = LIST_INIT(entries);

void proc_add(struct proc_entry *entry)
{
    ASSERT(entry->write && entry->name[0] != '/');
    list_push_back(&entries, &entry->node);
}

void proc_set_processes(const struct proc_processes *hooks)
{
    proc_processes = hooks;
}

uint32_t proc_node_mode(const struct proc_node *node)
{
    switch (node->kind) {
    case PROC_ROOT:
    case PROC_DIRECTORY:
    case PROC_PROCESS:
    case PROC_TASKS:
    case PROC_THREAD:
    case PROC_DESCRIPTOR_TEXTS:
        return S_IFDIR | 0555;
    case PROC_DESCRIPTORS:
        return S_IFDIR | 0500;
    case PROC_DESCRIPTOR_TEXT:
        return S_IFREG | 0444;
    case PROC_FILE:
        ASSERT(node->entry);
        return S_IFREG | (node->entry->store ? 0644 : node->entry->is_hidden ? 0400 : 0444);
    case PROC_DESCRIPTOR:
        return S_IFLNK | node->permissions;
    default:
        return S_IFLNK | 0777;
    }
}

bool proc_node_is_private(const struct proc_node *node)
{
    if (node->kind == PROC_DESCRIPTOR_TEXTS || node->kind == PROC_DESCRIPTOR_TEXT)
        return true;
    return node->kind == PROC_FILE && node->entry->is_private;
}

uint64_t proc_node_number(const struct proc_node *node)
{
    uint64_t entry = (uintptr_t)node->entry & 0xffffff;
    bool is_descriptor = node->kind == PROC_DESCRIPTOR || node->kind == PROC_DESCRIPTOR_TEXT;
    uint64_t within = is_descriptor ? (uint64_t)node->fd : entry + node->prefix;
    return (uint64_t)node->process << 32 | (uint64_t)(node->kind + 1) << 24 | (within & 0xffffff);
}

/* --- What there is ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum proc_kind kind;
} links[] = {
    {"exe", PROC_PROGRAM},    {"cwd", PROC_WORKING_DIRECTORY},   {"root", PROC_ROOT_DIRECTORY},
    {"fd", PROC_DESCRIPTORS}, {"fdinfo", PROC_DESCRIPTOR_TEXTS}, {"task", PROC_TASKS}};

/* The files below a process's or a thread's directory, and how many of the links. */
struct contents {
    const struct proc_entry *entries;
    size_t entry_count, link_count;
};

static struct contents contents_of(const struct proc_node *directory)
{
    if (directory->kind == PROC_THREAD)
        return (struct contents){proc_processes->thread_entries, proc_processes->thread_entry_count,
                                 ARRAY_SIZE(links) - 1 /* no tasks of a task */};
    return (struct contents){proc_processes->entries, proc_processes->entry_count,
                             ARRAY_SIZE(links)};
}

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
static bool is_in(const struct proc_entry *entry, const struct proc_node *directory, size_t *length)
{
    const char *name = entry->name;
    if (directory->prefix > 0 && strncmp(name, directory->entry->name, directory->prefix) != 0)
        return false;
    const char *rest = name + directory->prefix, *slash = strchr(rest, '/');
    *length = slash ? (size_t)(slash - rest) : strlen(rest);
    return true;
}

/* The node for an entry in a directory above it: the entry's file, or the next directory on the way
 * there. */
static struct proc_node entry_node(const struct proc_entry *entry,
                                   const struct proc_node *directory, size_t length)
{
    ASSERT(directory->prefix + length <= strlen(entry->name));
    bool is_directory = entry->name[directory->prefix + length] == '/';
    return (struct proc_node){
        .kind = is_directory ? PROC_DIRECTORY : PROC_FILE,
        .entry = entry,
        .prefix = is_directory ? directory->prefix + length + 1 : 0,
    };
}

static bool find_entry(const struct proc_node *directory, const char *name, size_t length,
                       struct proc_node *found)
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
    return proc_processes && process > 0 && proc_processes->owner(process, &uid, &gid);
}

static bool find_in_root(const struct proc_node *root, const char *name, size_t length,
                         struct proc_node *found)
{
    int process;
    if (equals(name, length, "self")) {
        *found = (struct proc_node){.kind = PROC_SELF};
        return proc_processes;
    }
    *found = (struct proc_node){.kind = PROC_PROCESS};
    if (parse(name, length, &process) && process_exists(process)) {
        found->process = process;
        return true;
    }
    return find_entry(root, name, length, found);
}

static bool find_in_process(const struct proc_node *directory, const char *name, size_t length,
                            struct proc_node *found)
{
    const struct contents contents = contents_of(directory);
    int process = directory->process;
    for (size_t i = 0; i < contents.link_count; i++) {
        *found = (struct proc_node){.kind = links[i].kind, .process = process};
        if (equals(name, length, links[i].name))
            return true;
    }
    for (size_t i = 0; i < contents.entry_count; i++) {
        *found = (struct proc_node){
            .kind = PROC_FILE, .process = process, .entry = &contents.entries[i]};
        if (equals(name, length, found->entry->name))
            return true;
    }
    return false;
}

static bool find_thread(int process, const char *name, size_t length, struct proc_node *found)
{
    int thread;
    if (!parse(name, length, &thread) || thread == 0 ||
        proc_processes->next_thread(process, thread - 1) != thread)
        return false;
    *found = (struct proc_node){.kind = PROC_THREAD, .process = thread};
    return true;
}

enum error proc_get_file(int process, int fd, struct file **file)
{
    struct file_table *table;
    enum error error = proc_processes->files(process, &table);
    if (error)
        return error;
    error = file_table_get_named(table, fd, file);
    file_table_release(table);
    return error ? ERROR_NO_ENTRY : OK;
}

/* What the file is open for, as permissions of the link to it: lsof reads them there. */
static uint32_t link_permissions(const struct file *file)
{
    static const uint32_t of_mode[] = {0500, 0300, 0700, 0};
    return file->flags & O_PATH ? 0 : of_mode[file->flags & O_ACCMODE];
}

/* The node of a descriptor in the directory fd or fdinfo. */
static struct proc_node descriptor_node(const struct proc_node *directory, int fd)
{
    bool is_text = directory->kind == PROC_DESCRIPTOR_TEXTS;
    return (struct proc_node){.kind = is_text ? PROC_DESCRIPTOR_TEXT : PROC_DESCRIPTOR,
                              .process = directory->process,
                              .fd = fd};
}

static bool find_descriptor(const struct proc_node *directory, const char *name, size_t length,
                            struct proc_node *found)
{
    int fd;
    struct file *file;
    if (!parse(name, length, &fd) || proc_get_file(directory->process, fd, &file) != OK)
        return false;
    *found = descriptor_node(directory, fd);
    found->permissions = link_permissions(file);
    file_release(file);
    return true;
}

bool proc_find(const struct proc_node *directory, const char *name, size_t length,
               struct proc_node *found)
{
    switch (directory->kind) {
    case PROC_ROOT:
        return find_in_root(directory, name, length, found);
    case PROC_PROCESS:
    case PROC_THREAD:
        return process_exists(directory->process) &&
               find_in_process(directory, name, length, found);
    case PROC_TASKS:
        return find_thread(directory->process, name, length, found);
    case PROC_DESCRIPTORS:
    case PROC_DESCRIPTOR_TEXTS:
        return find_descriptor(directory, name, length, found);
    default:
        return find_entry(directory, name, length, found);
    }
}

/* --- Listings --------------------------------------------------------------------------------- */

/* Shows a name, unless the listing has gone past `offset` already. False: there is no room. */
static bool show(struct file *file, struct entry_sink *sink, const char *name, size_t length,
                 const struct proc_node *node, uint64_t offset)
{
    if (file->position > offset)
        return true;
    uint32_t type = proc_node_mode(node) & S_IFMT;
    if (!sink->emit(sink, name, length, proc_node_number(node), type, offset + 1))
        return false;
    file->position = offset + 1;
    return true;
}

static bool show_number(struct file *file, struct entry_sink *sink, int number,
                        const struct proc_node *node, uint64_t offset)
{
    char name[NUMBER_TEXT];
    int length = snprintf(name, sizeof(name), "%d", number);
    return show(file, sink, name, (size_t)length, node, offset);
}

/* Where a listing of numbers goes on, whose first one would be at the offset `first`: a program may
 * have set any position. */
static int number_at(const struct file *file, uint64_t first)
{
    return (int)MIN(file->position - first, (uint64_t)INT32_MAX);
}

/* Does an entry before this one have the same name in the directory? */
static bool is_repeated(const struct proc_entry *entry, const struct proc_node *directory,
                        size_t length)
{
    struct proc_node first = {0};
    find_entry(directory, entry->name + directory->prefix, length, &first);
    return first.entry != entry;
}

static bool list_entries(struct file *file, struct entry_sink *sink,
                         const struct proc_node *directory)
{
    uint64_t offset = FIRST_ENTRY_OFFSET;
    list_for_each(link, &entries) {
        const struct proc_entry *entry = CONTAINER_OF(link, struct proc_entry, node);
        size_t length;
        offset++;
        if (!is_in(entry, directory, &length) || is_repeated(entry, directory, length))
            continue;
        struct proc_node node = entry_node(entry, directory, length);
        if (!show(file, sink, entry->name + directory->prefix, length, &node, offset))
            return false;
    }
    return true;
}

static void list_root(struct file *file, struct entry_sink *sink, const struct proc_node *root)
{
    if (!list_entries(file, sink, root) || !proc_processes)
        return;
    const struct proc_node self = {.kind = PROC_SELF};
    if (!show(file, sink, "self", 4, &self, FIRST_PROCESS_OFFSET))
        return;
    int process = number_at(file, FIRST_PROCESS_OFFSET + 1);
    while ((process = proc_processes->next(process)) > 0) {
        const struct proc_node node = {.kind = PROC_PROCESS, .process = process};
        if (!show_number(file, sink, process, &node, FIRST_PROCESS_OFFSET + (uint64_t)process))
            return;
    }
}

static void list_process(struct file *file, struct entry_sink *sink,
                         const struct proc_node *directory)
{
    const struct contents contents = contents_of(directory);
    int process = directory->process;
    uint64_t offset = FIRST_ENTRY_OFFSET;
    for (size_t i = 0; i < contents.link_count; i++, offset++) {
        const struct proc_node node = {.kind = links[i].kind, .process = process};
        if (!show(file, sink, links[i].name, strlen(links[i].name), &node, offset))
            return;
    }
    for (size_t i = 0; i < contents.entry_count; i++, offset++) {
        const struct proc_node node = {
            .kind = PROC_FILE, .process = process, .entry = &contents.entries[i]};
        if (!show(file, sink, node.entry->name, strlen(node.entry->name), &node, offset))
            return;
    }
}

static void list_threads(struct file *file, struct entry_sink *sink, int process)
{
    int thread = MAX(number_at(file, FIRST_ENTRY_OFFSET) - 1, 0);
    while ((thread = proc_processes->next_thread(process, thread)) > 0) {
        const struct proc_node node = {.kind = PROC_THREAD, .process = thread};
        if (!show_number(file, sink, thread, &node, FIRST_ENTRY_OFFSET + (uint64_t)thread))
            break;
    }
}

static enum error list_descriptors(struct file *file, struct entry_sink *sink,
                                   const struct proc_node *directory)
{
    struct file_table *table;
    enum error error = proc_processes->files(directory->process, &table);
    if (error)
        return error;
    int fd = number_at(file, FIRST_ENTRY_OFFSET);
    for (; (fd = file_table_next(table, fd)) >= 0; fd++) {
        const struct proc_node node = descriptor_node(directory, fd);
        if (!show_number(file, sink, fd, &node, FIRST_ENTRY_OFFSET + (uint64_t)fd))
            break;
    }
    file_table_release(table);
    return OK;
}

enum error proc_list(const struct proc_node *directory, struct file *file, struct entry_sink *sink)
{
    const struct proc_node parent = {.kind = PROC_ROOT};
    if (!show(file, sink, ".", 1, directory, 0) || !show(file, sink, "..", 2, &parent, 1))
        return OK;
    switch (directory->kind) {
    case PROC_ROOT:
        list_root(file, sink, directory);
        return OK;
    case PROC_PROCESS:
    case PROC_THREAD:
        if (!process_exists(directory->process))
            return ERROR_NO_ENTRY;
        list_process(file, sink, directory);
        return OK;
    case PROC_TASKS:
        list_threads(file, sink, directory->process);
        return OK;
    case PROC_DESCRIPTORS:
    case PROC_DESCRIPTOR_TEXTS:
        return list_descriptors(file, sink, directory);
    default:
        list_entries(file, sink, directory);
        return OK;
    }
}
