/*
 * A thread always ends itself: only it can unwind what its stack holds. To end a process, a thread
 * tells the others to end and ends, too. Each does so on its way back to user mode (signal_act.c).
 * The last thread gives back what the process has and makes it a zombie, which its parent's wait
 * removes.
 */
#include <assert.h>
#include <kernel/process/cpu_time.h>
#include <kernel/process/exit.h>
#include <kernel/process/futex.h>
#include <kernel/process/signal_queue.h>
#include <kernel/process/timers.h>
#include <mm/user_copy.h>

void (*process_first_ended)(int status);
void (*process_session_ended)(int session);

/* If a group becomes orphaned while one of its processes is stopped, no process would let that go
 * on. So the group gets SIGHUP and SIGCONT (POSIX, exit). */
static void let_orphans_go_on(int group)
{
    bool stopped = false;
    for_each_in_group(process, id_find(group))
        stopped |= process->stopped;
    if (stopped && process_group_is_orphaned(group)) {
        signal_send_group(group, SIGHUP, NULL);
        signal_send_group(group, SIGCONT, NULL);
    }
}

/* Does the parent of this zombie not want its exit status? */
static bool is_forgotten(const struct process *process)
{
    const struct signal_action *action = &process->parent->signals.actions->of[SIGCHLD - 1];
    return process->exit_signal == SIGCHLD &&
           (action->handler == SIGNAL_IGNORE || action->flags & SA_NOCLDWAIT);
}

/* Tells the zombie's parent. If that does not want the status, the zombie is gone at once. */
static void tell_parent(struct process *process)
{
    bool is_last = is_forgotten(process);
    int status = process->exit_status;
    bool killed = status & 0x7f;
    signal_parent(process, process->exit_signal, killed ? CLD_KILLED : CLD_EXITED,
                  killed ? status & 0x7f : status >> 8);
    if (is_last)
        process_forget(process);
}

/* The nearest ancestor that has asked for orphans (PR_SET_CHILD_SUBREAPER), or the first process.
 */
static struct process *reaper_of(const struct process *process)
{
    struct process *reaper = process->parent;
    ASSERT(reaper); /* the first process does not come here */
    while (reaper->parent && (!reaper->is_subreaper || reaper->ending))
        reaper = reaper->parent;
    return reaper;
}

static void send_death_signal(struct process *child, const struct process *parent)
{
    const struct signal_info info = {
        .number = child->death_signal, .code = SI_USER, .process = parent->id, .user = parent->uid};
    if (child->death_signal)
        (void)signal_send(child, child->death_signal, &info);
}

static void give_children_away(struct process *process)
{
    struct process *reaper = reaper_of(process);
    struct list_node *node;
    while ((node = list_pop_front(&process->children))) {
        struct process *child = CONTAINER_OF(node, struct process, sibling);
        bool linked = process_links_its_group(child);
        child->parent = reaper;
        list_push_back(&reaper->children, &child->sibling);
        child->exit_signal = SIGCHLD;
        send_death_signal(child, process);
        if (linked)
            let_orphans_go_on(child->group);
        if (child->state == PROCESS_ZOMBIE)
            tell_parent(child);
    }
}

/* Writes the 0 for which pthread_join() and others wait. If no other thread or process has this
 * memory, the write would have no effect. A bad address is ignored, as on Linux. */
static void clear_child_id(const struct user_thread *thread)
{
    const struct process *process = thread->process;
    uint32_t zero = 0;
    bool is_alone = process->thread_count == 1 && process->space->references == 1;
    if (!thread->clear_child || is_alone)
        return;
    if (copy_to_user(thread->clear_child, &zero, sizeof(zero)) == OK)
        futex_wake_shared(thread->clear_child);
}

void process_give_back_space(struct process *process)
{
    struct address_space *space = process->space;
    process->space = NULL;
    address_space_use(NULL);
    address_space_release(space);
    if (process->is_vfork) {
        process->is_vfork = false;
        wait_queue_wake_all(&process->number->ended);
    }
}

