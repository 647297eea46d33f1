#include <assert.h>
#include <kernel/process/process.h>
#include <kernel/process/signal_queue.h>
#include <kernel/task/clock.h>
#include <lib/string.h>
#include <mm/heap.h>

static size_t count;

struct process *process_next(int number)
{
    const struct id *id = id_next_process(number);
    return id ? id->process : NULL;
}

struct process *process_find(int number)
{
    const struct id *id = id_find(number);
    return id ? id->process : NULL;
}

struct process *process_of_number(int number)
{
    const struct id *id = id_find(number);
    if (!id)
        return NULL;
    return id->process ? id->process : id->thread ? id->thread->process : NULL;
}

size_t process_count(void)
{
    return count;
}

static void join(struct process *process, struct id *group, struct id *session)
{
    id_reference(group);
    id_reference(session);
    process->group_id = group;
    process->session_id = session;
    process->group = group->number;
    process->session = session->number;
    list_push_back(&group->group, &process->in_group);
    list_push_back(&session->session, &process->in_session);
}

static void leave(struct process *process)
{
    ASSERT(list_node_linked(&process->in_group));
    ASSERT(list_node_linked(&process->in_session));
    list_remove(&process->in_group);
    list_remove(&process->in_session);
    id_release(process->group_id);
    id_release(process->session_id);
}

void process_join(struct process *process, int group, int session)
{
    struct id *new_group = id_find(group), *new_session = id_find(session);
    ASSERT(new_group);
    ASSERT(new_session);
    struct id *old_group = process->group_id, *old_session = process->session_id;
    list_remove(&process->in_group);
    list_remove(&process->in_session);
    join(process, new_group, new_session);
    id_release(old_group);
    id_release(old_session);
}

struct process *process_create(struct process *parent)
{
    struct process *process = kzalloc(sizeof(*process));
    struct signal_actions *actions = process ? signal_actions_create() : NULL;
    struct id *number = actions ? id_create() : NULL;
    if (number && !parent)
        process->user = user_add(0, 1);
    if (!number || !(parent || process->user)) {
        if (number)
            id_release(number);
        kfree(actions);
        kfree(process);
        return NULL;
    }
    process->signals.actions = actions;
    number->process = process;
    process->number = number;
    process->id = number->number;
    process->parent = parent;
    list_init(&process->children);
    list_init(&process->threads);
    list_init(&process->timers);
    list_node_init(&process->sibling);
    list_node_init(&process->in_group);
    list_node_init(&process->in_session);
    signal_queue_init(&process->signals.pending);
    wait_queue_init(&process->changed);
    wait_queue_init(&process->alone);
    process->start = clock_now();
    join(process, parent ? parent->group_id : number, parent ? parent->session_id : number);
    if (parent) {
        list_push_back(&parent->children, &process->sibling);
        memcpy(process->limits, parent->limits, sizeof(process->limits));
        process->has_cpu_timers = process->limits[RLIMIT_CPU].soft != LIMIT_NONE;
        process->personality = parent->personality;
        process->oom_adjust = parent->oom_adjust;
        process->oom_adjust_least = parent->oom_adjust_least;
    } else {
        limits_init(process->limits);
    }
    count++;
    return process;
}

enum error process_unshare_files(void)
{
    struct process *process = process_current();
    struct file_table *shared = process->files, *own;
    if (shared->references == 1)
        return OK;
    enum error error = file_table_copy(shared, &own);
    if (error)
        return error;
    process->files = own;
    file_table_release(shared);
    return OK;
}

void process_forget(struct process *process)
{
    ASSERT(process->state != PROCESS_LIVE);
    ASSERT(list_empty(&process->children));
    ASSERT(list_empty(&process->threads));
    ASSERT(list_empty(&process->timers));
    signal_queue_drop(&process->signals.pending, UINT64_MAX);
    signal_actions_release(process->signals.actions);
    if (process->user)
        user_remove(process->user, 1);
    list_remove(&process->sibling);
    leave(process);
    process->number->process = NULL;
    id_release(process->number);
    count--;
    kfree(process);
}

bool process_links_its_group(const struct process *process)
{
    const struct process *parent = process->parent;
    return parent && parent->id != PROCESS_FIRST && parent->group != process->group &&
           parent->session == process->session;
}

bool process_group_is_orphaned(int group)
{
    for_each_in_group(process, id_find(group)) {
        if (process->state == PROCESS_LIVE && process_links_its_group(process))
            return false;
    }
    return true;
}
