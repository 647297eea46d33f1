#include <kernel/process/alarm.h>
#include <kernel/process/exit.h>
#include <mm/user_copy.h>

void (*process_first_ended)(int status);
void (*process_session_ended)(int session);

/* A group that becomes orphaned while one of it is stopped would stay so for ever (POSIX, exit). */
static void let_orphans_go_on(int group, int session)
{
    bool stopped = false;
    for_each_process(process)
        stopped |= process->group == group && process->stopped;
    if (stopped && process_group_is_orphaned(group, session)) {
        signal_send_group(group, SIGHUP, NULL);
        signal_send_group(group, SIGCONT, NULL);
    }
}

/* Does nobody ask for the exit status of this process's children? */
static bool children_are_forgotten(const struct process *parent)
{
    const struct signal_action *action = &parent->signals.actions[SIGCHLD - 1];
    return action->handler == SIGNAL_IGNORE || action->flags & SA_NOCLDWAIT;
}

static void give_children_away(struct process *process)
{
    struct process *first = process_find(PROCESS_FIRST);
    struct list_node *node;
    while ((node = list_pop_front(&process->children))) {
        struct process *child = CONTAINER_OF(node, struct process, sibling);
        child->parent = first;
        list_push_back(&first->children, &child->sibling);
        let_orphans_go_on(child->group, child->session);
        if (child->state == PROCESS_ZOMBIE)
            signal_parent(child, SIGCHLD, CLD_EXITED, child->exit_status);
    }
}

/* pthread_join() and others wait for this. A bad address is the program's own affair. */
static void clear_child_id(const struct user_thread *thread)
{
    uint32_t zero = 0;
    if (thread->clear_child)
        (void)copy_to_user(thread->clear_child, &zero, sizeof(zero));
}

void process_give_back_space(struct process *process)
{
    struct address_space *space = process->space;
    process->space = NULL;
    address_space_use(NULL);
    address_space_release(space);
    if (process->is_vfork) {
        process->is_vfork = false;
        wait_queue_wake_all(&process->parent->changed);
    }
}

/* Each pointer goes first: a release may wait, and others look at the process meanwhile. */
static void give_back_files(struct process *process)
{
    struct file_table *files = process->files;
    struct fs_context *fs = process->fs;
    struct file *program = process->program;
    process->files = NULL;
    process->fs = NULL;
    process->program = NULL;
    file_table_release(files);
    fs_context_release(fs);
    file_release(program);
}

void process_exit(int status)
{
    struct process *process = process_current();
    struct user_thread *thread = process->thread;
    if (process->id == PROCESS_FIRST)
        process_first_ended(status);
    clear_child_id(thread);
    alarm_set(process, 0, 0);
    give_back_files(process);
    process_give_back_space(process);
    give_children_away(process);
    if (process->session == process->id && process_session_ended)
        process_session_ended(process->session);

    /* Nothing waits from here on: the parent may forget the process as soon as it runs. */
    process->time += thread->thread.task.time;
    process->state = PROCESS_ZOMBIE;
    process->exit_status = status;
    process->thread = NULL;
    process->stopped = false;
    struct process *parent = process->parent;
    bool killed = status & 0x7f;
    signal_parent(process, process->exit_signal, killed ? CLD_KILLED : CLD_EXITED,
                  killed ? status & 0x7f : status >> 8);
    let_orphans_go_on(process->group, process->session);
    if (children_are_forgotten(parent))
        process_forget(process);
    thread_end();
}
