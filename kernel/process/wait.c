#include <assert.h>
#include <kernel/process/wait.h>

enum { STATUS_STOPPED = 0x7f, STATUS_CONTINUED = 0xffff };

static bool is_meant(const struct process *child, int which, unsigned options)
{
    bool is_clone = child->exit_signal != SIGCHLD;
    if (!(options & WALL) && is_clone != (bool)(options & WCLONE))
        return false;
    if (which > 0)
        return child->id == which;
    return which == -1 || child->group == (which ? -which : process_current()->group);
}

/* Reports the child's end, stop or continuation, if there is one that `options` ask for; without
 * WNOWAIT it is not reported again. */
static bool report(struct process *child, unsigned options, struct wait_result *result)
{
    bool keep = options & WNOWAIT;
    *result = (struct wait_result){.id = child->id, .uid = child->uid};
    if (child->state == PROCESS_ZOMBIE && options & WEXITED) {
        result->status = child->exit_status;
        struct cpu_time own = process_cpu_time(child), theirs = process_children_time(child);
        result->time = (struct cpu_time){own.total + theirs.total, own.user + theirs.user};
        ASSERT(child->thread_count == 0);
        if (!keep) {
            child->parent->children_time += result->time.total;
            child->parent->children_user_time += result->time.user;
            process_forget(child);
        }
        return true;
    }
    if (child->stop_signal && options & WUNTRACED) {
        result->status = child->stop_signal << 8 | STATUS_STOPPED;
        if (!keep)
            child->stop_signal = 0;
        return true;
    }
    if (child->continued && options & WCONTINUED) {
        result->status = STATUS_CONTINUED;
        if (!keep)
            child->continued = false;
        return true;
    }
    return false;
}

static struct process *find_child(int number)
{
    struct process *process = process_find(number);
    return process && process->parent == process_current() ? process : NULL;
}

/* Looks at one child, or at none. OK and result->id 0: the child counts, but has nothing to report.
 * ERROR_NO_CHILD: it does not count. */
static enum error look_at(struct process *child, int which, unsigned options,
                          struct wait_result *result)
{
    *result = (struct wait_result){0};
    if (!child || !is_meant(child, which, options))
        return ERROR_NO_CHILD;
    if (!report(child, options, result))
        *result = (struct wait_result){0};
    return OK;
}

/* The same for all children. */
static enum error look(int which, unsigned options, struct wait_result *result)
{
    enum error error = ERROR_NO_CHILD;
    if (which > 0) /* there may be thousands of others */
        return look_at(find_child(which), which, options, result);
    *result = (struct wait_result){0};
    list_for_each(node, &process_current()->children) {
        struct process *child = CONTAINER_OF(node, struct process, sibling);
        if (look_at(child, which, options, result) == OK)
            error = OK;
        if (result->id) /* the child may be freed by now */
            break;
    }
    return error;
}

enum error process_wait(int which, unsigned options, struct wait_result *result)
{
    ASSERT(which != INT32_MIN);
    for (;;) {
        enum error error = look(which, options, result);
        if (error || result->id || options & WNOHANG)
            return error;
        error = thread_wait_interruptible(&process_current()->changed);
        if (error)
            return error;
    }
}
