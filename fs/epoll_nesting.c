/*
 * How deep epoll files watch each other. A search goes from level to level, and comes to each epoll
 * file once, so it takes no longer than there are such files and items.
 */
#include <assert.h>
#include <fs/epoll_item.h>

enum { NESTED_MAX = 6 };

/* A level of a search: `of` is a list of its epoll files, by next[parity]. */
struct level {
    void (*closed)(struct file_watch *watch); /* of a search up; NULL: the search goes down */
    struct epoll *of;
    unsigned parity;
    uint64_t search; /* its number: an epoll file is in a level once */
};

static void add_to_level(struct level *level, struct epoll *epoll)
{
    if (epoll->found[level->parity] == level->search)
        return;
    epoll->found[level->parity] = level->search;
    epoll->next[level->parity] = level->of;
    level->of = epoll;
}

/* Adds the epoll files that this one watches to the level, or those that watch it. */
static void add_neighbours(struct level *level, const struct epoll *epoll)
{
    if (!level->closed) {
        list_for_each(node, &epoll->nested)
            add_to_level(level, epoll_of(CONTAINER_OF(node, struct item, nested_link)->file));
        return;
    }
    for (struct file_watch *watch = epoll->file->watches; watch; watch = watch->next) {
        if (watch->closed == level->closed)
            add_to_level(level, CONTAINER_OF(watch, struct item, watch)->epoll);
    }
}

/* How many levels there are from `start` on, itself included, down to what it watches or up to what
 * watches it; more than NESTED_MAX when `target` is among them. */
static unsigned levels(struct epoll *start, const struct epoll *target,
                       void (*closed)(struct file_watch *watch))
{
    static uint64_t searches;
    unsigned count = 0;
    struct level level = {.closed = closed, .search = ++searches};
    for (add_to_level(&level, start); level.of && count <= NESTED_MAX; count++) {
        struct level next = {.closed = closed, .parity = !level.parity, .search = ++searches};
        for (struct epoll *epoll = level.of; epoll; epoll = epoll->next[level.parity]) {
            if (epoll == target)
                return NESTED_MAX + 1;
            add_neighbours(&next, epoll);
        }
        level = next;
    }
    return count;
}

bool epoll_is_too_deep(struct epoll *epoll, struct epoll *watched,
                       void (*closed)(struct file_watch *watch))
{
    ASSERT(epoll->file && watched->file);
    unsigned below = levels(watched, epoll, NULL);
    return below + levels(epoll, NULL, closed) > NESTED_MAX;
}
