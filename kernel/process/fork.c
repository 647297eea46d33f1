/*
 * fork, vfork, clone and pthread_create() are one operation, process_clone(). Its flags say what
 * the child shares with its parent. A thread shares all that a struct process has. A process gets a
 * struct of its own, in which each part (memory, files, names, handlers of signals) is a copy or
 * one more reference. The memory's pages are copied only when either side writes to them.
 *
 * The child's first thread starts with the parent's registers, so it returns from the same call.
 */
#include <assert.h>
#include <kernel/process/fork.h>
#include <kernel/process/pidfd.h>
#include <kernel/process/process.h>
#include <lib/string.h>
#include <mm/user_copy.h>

#define KNOWN_FLAGS                                                                   \
    (CLONE_SIGNAL | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PIDFD | \
     CLONE_VFORK | CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |       \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_UNTRACED |   \
     CLONE_CHILD_SETTID | CLONE_CLEAR_SIGHAND)

/* A thread shares all of this with the others of its process. */
#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND)

/* --- From parent to child -------------------------------------------------------------------- */

static enum error copy_space(struct process *child, const struct process *parent, uint64_t flags)
{
    if (!(flags & CLONE_VM))
        return address_space_copy(parent->space, &child->space);
    address_space_reference(parent->space);
    child->space = parent->space;
    return OK;
}

static enum error copy_files(struct process *child, const struct process *parent, uint64_t flags)
{
    if (!(flags & CLONE_FILES))
        return file_table_copy(parent->files, &child->files);
    file_table_reference(parent->files);
    child->files = parent->files;
    return OK;
}

static enum error copy_context(struct process *child, const struct process *parent, uint64_t flags)
{
    if (!(flags & CLONE_FS))
        return fs_context_copy(parent->fs, &child->fs);
    fs_context_reference(parent->fs);
    child->fs = parent->fs;
    return OK;
}

static void copy_actions(struct process *child, const struct process *parent, uint64_t flags)
{
    struct signal_actions *own = child->signals.actions, *actions = parent->signals.actions;
    if (!(flags & CLONE_SIGHAND)) {
        memcpy(own->of, actions->of, sizeof(own->of));
        return;
    }
    signal_actions_release(own);
    actions->references++;
    child->signals.actions = actions;
}

/* Copies what no flag lets a child share. */
static void copy_rest(struct process *child, const struct process *parent)
{
    child->uid = parent->uid;
    child->euid = parent->euid;
    child->suid = parent->suid;
    child->lost_rights = parent->lost_rights;
    child->unused_rights = parent->unused_rights;
    child->user = user_add(parent->uid, 1);
    ASSERT(child->user); /* the user has the parent already */
    child->gid = parent->gid;
    child->egid = parent->egid;
    child->sgid = parent->sgid;
    child->niceness = parent->niceness;
    child->no_new_privileges = parent->no_new_privileges;
    child->not_dumpable = parent->not_dumpable;
    child->arguments = parent->arguments;
    child->arguments_end = parent->arguments_end;
    child->environment = parent->environment;
    child->environment_end = parent->environment_end;
    memcpy(child->name, user_thread_current()->name, sizeof(child->name));
    file_reference(parent->program);
    child->program = parent->program;
}

static enum error copy_process(struct process *child, const struct process *parent, uint64_t flags)
{
    enum error error = copy_space(child, parent, flags);
    if (!error)
        error = copy_files(child, parent, flags);
    if (!error)
        error = copy_context(child, parent, flags);
    if (error)
        return error;
    copy_actions(child, parent, flags);
    copy_rest(child, parent);
    if (flags & CLONE_CLEAR_SIGHAND)
        signals_clear_handlers(child);
    return OK;
}

/* Gives back a child that cannot run, with what it has so far. */
static void give_up(struct process *child)
{
    ASSERT(child->state == PROCESS_NEW);
    if (child->space)
        address_space_release(child->space);
    if (child->files)
        file_table_release(child->files);
    if (child->fs)
        fs_context_release(child->fs);
    if (child->program)
        file_release(child->program);
    process_forget(child);
}

/* The error when id_create() or process_create() has failed. */
static enum error no_number(void)
{
    return ids_are_out() ? ERROR_AGAIN : ERROR_OUT_OF_FRAMES;
}

/* --- Threads --------------------------------------------------------------------------------- */

/* Starts a thread of `process` that goes on where the running one is. It takes over the reference
 * on `number`, unless this fails. */
static enum error start(struct process *process, struct id *number, const struct trap_frame *frame,
                        const struct clone_arguments *arguments, struct user_thread **started)
{
    struct user_thread *thread = user_thread_current();
    struct trap_frame first = *frame;
    first.rax = 0;
    first.vector = 0; /* no call: all registers are loaded */
    if (arguments->stack)
        first.rsp = arguments->stack;
    user_registers_store(&thread->registers);
    enum error error = user_thread_spawn(process, number, &first, &thread->registers, started);
    if (error)
        return error;
    if (arguments->flags & CLONE_SETTLS)
        (*started)->registers.fs_base = arguments->fs_base;
    user_thread_set_name(*started, thread->name);
    (*started)->blocked = thread->blocked;
    (*started)->policy = thread->policy;
    (*started)->io_priority = thread->io_priority;
    (*started)->stack = thread->stack;
    if (arguments->flags & CLONE_VM && !(arguments->flags & CLONE_VFORK))
        (*started)->stack = (struct signal_stack){.flags = SS_DISABLE};
    if (arguments->flags & CLONE_CHILD_CLEARTID)
        (*started)->clear_child = arguments->child_id;
    return OK;
}

