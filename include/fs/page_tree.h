/*
 * The pages of a file: from a page's number to its frame. A radix tree with nodes of 64 entries, no
 * higher than the highest page needs; a file of one page has no node.
 */
#ifndef FS_PAGE_TREE_H
#define FS_PAGE_TREE_H

#include <error.h>
#include <types.h>

/* All zeros is an empty tree. */
struct page_tree {
    uint64_t root;   /* a frame if height is 0, else a node's address; 0: nothing */
    unsigned height; /* levels of nodes */
};

/* The frame of the page; NO_FRAME: there is none. */
phys_addr_t page_tree_get(const struct page_tree *tree, uint64_t index);

/* Adds the frame of a page that has none. ERROR_OUT_OF_FRAMES. */
enum error page_tree_add(struct page_tree *tree, uint64_t index, phys_addr_t frame);

/* Removes the first page from *from on and returns its frame, with *from behind that page;
 * NO_FRAME: there is none. */
phys_addr_t page_tree_remove_next(struct page_tree *tree, uint64_t *from);

#endif
