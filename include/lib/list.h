/*
 * Intrusive doubly linked lists. A `struct list_node` lies inside the thing that is listed
 * (CONTAINER_OF leads back), so no operation allocates and each is O(1). A list is a node that
 * heads a circle; a node that is on no list points at itself, which makes removing twice harmless
 * and "is it listed?" a comparison. Whoever changes a list looks first whether its neighbours agree
 * about it: a list that something has written over ends the system before it does more harm.
 *
 * No function here masks interrupts: a list that an interrupt handler touches is guarded by whoever
 * owns it.
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

/* Makes a node that is on no list; makes an empty list. */
static inline void list_node_init(struct list_node *node)
{
    node->next = node->previous = node;
}
static inline void list_init(struct list *list)
{
    list_node_init(&list->head);
}

/* Makes a list of one node, which is on no list. */
static inline void list_init_with(struct list *list, struct list_node *node)
{
    list->head.next = list->head.previous = node;
    node->next = node->previous = &list->head;
}

/* Is there nothing on the list? */
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

/* Takes the node off its list; harmless when it is on none. */
static inline void list_remove(struct list_node *node)
{
    ASSERT(node->previous->next == node);
    ASSERT(node->next->previous == node);
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_node_init(node);
}

/* The first node, or NULL when the list is empty. */
static inline struct list_node *list_first(const struct list *list)
{
    return list_empty(list) ? NULL : list->head.next;
}

/* Takes the first node off and returns it, or NULL when the list is empty. */
static inline struct list_node *list_pop_front(struct list *list)
{
    if (list_empty(list))
        return NULL;
    struct list_node *node = list->head.next;
    list_remove(node);
    return node;
}

/* Walks the list; `node` must not be removed within the loop. */
#define list_for_each(node, list) \
    for (struct list_node *node = (list)->head.next; node != &(list)->head; node = node->next)

#endif
