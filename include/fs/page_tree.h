/*
 * The pages of a file: from a page's number to its entry, which is not 0: a frame, with the owner's
 * flags in the bits below PAGE_SIZE. A radix tree with nodes of 64 entries, no higher than the
 * highest page needs; a file of one page has no node.
 */
#ifndef FS_PAGE_TREE_H
#define FS_PAGE_TREE_H

#include <error.h>
#include <types.h>

/* All zeros is an empty tree. */
struct page_tree {
    uint64_t root;   /* an entry if height is 0, else a node's address; 0: nothing */
    unsigned height; /* levels of nodes */
};

/* The entry of the page; 0: there is none. */
uint64_t page_tree_get(const struct page_tree *tree, uint64_t index);

/* Gives a page that has an entry another one. */
void page_tree_set(struct page_tree *tree, uint64_t index, uint64_t entry);

/* The first page from *from on: returns its entry and sets *from to it; 0: there is none. */
uint64_t page_tree_next(const struct page_tree *tree, uint64_t *from);

/* Adds an entry for a page that has none. ERROR_OUT_OF_FRAMES. */
enum error page_tree_add(struct page_tree *tree, uint64_t index, uint64_t entry);

/* Removes the first page from *from on and returns its entry, with *from behind that page; 0: there
 * is none. */
uint64_t page_tree_remove_next(struct page_tree *tree, uint64_t *from);

#endif