/* Clears each pointer before the release: that may wait, and others look at the process meanwhile.
 */
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

/* Adds the time of a thread that ends to its process. */
static void keep_time(struct process *process, const struct user_thread *thread)
{
    struct cpu_time used = thread_cpu_time(thread);
    process->time += used.total;
    process->user_time += used.user;
}

/* --- Threads --------------------------------------------------------------------------------- */

/* Takes the running thread out of its process. Returns true if it is the last one, which stays in.
 */
static bool leave(struct user_thread *thread)
{
    struct process *process = thread->process;
    ASSERT(process->thread_count > 0);
    if (process->thread_count == 1)
        return true;
    signals_leave_to_others(thread);
    signal_queue_drop(&thread->pending, UINT64_MAX);
    list_remove(&thread->sibling);
    process->thread_count--;
    user_remove(process->user, 1);
    keep_time(process, thread);
    thread->number->thread = NULL;
    id_release(thread->number);
    signals_note_stop(process);
    if (process->thread_count == 1)
        wait_queue_wake_all(&process->alone);
    return false;
}

/* Tells the others to end. */
static void end_others(struct process *process, const struct user_thread *but)
{
    process->ending = true;
    for_each_thread(thread, process) {
        if (thread != but)
            thread_interrupt(&thread->thread);
    }
}

void process_exit(int status)
{
    struct process *process = process_current();
    if (!process->ending) {
        process->exit_status = status;
        end_others(process, user_thread_current());
    }
    thread_exit(status);
}

bool process_end_other_threads(void)
{
    struct user_thread *thread = user_thread_current();
    struct process *process = thread->process;
    if (process->ending)
        return false;
    if (process->thread_count > 1) {
        process->survivor = thread;
        end_others(process, thread);
        while (process->thread_count > 1)
            thread_wait(&process->alone);
        process->survivor = NULL;
        process->ending = false;
    }
    if (thread->number != process->number) {
        thread->number->thread = NULL;
        id_release(thread->number);
        id_reference(process->number);
        thread->number = process->number;
        thread->id = process->id;
        process->number->thread = thread;
    }
    return true;
}

/* Takes the last thread out of the process. */
static void become_zombie(struct process *process, struct user_thread *thread)
{
    ASSERT(process->thread_count == 1);
    keep_time(process, thread);
    list_remove(&thread->sibling);
    process->thread_count = 0;
    signal_queue_drop(&thread->pending, UINT64_MAX);
    signal_queue_drop(&process->signals.pending, UINT64_MAX);
    thread->number->thread = NULL;
    id_release(thread->number);
    process->state = PROCESS_ZOMBIE;
    wait_queue_wake_all(&process->number->ended);
    process->stopped = false;
    process->stopping = 0;
}

static NORETURN void end_process(struct process *process, struct user_thread *thread)
{
    if (process->id == PROCESS_FIRST)
        process_first_ended(process->exit_status);
    process_timers_delete(process, true);
    give_back_files(process);
    process_give_back_space(process);
    give_children_away(process);
    if (process->session == process->id && process_session_ended)
        process_session_ended(process->session);

    /* Nothing waits from here on: the parent may forget the process as soon as it runs. */
    become_zombie(process, thread);
    if (process_links_its_group(process))
        let_orphans_go_on(process->group);
    tell_parent(process);
    thread_end();
}

void thread_exit(int status)
{
    struct user_thread *thread = user_thread_current();
    struct process *process = thread->process;
    if (!process->ending) /* the last thread's status is the process's */
        process->exit_status = status;
    thread->takes_no_locks = true;
    futex_leave_locks(thread);
    futex_release_robust_list(thread);
    clear_child_id(thread);
    if (leave(thread))
        end_process(process, thread);
    thread_end();
}
