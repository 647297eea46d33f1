#include <assert.h>
#include <lib/random.h>
#include <lib/tree.h>

/* Computes node->largest. Has it changed? */
static bool update(struct tree_node *node)
{
    const struct tree_node *left = node->left, *right = node->right;
    uint64_t before = node->largest, largest = node->value;
    if (left)
        largest = MAX(largest, left->largest);
    if (right)
        largest = MAX(largest, right->largest);
    node->largest = largest;
    return largest != before;
}

/* Updates a node whose subtree has changed, and those above that this changes. */
static void update_up(struct tree_node *node)
{
    while (node && update(node))
        node = node->parent;
}

/* Updates from `node` up to `top`, where each may have other children than before. */
static void update_path(struct tree_node *node, const struct tree_node *top)
{
    for (; node != top; node = node->parent)
        update(node);
}

void tree_set_value(struct tree_node *node, uint64_t value)
{
    if (node->value == value)
        return;
    node->value = value;
    update_up(node);
}

/* The end of a subtree's left or right edge, where the next node of that edge is linked. */
struct edge {
    struct tree_node *parent;
    struct tree_node **link;
};

static void append(struct edge *edge, struct tree_node *node, struct tree_node **next)
{
    *edge->link = node;
    node->parent = edge->parent;
    *edge = (struct edge){node, next};
}

/* Splits a subtree into what comes before `node` and what comes after it: its children. */
static void split(struct tree_node *subtree, struct tree_node *node)
{
    struct edge before = {node, &node->left}, after = {node, &node->right};
    while (subtree) {
        struct tree_node *at = subtree;
        if (node->key < at->key) {
            subtree = at->left;
            append(&after, at, &at->left);
        } else {
            subtree = at->right;
            append(&before, at, &at->right);
        }
    }
    *before.link = *after.link = NULL;
    update_path(before.parent, node);
    update_path(after.parent, node);
}

void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
    struct tree_node *parent = NULL, **link = &tree->root;
    uint32_t priority = random_next(&tree->random);
    while (*link && (*link)->priority >= priority) {
        parent = *link;
        link = key < parent->key ? &parent->left : &parent->right;
    }
    struct tree_node *subtree = *link;
    node->parent = parent;
    node->key = key;
    node->value = 0;
    node->priority = priority;
    *link = node;
    split(subtree, node);
    update(node);
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    struct tree_node *above = node->parent, *left = node->left, *right = node->right;
    struct edge joint = {above, &tree->root};
    if (above)
        joint.link = above->left == node ? &above->left : &above->right;
    ASSERT(*joint.link == node);
    while (left && right) { /* the upper one first */
        struct tree_node *at = left;
        if (left->priority > right->priority) {
            left = at->right;
            append(&joint, at, &at->right);
        } else {
            at = right;
            right = at->left;
            append(&joint, at, &at->left);
        }
    }
    struct tree_node *rest = left ? left : right;
    *joint.link = rest;
    if (rest)
        rest->parent = joint.parent;
    update_path(joint.parent, above);
    update_up(above);
}

/* The last one of a subtree, which has one. */
static struct tree_node *last_with(struct tree_node *subtree, uint64_t value)
{
    struct tree_node *node = subtree;
    for (;;) {
        if (node->right && node->right->largest >= value)
            node = node->right;
        else if (node->value >= value)
            return node;
        else
            node = node->left;
    }
}

/* Looks at a node, then at its left subtree as a whole, and goes on with the node before that. */
struct tree_node *tree_last_with(struct tree_node *node, uint64_t value)
{
    while (node && node->value < value) {
        if (node->left && node->left->largest >= value)
            return last_with(node->left, value);
        while (node->parent && node->parent->left == node)
            node = node->parent;
        node = node->parent;
    }
    return node;
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
