#include <assert.h>
#include <lib/random.h>
#include <lib/tree.h>

void tree_init(struct tree *tree, bool (*update)(struct tree_node *node))
{
    *tree = (struct tree){.update = update};
}

/* The pointer that points to `node`: the root's, or one of its parent's. */
static struct tree_node **link_to(struct tree *tree, struct tree_node *node)
{
    struct tree_node *parent = node->parent;
    struct tree_node **link = &tree->root;
    if (parent)
        link = parent->left == node ? &parent->left : &parent->right;
    ASSERT(*link == node);
    return link;
}

static void set_child(struct tree_node *parent, struct tree_node **link, struct tree_node *child)
{
    *link = child;
    if (child)
        child->parent = parent;
}

/* Exchanges a node and one of its children, which becomes its parent; the order stays. Above them
 * no summary changes; theirs are the caller's to update.
 *
 *         node            child
 *        /    \          /     \
 *     child    C   <->  A      node
 *     /   \                   /    \
 *    A     B                 B      C
 */
static void rotate(struct tree *tree, struct tree_node *node, struct tree_node *child)
{
    struct tree_node **link = link_to(tree, node);
    child->parent = node->parent;
    if (node->left == child) {
        set_child(node, &node->left, child->right);
        set_child(child, &child->right, node);
    } else {
        set_child(node, &node->right, child->left);
        set_child(child, &child->left, node);
    }
    *link = child;
}

static void update(const struct tree *tree, struct tree_node *node)
{
    if (tree->update)
        tree->update(node);
}

void tree_update(struct tree *tree, struct tree_node *node)
{
    while (tree->update && node && tree->update(node))
        node = node->parent;
}

void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
    struct tree_node *parent = NULL, **link = &tree->root;
    while (*link) {
        parent = *link;
        link = key < parent->key ? &parent->left : &parent->right;
    }
    *node = (struct tree_node){.parent = parent, .key = key};
    node->priority = random_next(&tree->random);
    *link = node;
    while ((parent = node->parent) && parent->priority < node->priority) {
        rotate(tree, parent, node);
        update(tree, parent);
    }
    update(tree, node);
    tree_update(tree, parent);
}

/* The child that may become the parent of the other one. */
static struct tree_node *upper_child(const struct tree_node *node)
{
    if (!node->left || !node->right)
        return node->left ? node->left : node->right;
    return node->left->priority > node->right->priority ? node->left : node->right;
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    struct tree_node *above = node->parent;
    for (struct tree_node *child; (child = upper_child(node));)
        rotate(tree, node, child);
    *link_to(tree, node) = NULL;
    for (struct tree_node *risen = node->parent; risen != above; risen = risen->parent)
        update(tree, risen);
    tree_update(tree, above);
}

struct tree_node *tree_find_from(const struct tree *tree, uint64_t key)
{
    struct tree_node *found = NULL;
    for (struct tree_node *node = tree->root; node;) {
        if (node->key >= key)
            found = node;
        node = node->key >= key ? node->left : node->right;
    }
    return found;
}

struct tree_node *tree_find_to(const struct tree *tree, uint64_t key)
{
    struct tree_node *found = NULL;
    for (struct tree_node *node = tree->root; node;) {
        if (node->key <= key)
            found = node;
        node = node->key <= key ? node->right : node->left;
    }
    return found;
}

struct tree_node *tree_next(const struct tree_node *node)
{
    struct tree_node *next = node->right;
    if (next) {
        while (next->left)
            next = next->left;
        return next;
    }
    for (next = node->parent; next && next->right == node; next = next->parent)
        node = next;
    return next;
}

struct tree_node *tree_previous(const struct tree_node *node)
{
    struct tree_node *previous = node->left;
    if (previous) {
        while (previous->right)
            previous = previous->right;
        return previous;
    }
    for (previous = node->parent; previous && previous->left == node; previous = previous->parent)
        node = previous;
    return previous;
}
