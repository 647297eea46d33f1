/*
 * Balanced trees of nodes in the order of a number, the key. A `struct tree_node` lies inside each
 * element, and CONTAINER_OF returns the element. So no operation allocates. Keys need not differ;
 * among equal ones, the order is that of insertion.
 *
 * The tree is a treap (Seidel and Aragon, 1996): a search tree by key, and a heap by priorities
 * that are drawn at random. That is the tree which insertion in a random order would have made: its
 * expected depth is about 1.4 log2(n), however the keys come in.
 *
 * A tree may summarise its elements: each element keeps something about its node's subtree, such as
 * the largest of some value, and `update` computes that from the element itself and the node's two
 * children. It is called for each node whose subtree changes, children first, up to the first one
 * where it changes nothing.
 *
 * No function here masks interrupts. If an interrupt handler uses a tree, its owner does that.
 */
#ifndef LIB_TREE_H
#define LIB_TREE_H

#include <types.h>

struct tree_node {
    struct tree_node *parent; /* NULL at the root */
    struct tree_node *left;   /* keys up to this node's; NULL: none */
    struct tree_node *right;  /* keys from this node's on; NULL: none */
    uint64_t key;             /* a change must not change the order */
    uint32_t priority;        /* at least that of each child */
};

struct tree {
    struct tree_node *root;                 /* NULL: empty */
    uint64_t random;                        /* the state of the priorities */
    bool (*update)(struct tree_node *node); /* has the summary changed? */
};

/* Makes an empty tree, which calls `update` (or NULL) as described above. */
void tree_init(struct tree *tree, bool (*update)(struct tree_node *node));

/* Inserts a node, which is in no tree, with that key. O(log n), as all that follows. */
void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key);

/* Removes a node of this tree. */
void tree_remove(struct tree *tree, struct tree_node *node);

/* Has the summaries updated when something of the node's element has changed that they are about.
 */
void tree_update(struct tree *tree, struct tree_node *node);

/* The first node whose key is `key` or more; the last node whose key is `key` or less; NULL when
 * there is none. */
struct tree_node *tree_find_from(const struct tree *tree, uint64_t key);
struct tree_node *tree_find_to(const struct tree *tree, uint64_t key);

/* The neighbours of a node in the order; NULL at the end. O(1) on average over a whole tree. */
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);

#endif
