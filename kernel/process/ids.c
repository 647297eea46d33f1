#include <assert.h>
#include <kernel/process/user_thread.h>
#include <mm/heap.h>
#include <types.h>

static struct tree ids; /* by number */
static int last;
static int limit = ID_FIRST_LIMIT;
static uint64_t created;

static struct id *id_of(struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct id, node) : NULL;
}

struct id *id_find(int number)
{
    struct id *id = number > 0 ? id_of(tree_find_from(&ids, (uint64_t)number)) : NULL;
    return id && id->number == number ? id : NULL;
}

struct id *id_next_process(int number)
{
    struct id *id = id_of(tree_find_from(&ids, (uint64_t)number + 1));
    while (id && !id->process)
        id = id_of(tree_next(&id->node));
    return id;
}

struct id *id_next_thread(const struct process *process, int number)
{
    struct id *id = id_of(tree_find_from(&ids, (uint64_t)number + 1));
    while (id && !(id->thread && id->thread->process == process))
        id = id_of(tree_next(&id->node));
    return id;
}

int id_limit(void)
{
    return limit;
}

enum error id_set_limit(uint64_t new_limit)
{
    if (new_limit < ID_LEAST_LIMIT || new_limit > ID_MOST_LIMIT)
        return ERROR_INVALID;
    limit = (int)new_limit;
    return OK;
}

int id_last(void)
{
    return last;
}

uint64_t id_count_created(void)
{
    return created;
}

/* The first free number from `from` on and below `end`; 0: there is none. */
static int find_free(int from, int end)
{
    const struct tree_node *node = tree_find_from(&ids, (uint64_t)from);
    while (node && node->key == (uint64_t)from && from < end) {
        node = tree_next(node);
        from++;
    }
    return from < end ? from : 0;
}

static int next_free(void)
{
    int number = find_free(last + 1, limit);
    return number ? number : find_free(ID_FIRST_REUSED, limit);
}

bool ids_are_out(void)
{
    return !next_free();
}

struct id *id_create(void)
{
    int number = next_free();
    struct id *id = number ? kzalloc(sizeof(*id)) : NULL;
    if (!id)
        return NULL;
    last = number;
    created++;
    id->number = number;
    id->references = 1;
    list_init(&id->group);
    list_init(&id->session);
    wait_queue_init(&id->ended);
    tree_insert(&ids, &id->node, (uint64_t)number);
    return id;
}

void id_reference(struct id *id)
{
    id->references++;
}

void id_release(struct id *id)
{
    ASSERT(id->references > 0);
    if (--id->references)
        return;
    ASSERT(!id->process);
    ASSERT(!id->thread);
    ASSERT(list_empty(&id->group));
    ASSERT(list_empty(&id->session));
    tree_remove(&ids, &id->node);
    kfree(id);
}