/* Stores the child's number where the flags ask for it. A bad address is ignored, as on Linux. */
static void store_ids(struct address_space *space, int32_t id,
                      const struct clone_arguments *arguments)
{
    if (arguments->flags & CLONE_PARENT_SETTID)
        (void)copy_to_user(arguments->parent_id, &id, sizeof(id));
    if (arguments->flags & CLONE_CHILD_SETTID)
        (void)copy_to_space(space, arguments->child_id, &id, sizeof(id));
}

static enum error clone_thread(const struct trap_frame *frame,
                               const struct clone_arguments *arguments, int *id)
{
    struct process *process = process_current();
    struct user_thread *thread = NULL;
    struct id *number = id_create();
    if (!number)
        return no_number();
    *id = number->number;
    store_ids(process->space, *id, arguments); /* may wait, and the process may end meanwhile */
    enum error error =
        process->ending ? ERROR_AGAIN : start(process, number, frame, arguments, &thread);
    if (error)
        id_release(number);
    else
        (void)user_add(process->uid, 1);
    if (!error && process->stopped)
        thread_interrupt(&thread->thread);
    return error;
}

/* --- Processes ------------------------------------------------------------------------------- */

/* Opens a descriptor of the child for the caller. The file is referenced once more. */
static enum error open_pidfd(struct process *child, struct file **file, int32_t *fd)
{
    enum error error = pidfd_create(child->number, 0, file);
    if (error)
        return error;
    error = file_table_add(process_current()->files, *file, 0, true, fd);
    if (error)
        file_release(*file);
    else
        file_reference(*file);
    return error;
}

static enum error start_child(struct process *child, const struct trap_frame *frame,
                              const struct clone_arguments *arguments)
{
    struct user_thread *thread;
    id_reference(child->number);
    enum error error = start(child, child->number, frame, arguments, &thread);
    if (error)
        id_release(child->number);
    return error;
}

/* The same with a descriptor of the child, whose number the program is told. */
static enum error start_with_pidfd(struct process *child, const struct trap_frame *frame,
                                   const struct clone_arguments *arguments)
{
    struct file *file;
    int32_t fd;
    enum error error = open_pidfd(child, &file, &fd);
    if (error)
        return error;
    error = copy_to_user(arguments->pidfd, &fd, sizeof(fd));
    if (!error)
        error = start_child(child, frame, arguments);
    if (error)
        file_table_take_back(process_current()->files, fd, file);
    file_release(file);
    return error;
}

/* Nothing waits after the start of the child, so it has not run yet. */
static enum error copy_and_start(struct process *child, const struct trap_frame *frame,
                                 const struct clone_arguments *arguments)
{
    enum error error = copy_process(child, process_current(), arguments->flags);
    if (error)
        return error;
    store_ids(child->space, child->id, arguments);
    return arguments->flags & CLONE_PIDFD ? start_with_pidfd(child, frame, arguments)
                                          : start_child(child, frame, arguments);
}

/* Waits until the child of that number has given the memory back. SIGKILL, and the end of the
 * caller's process, end the wait. */
static void wait_for_vfork(struct id *child)
{
    struct user_thread *thread = user_thread_current();
    bool interrupted = false;
    while (child->process && child->process->is_vfork && !thread->process->ending &&
           !(signals_pending(thread) & signal_bit(SIGKILL))) {
        if (thread_wait_interruptible(&child->ended) != OK)
            interrupted |= thread_accept_interrupt();
    }
    if (interrupted)
        thread_interrupt(&thread->thread);
}

static enum error clone_process(const struct trap_frame *frame,
                                const struct clone_arguments *arguments, int *id)
{
    struct process *self = process_current();
    bool is_sibling = arguments->flags & CLONE_PARENT && self->parent;
    struct process *child = process_create(is_sibling ? self->parent : self);
    if (!child)
        return no_number();
    ASSERT(child->state == PROCESS_NEW);
    child->exit_signal = is_sibling ? self->exit_signal : (int)(arguments->flags & CLONE_SIGNAL);
    child->is_vfork = arguments->flags & CLONE_VFORK;
    enum error error = copy_and_start(child, frame, arguments);
    if (error) {
        give_up(child);
        return error;
    }
    struct id *number = child->number; /* the child may be gone as soon as this waits */
    *id = number->number;
    if (arguments->flags & CLONE_VFORK) {
        id_reference(number);
        wait_for_vfork(number);
        id_release(number);
    }
    return OK;
}

static enum error check(const struct clone_arguments *arguments)
{
    uint64_t flags = arguments->flags;
    if (flags & ~KNOWN_FLAGS || (flags & CLONE_SIGNAL) > SIGNAL_COUNT)
        return ERROR_INVALID;
    if (flags & CLONE_THREAD && (flags & THREAD_FLAGS) != THREAD_FLAGS)
        return ERROR_INVALID;
    if (flags & CLONE_SIGHAND && !(flags & CLONE_VM)) /* the handlers are in the memory */
        return ERROR_INVALID;
    if (flags & CLONE_SIGHAND && flags & CLONE_CLEAR_SIGHAND)
        return ERROR_INVALID;
    if (flags & CLONE_PIDFD && flags & (CLONE_THREAD | CLONE_DETACHED))
        return ERROR_INVALID;
    if (flags & CLONE_SETTLS && arguments->fs_base >= USER_END)
        return ERROR_NOT_PERMITTED;
    return OK;
}

enum error process_clone(const struct trap_frame *frame, const struct clone_arguments *arguments,
                         int *id)
{
    enum error error = check(arguments);
    if (error)
        return error;
    if (limits_allow_no_thread(process_current()))
        return ERROR_AGAIN;
    process_current()->had_too_many = false;
    return arguments->flags & CLONE_THREAD ? clone_thread(frame, arguments, id)
                                           : clone_process(frame, arguments, id);
}
