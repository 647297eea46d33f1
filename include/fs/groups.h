/*
 * Lists of groups, to which a user belongs besides the own one. A list does not change: who gets
 * other groups gets another list. NULL is the empty list.
 */
#ifndef FS_GROUPS_H
#define FS_GROUPS_H

#include <types.h>

enum { GROUPS_MAX = 256 };

struct group_list {
    size_t references;
    size_t count;
    uint32_t ids[]; /* ascending */
};

/* A list with one reference, of at most GROUPS_MAX groups; NULL when memory is out. Not in
 * interrupt handlers, as all below. */
struct group_list *group_list_create(const uint32_t *ids, size_t count);

/* One more user; and one less, which frees it with the last one. */
void group_list_reference(struct group_list *groups);
void group_list_release(struct group_list *groups);

/* Is the group in the list? */
bool group_list_has(const struct group_list *groups, uint32_t gid);

#endif
