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

/* Has the child something to report? Then it is reported, and not again. */
static bool report(struct process *child, unsigned options, struct wait_result *result)
{
    bool keep = options & WNOWAIT;
    *result = (struct wait_result){.id = child->id, .uid = child->uid};
    if (child->state == PROCESS_ZOMBIE && options & WEXITED) {
        result->status = child->exit_status;
        struct cpu_time own = process_cpu_time(child), theirs = process_children_time(child);
        result->time = (struct cpu_time){own.total + theirs.total, own.user + theirs.user};
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

/* OK: one was found, or none of those that are meant has changed, and result->id is 0. */
static enum error look(int which, unsigned options, struct wait_result *result)
{
    enum error error = ERROR_NO_CHILD;
    if (which > 0) { /* there may be thousands of others */
        struct process *child = find_child(which);
        bool meant = child && is_meant(child, which, options);
        error = meant ? OK : ERROR_NO_CHILD;
        if (meant && report(child, options, result))
            return OK;
        *result = (struct wait_result){0};
        return error;
    }
    list_for_each(node, &process_current()->children) {
        struct process *child = CONTAINER_OF(node, struct process, sibling);
        if (!is_meant(child, which, options))
            continue;
        if (report(child, options, result))
            return OK;
        error = OK;
    }
    *result = (struct wait_result){0};
    return error;
}

enum error process_wait(int which, unsigned options, struct wait_result *result)
{
    for (;;) {
        enum error error = look(which, options, result);
        if (error || result->id || options & WNOHANG)
            return error;
        error = thread_wait_interruptible(&process_current()->changed);
        if (error)
            return error;
    }
}
