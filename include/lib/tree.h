/*
 * Balanced trees of nodes in the order of a number, the key. A `struct tree_node` lies inside each
 * element, and CONTAINER_OF returns the element. So no operation allocates. Keys need not differ;
 * among equal ones, the order is that of insertion.
 *
 * The tree is a treap (Seidel and Aragon, 1996): a search tree by key, and a heap by priorities
 * that are drawn at random. That is the tree which insertion in a random order would have made: its
 * expected depth is about 1.4 log2(n), however the keys come in.
 *
 * Each node has a value, 0 at first, and knows the largest value in its subtree. So the next node
 * with a large value is found without a look at each node between.
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
    uint64_t value;           /* tree_set_value() */
    uint64_t largest;         /* of the values in the subtree */
    uint32_t priority;        /* at least that of each child */
};

struct tree {
    struct tree_node *root; /* NULL: empty */
    uint64_t random;        /* the state of the priorities */
};

/* Inserts a node, which is in no tree, with that key and the value 0. O(log n), as all that
 * follows. A tree of zeros is empty. */
void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key);

/* Removes a node of this tree. */
void tree_remove(struct tree *tree, struct tree_node *node);

/* Changes the value of a node that is in a tree. */
void tree_set_value(struct tree_node *node, uint64_t value);

/* The last node with a value of at least `value`, up to `node` itself. NULL when there is none, or
 * `node` is NULL. */
struct tree_node *tree_last_with(struct tree_node *node, uint64_t value);

/* The first node whose key is `key` or more; the last node whose key is `key` or less; NULL when
 * there is none. */
struct tree_node *tree_find_from(const struct tree *tree, uint64_t key);
struct tree_node *tree_find_to(const struct tree *tree, uint64_t key);

/* The neighbours of a node in the order; NULL at the end. O(1) on average over a whole tree. */
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_previous(const struct tree_node *node);

#endif
