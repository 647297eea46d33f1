#include <assert.h>
#include <kernel/process/process.h>
#include <kernel/task/clock.h>
#include <lib/string.h>
#include <mm/heap.h>

static struct tree processes; /* by id */
static size_t count;
static int last_id;
static bool ids_are_reused; /* all have been given out once */

struct process *process_next(int id)
{
    struct tree_node *node = tree_find_from(&processes, (uint64_t)id + 1);
    return node ? CONTAINER_OF(node, struct process, by_id) : NULL;
}

struct process *process_find(int id)
{
    struct process *process = id > 0 ? process_next(id - 1) : NULL;
    return process && process->id == id ? process : NULL;
}

size_t process_count(void)
{
    return count;
}

/* Is the number a process's, a group's or a session's? The last two may outlive the process that
 * they are named after. */
static bool id_is_used(int id)
{
    if (!ids_are_reused)
        return false;
    for_each_process(process) {
        if (process->id == id || process->group == id || process->session == id)
            return true;
    }
    return false;
}

/* The next free number; 0 when all are used. */
static int free_id(void)
{
    for (int tries = 0; tries < PROCESS_MAX_ID; tries++) {
        ids_are_reused |= last_id == PROCESS_MAX_ID;
        last_id = last_id % PROCESS_MAX_ID + 1;
        if (!id_is_used(last_id))
            return last_id;
    }
    return 0;
}

struct process *process_create(struct process *parent)
{
    int id = free_id();
    struct process *process = id ? kzalloc(sizeof(*process)) : NULL;
    if (!process)
        return NULL;
    process->id = process->group = process->session = id;
    process->parent = parent;
    list_init(&process->children);
    list_node_init(&process->sibling);
    wait_queue_init(&process->changed);
    process->start = clock_now();
    if (parent)
        list_push_back(&parent->children, &process->sibling);
    tree_insert(&processes, &process->by_id, (uint64_t)id);
    count++;
    return process;
}

void process_forget(struct process *process)
{
    ASSERT(list_empty(&process->children));
    list_remove(&process->sibling);
    tree_remove(&processes, &process->by_id);
    count--;
    kfree(process);
}

bool process_group_is_orphaned(int group, int session)
{
    for_each_process(process) {
        const struct process *parent = process->parent;
        if (process->group == group && process->state == PROCESS_LIVE && parent &&
            parent->id != PROCESS_FIRST && parent->group != group && parent->session == session)
            return false;
    }
    return true;
}

void process_set_name(struct process *process, const char *path)
{
    const char *name = path;
    for (const char *at = path; *at; at++) {
        if (*at == '/' && at[1])
            name = at + 1;
    }
    size_t length = MIN(strlen(name), sizeof(process->name) - 1);
    memset(process->name, 0, sizeof(process->name));
    memcpy(process->name, name, length);
    if (process->thread)
        memcpy(process->thread->name, process->name, sizeof(process->name));
}
