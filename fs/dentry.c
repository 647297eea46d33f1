/*
 * The table has a list of dentries for each bucket. The number of buckets doubles when there are
 * more kept dentries than buckets. Without memory for that the lists become longer.
 */
#include <assert.h>
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/notify.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { FIRST_BITS = 6, FIRST_OFFSET = 2 }; /* offsets 0 and 1 are the entries . and .. */

static struct dentry *first_buckets[1 << FIRST_BITS];
static struct dentry **buckets = first_buckets;
static unsigned bucket_bits = FIRST_BITS;
static size_t kept;

/* Multiplying spreads the bits to the top (Knuth, TAOCP 3, 6.4). */
static struct dentry **bucket_of(const struct dentry *parent, uint32_t hash)
{
    uint32_t mixed = (hash ^ (uint32_t)((uintptr_t)parent >> 4)) * UINT32_C(0x9e3779b1);
    return &buckets[mixed >> (32 - bucket_bits)];
}

static void insert(struct dentry *dentry)
{
    struct dentry **bucket = bucket_of(dentry->parent, dentry->hash);
    dentry->next_in_bucket = *bucket;
    *bucket = dentry;
}

static void take_out(struct dentry *dentry)
{
    struct dentry **link = bucket_of(dentry->parent, dentry->hash);
    while (*link != dentry) {
        ASSERT(*link);
        link = &(*link)->next_in_bucket;
    }
    *link = dentry->next_in_bucket;
}

static void grow_table(void)
{
    struct dentry **old = buckets;
    size_t old_count = (size_t)1 << bucket_bits;
    struct dentry **larger = kzalloc(2 * old_count * sizeof(struct dentry *));
    if (!larger)
        return;
    buckets = larger;
    bucket_bits++;
    for (size_t i = 0; i < old_count; i++) {
        for (struct dentry *next, *dentry = old[i]; dentry; dentry = next) {
            next = dentry->next_in_bucket;
            insert(dentry);
        }
    }
    if (old != first_buckets)
        kfree(old);
}

/* NULL when memory is out. */
static char *memory_for_name(struct dentry *dentry, size_t length)
{
    return length < DENTRY_SHORT_NAME ? dentry->short_name : kmalloc(length + 1);
}

static void set_name(struct dentry *dentry, char *memory, const char *name, size_t length)
{
    memcpy(memory, name, length);
    memory[length] = '\0';
    dentry->name = memory;
    dentry->name_length = (uint16_t)length;
    dentry->hash = dentry_hash(name, length);
}

static void free_name(struct dentry *dentry)
{
    if (dentry->name != dentry->short_name)
        kfree(dentry->name);
}

struct dentry *dentry_create(struct dentry *parent, const char *name, size_t length,
                             struct inode *inode)
{
    ASSERT(length <= NAME_MAX);
    struct dentry *dentry = kmalloc(sizeof(*dentry));
    char *memory = dentry ? memory_for_name(dentry, length) : NULL;
    if (!memory) {
        kfree(dentry);
        return NULL;
    }
    *dentry = (struct dentry){
        .references = 1, .inode = inode, .parent = dentry, .next_offset = FIRST_OFFSET};
    set_name(dentry, memory, name, length);
    list_init(&dentry->children);
    list_node_init(&dentry->sibling);
    if (parent) {
        dentry->parent = parent;
        dentry_reference(parent);
    }
    return dentry;
}

/* Frees the parents that nothing else holds, too: in a loop, since directories may be deep. */
void dentry_free(struct dentry *dentry)
{
    for (;;) {
        struct dentry *parent = dentry->parent;
        ASSERT(!dentry->is_kept);
        ASSERT(dentry->mounts == 0);
        ASSERT(list_empty(&dentry->children));
        if (dentry->inode && dentry->inode->opened_as == dentry)
            dentry->inode->opened_as = NULL;
        if (dentry->inode) {
            notify_end(dentry->inode);
            inode_release(dentry->inode);
        }
        free_name(dentry);
        kfree(dentry);
        if (parent == dentry)
            return;
        ASSERT(parent->references > 0);
        if (--parent->references > 0)
            return;
        dentry = parent;
    }
}

struct dentry *dentry_find(const struct dentry *parent, const char *name, size_t length,
                           uint32_t hash)
{
    struct dentry *dentry = *bucket_of(parent, hash);
    for (; dentry; dentry = dentry->next_in_bucket) {
        if (dentry->hash == hash && dentry->parent == parent && dentry->name_length == length &&
            memcmp(dentry->name, name, length) == 0)
            break;
    }
    return dentry;
}

static void add_to_directory(struct dentry *dentry)
{
    dentry->offset = dentry->parent->next_offset++;
    list_push_back(&dentry->parent->children, &dentry->sibling);
    insert(dentry);
}

static void remove_from_directory(struct dentry *dentry)
{
    take_out(dentry);
    list_remove(&dentry->sibling);
    dentry->parent->removals++;
}

void dentry_keep(struct dentry *dentry)
{
    ASSERT(!dentry->is_kept);
    ASSERT(dentry->inode);
    ASSERT(dentry->parent != dentry);
    ASSERT(inode_is_directory(dentry->parent->inode));
    dentry->is_kept = true;
    dentry_reference(dentry);
    if (++kept > (size_t)1 << bucket_bits)
        grow_table();
    add_to_directory(dentry);
}

