#include <assert.h>
#include <fs/groups.h>
#include <mm/heap.h>

/* Puts a group into its place in the list. */
static void insert(struct group_list *groups, uint32_t gid)
{
    size_t at = groups->count++;
    for (; at > 0 && groups->ids[at - 1] > gid; at--)
        groups->ids[at] = groups->ids[at - 1];
    groups->ids[at] = gid;
}

struct group_list *group_list_create(const uint32_t *ids, size_t count)
{
    ASSERT(count <= GROUPS_MAX);
    struct group_list *groups = kmalloc(sizeof(*groups) + count * sizeof(groups->ids[0]));
    if (!groups)
        return NULL;
    groups->references = 1;
    groups->count = 0;
    for (size_t i = 0; i < count; i++)
        insert(groups, ids[i]);
    return groups;
}

void group_list_reference(struct group_list *groups)
{
    if (groups)
        groups->references++;
}

void group_list_release(struct group_list *groups)
{
    if (!groups)
        return;
    ASSERT(groups->references > 0);
    if (--groups->references == 0)
        kfree(groups);
}

bool group_list_has(const struct group_list *groups, uint32_t gid)
{
    for (size_t i = 0; groups && i < groups->count; i++) {
        if (groups->ids[i] == gid)
            return true;
    }
    return false;
}
