/*
 * Intrusive doubly linked lists. A `struct list_node` lies inside each element of a list, and
 * CONTAINER_OF returns the element. So no operation allocates, and each is O(1). The nodes form a
 * circle with the list's head. A node that is on no list points at itself: so it may be removed
 * twice, and a comparison tells whether it is on a list. Before a change, ASSERTs check that the
 * neighbours point at each other: a list that was overwritten is a panic, before it does more harm.
 *
 * No function here masks interrupts. If an interrupt handler uses a list, its owner does that.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <assert.h>
#include <types.h>

struct list_node {
    struct list_node *next;
    struct list_node *previous;
};

struct list {
    struct list_node head;
};

/* For static initialisers: `static struct list ready = LIST_INIT(ready);` */
#define LIST_INIT(list)                                           \
    {                                                             \
        .head = {.next = &(list).head, .previous = &(list).head } \
    }

/* Initialises a node that is on no list, and an empty list. */
static inline void list_node_init(struct list_node *node)
{
    node->next = node->previous = node;
}
static inline void list_init(struct list *list)
{
    list_node_init(&list->head);
}

/* Initialises a list of one node, which is on no other list. */
static inline void list_init_with(struct list *list, struct list_node *node)
{
    list->head.next = list->head.previous = node;
    node->next = node->previous = &list->head;
}

/* Is the list empty? */
static inline bool list_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

/* Is the node on a list? It must have been initialised. */
static inline bool list_node_linked(const struct list_node *node)
{
    return node->next != node;
}

/* Puts `node`, which is on no list, before `where`. */
static inline void list_insert_before(struct list_node *where, struct list_node *node)
{
    struct list_node *before = where->previous;
    ASSERT(before->next == where);
    node->next = where;
    node->previous = before;
    before->next = node;
    where->previous = node;
}

/* Puts `node`, which is on no list, at the end or at the start. */
static inline void list_push_back(struct list *list, struct list_node *node)
{
    list_insert_before(&list->head, node);
}
static inline void list_push_front(struct list *list, struct list_node *node)
{
    list_insert_before(list->head.next, node);
}

/* Removes the node from its list; does nothing when it is on none. */
static inline void list_remove(struct list_node *node)
{
    ASSERT(node->previous->next == node);
    ASSERT(node->next->previous == node);
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_node_init(node);
}

/* Returns the first node, or NULL when the list is empty. */
static inline struct list_node *list_first(const struct list *list)
{
    return list_empty(list) ? NULL : list->head.next;
}

/* Removes the first node and returns it, or returns NULL when the list is empty. */
static inline struct list_node *list_pop_front(struct list *list)
{
    if (list_empty(list))
        return NULL;
    struct list_node *node = list->head.next;
    list_remove(node);
    return node;
}

/* Visits each node in order. The loop's body must not remove `node`. */
#define list_for_each(node, list) \
    for (struct list_node *node = (list)->head.next; node != &(list)->head; node = node->next)

#endif