enum error dentry_add(struct dentry *parent, const char *name, size_t length, struct inode *inode,
                      struct dentry **added)
{
    *added = dentry_create(parent, name, length, inode);
    if (!*added) {
        inode_release(inode);
        return ERROR_OUT_OF_FRAMES;
    }
    dentry_keep(*added);
    return OK;
}

void dentry_delete(struct dentry *dentry)
{
    ASSERT(dentry->is_kept);
    ASSERT(kept > 0);
    remove_from_directory(dentry);
    kept--;
    dentry->is_kept = false;
    dentry->is_deleted = true;
    dentry_release(dentry);
}

enum error dentry_move(struct dentry *dentry, struct dentry *parent, const char *name,
                       size_t length)
{
    ASSERT(dentry->is_kept);
    ASSERT(length <= NAME_MAX && inode_is_directory(parent->inode));
    ASSERT(!dentry_is_below(parent, dentry));
    struct dentry *old_parent = dentry->parent;
    char *memory = memory_for_name(dentry, length);
    if (!memory)
        return ERROR_OUT_OF_FRAMES;
    remove_from_directory(dentry);
    free_name(dentry);
    set_name(dentry, memory, name, length);
    dentry_reference(parent);
    dentry->parent = parent;
    add_to_directory(dentry);
    dentry_release(old_parent);
    return OK;
}

void dentry_move_or_forget(struct dentry *dentry, struct dentry *parent, const char *name,
                           size_t length)
{
    if (dentry_move(dentry, parent, name, length) == OK)
        return;
    (void)dentry_forget(dentry, SIZE_MAX);
    if (list_empty(&dentry->children))
        dentry_delete(dentry);
}

/* Each dentry keeps its file, and gets the name and the parent of the other. The parents'
 * references stay the same. */
static void exchange_names(struct dentry *a, struct dentry *b)
{
    const struct dentry old = *a;
    bool a_is_short = a->name == a->short_name, b_is_short = b->name == b->short_name;
    memcpy(a->short_name, b->short_name, sizeof(a->short_name));
    memcpy(b->short_name, old.short_name, sizeof(b->short_name));
    a->name = b_is_short ? a->short_name : b->name;
    b->name = a_is_short ? b->short_name : old.name;
    a->name_length = b->name_length;
    b->name_length = old.name_length;
    a->hash = b->hash;
    b->hash = old.hash;
    a->parent = b->parent;
    b->parent = old.parent;
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
    ASSERT(a->is_kept);
    ASSERT(b->is_kept);
    ASSERT(a != b);
    ASSERT(!dentry_is_below(a->parent, b) && !dentry_is_below(b->parent, a));
    remove_from_directory(a);
    remove_from_directory(b);
    exchange_names(a, b);
    add_to_directory(a);
    add_to_directory(b);
}

static struct dentry *first_child(const struct dentry *directory)
{
    struct list_node *node = list_first(&directory->children);
    return node ? CONTAINER_OF(node, struct dentry, sibling) : NULL;
}

struct dentry *dentry_next_child(const struct dentry *directory, uint64_t offset)
{
    list_for_each(node, &directory->children) {
        struct dentry *child = CONTAINER_OF(node, struct dentry, sibling);
        if (child->offset >= offset)
            return child;
    }
    return NULL;
}

struct dentry *dentry_after(const struct dentry *entry)
{
    struct list_node *node = entry->sibling.next;
    return node == &entry->parent->children.head ? NULL
                                                 : CONTAINER_OF(node, struct dentry, sibling);
}

static void delete_entries(struct dentry *root)
{
    struct dentry *dentry = root, *child;
    for (;;) {
        while ((child = first_child(dentry)))
            dentry = child;
        if (dentry == root)
            return;
        struct dentry *parent = dentry->parent;
        dentry_delete(dentry);
        dentry = parent;
    }
}

void dentry_drop_tree(struct dentry *root)
{
    delete_entries(root);
    dentry_release(root);
}

/* The first leaf of the tree below `dentry`, which may be `dentry` itself. */
static struct dentry *first_leaf(struct dentry *dentry)
{
    struct dentry *child;
    while ((child = first_child(dentry)))
        dentry = child;
    return dentry;
}

size_t dentry_forget(struct dentry *root, size_t wanted)
{
    size_t forgotten = 0;
    struct dentry *dentry = first_leaf(root);
    while (dentry != root && forgotten < wanted) {
        struct dentry *after = dentry_after(dentry);
        struct dentry *next = after ? first_leaf(after) : dentry->parent;
        if (dentry->references == 1 && list_empty(&dentry->children)) {
            ASSERT(dentry->sibling.next); /* only entries that are kept are in the tree */
            dentry_delete(dentry);
            forgotten++;
        }
        dentry = next;
    }
    return forgotten;
}

bool dentry_is_below(const struct dentry *dentry, const struct dentry *ancestor)
{
    while (dentry != ancestor && dentry->parent != dentry)
        dentry = dentry->parent;
    return dentry == ancestor;
}
