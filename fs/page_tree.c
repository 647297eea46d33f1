#include <assert.h>
#include <fs/page_tree.h>
#include <mm/heap.h>

enum {
    BITS = 6,
    SLOTS = 1 << BITS,
    HEIGHT_MAX = 9
}; /* 2^54 pages: more than a 63-bit offset has */

struct node {
    uint64_t slots[SLOTS]; /* the addresses of nodes, or at the lowest level entries; 0: nothing */
    unsigned used;         /* how many are not 0 */
};

static struct node *node_at(uint64_t entry)
{
    return (struct node *)entry;
}

/* Is the page beyond what a tree of that height can hold? */
static bool beyond(unsigned height, uint64_t index)
{
    return index >> (height * BITS) != 0;
}

/* Where the page's entry is; NULL when there is no node for it. */
static uint64_t *entry_of(struct page_tree *tree, uint64_t index)
{
    if (beyond(tree->height, index))
        return NULL;
    uint64_t *entry = &tree->root;
    for (unsigned shift = tree->height * BITS; shift > 0 && *entry;) {
        shift -= BITS;
        entry = &node_at(*entry)->slots[(index >> shift) % SLOTS];
    }
    return *entry ? entry : NULL;
}

uint64_t page_tree_get(const struct page_tree *tree, uint64_t index)
{
    if (beyond(tree->height, index))
        return 0;
    uint64_t entry = tree->root;
    for (unsigned shift = tree->height * BITS; shift > 0 && entry;) {
        shift -= BITS;
        entry = node_at(entry)->slots[(index >> shift) % SLOTS];
    }
    return entry;
}

void page_tree_set(struct page_tree *tree, uint64_t index, uint64_t entry)
{
    uint64_t *found = entry_of(tree, index);
    ASSERT(found && entry);
    *found = entry;
}

uint64_t page_tree_next(const struct page_tree *tree, uint64_t *from)
{
    while (tree->root && !beyond(tree->height, *from)) {
        uint64_t entry = tree->root;
        unsigned level = tree->height;
        for (; level > 0 && entry; level--)
            entry = node_at(entry)->slots[(*from >> ((level - 1) * BITS)) % SLOTS];
        if (entry)
            return entry;
        *from = ((*from >> (level * BITS)) + 1) << (level * BITS); /* behind the gap */
    }
    return 0;
}

/* Makes the tree high enough for the page. The old root becomes the first entry of a new one. */
static enum error grow(struct page_tree *tree, uint64_t index)
{
    for (; beyond(tree->height, index); tree->height++) {
        if (!tree->root)
            continue;
        struct node *node = kzalloc(sizeof(*node));
        if (!node)
            return ERROR_OUT_OF_FRAMES;
        node->slots[0] = tree->root;
        node->used = 1;
        tree->root = (uint64_t)node;
    }
    ASSERT(tree->height <= HEIGHT_MAX);
    return OK;
}

/* The nodes on the way to a page: path[level] is where the one of that level is linked from. */
struct path {
    uint64_t *links[HEIGHT_MAX + 1];
};

static struct node *node_on(const struct path *path, unsigned level)
{
    ASSERT(path->links[level]);
    return node_at(*path->links[level]);
}

/* Frees the nodes on the way that have become empty, from `level` upwards. */
static void prune(struct page_tree *tree, const struct path *path, unsigned level)
{
    for (; level <= tree->height; level++) {
        struct node *node = node_on(path, level);
        if (node->used > 0)
            return;
        kfree(node);
        *path->links[level] = 0;
        if (level < tree->height)
            node_on(path, level + 1)->used--;
    }
    if (!tree->root)
        tree->height = 0;
}

enum error page_tree_add(struct page_tree *tree, uint64_t index, uint64_t entry)
{
    struct path path = {0};
    enum error error = grow(tree, index);
    if (error)
        return error;
    uint64_t *link = &tree->root;
    for (unsigned level = tree->height; level > 0; level--) {
        if (!*link) {
            *link = (uint64_t)kzalloc(sizeof(struct node));
            if (!*link) {
                prune(tree, &path, level + 1);
                return ERROR_OUT_OF_FRAMES;
            }
            if (level < tree->height)
                node_on(&path, level + 1)->used++;
        }
        path.links[level] = link;
        link = &node_at(*link)->slots[(index >> ((level - 1) * BITS)) % SLOTS];
    }
    ASSERT(!*link && entry);
    *link = entry;
    if (tree->height > 0)
        node_on(&path, 1)->used++;
    return OK;
}

uint64_t page_tree_remove_next(struct page_tree *tree, uint64_t *from)
{
    struct path path = {0};
    while (tree->root && !beyond(tree->height, *from)) {
        uint64_t *link = &tree->root;
        unsigned level = tree->height;
        for (; level > 0 && *link; level--) {
            path.links[level] = link;
            link = &node_at(*link)->slots[(*from >> ((level - 1) * BITS)) % SLOTS];
        }
        uint64_t entry = *link;
        *from = ((*from >> (level * BITS)) + 1) << (level * BITS); /* behind the page or the gap */
        if (!entry)
            continue;
        *link = 0;
        if (tree->height > 0)
            node_on(&path, 1)->used--;
        prune(tree, &path, 1);
        return entry;
    }
    return 0;
}
