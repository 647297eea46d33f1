#include <kernel/process/fork.h>
#include <kernel/process/process.h>
#include <lib/string.h>
#include <mm/user_copy.h>

#define KNOWN_FLAGS                                                                  \
    (CLONE_SIGNAL | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_VFORK | CLONE_SETTLS | \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID)

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

/* What is copied as it is. */
static void copy_rest(struct process *child, const struct process *parent)
{
    child->group = parent->group;
    child->session = parent->session;
    child->uid = parent->uid;
    child->euid = parent->euid;
    child->gid = parent->gid;
    child->egid = parent->egid;
    child->arguments = parent->arguments;
    child->arguments_end = parent->arguments_end;
    child->environment = parent->environment;
    child->environment_end = parent->environment_end;
    memcpy(child->name, parent->name, sizeof(child->name));
    memcpy(child->signals.actions, parent->signals.actions, sizeof(child->signals.actions));
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
    if (!error)
        copy_rest(child, parent);
    return error;
}

/* Gives back what a child has got that cannot run. */
static void give_up(struct process *child)
{
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

static enum error start(struct process *child, const struct trap_frame *frame,
                        const struct clone_arguments *arguments)
{
    struct user_thread *thread = user_thread_current();
    struct trap_frame first = *frame;
    struct user_registers registers;
    first.rax = 0;
    first.vector = 0; /* no call: all registers are loaded */
    if (arguments->stack)
        first.rsp = arguments->stack;
    user_registers_save(&thread->registers);
    registers = thread->registers;
    user_registers_load(&thread->registers, &thread->thread.stack);
    if (arguments->flags & CLONE_SETTLS)
        registers.fs_base = arguments->fs_base;
    enum error error = user_thread_spawn(child, child->id, &first, &registers);
    if (error)
        return error;
    child->thread->blocked = thread->blocked;
    child->thread->stack = thread->stack;
    if (arguments->flags & CLONE_VM && !(arguments->flags & CLONE_VFORK))
        child->thread->stack = (struct signal_stack){.flags = SS_DISABLE};
    if (arguments->flags & CLONE_CHILD_CLEARTID)
        child->thread->clear_child = arguments->child_id;
    return OK;
}

static enum error store_ids(const struct process *child, const struct clone_arguments *arguments)
{
    int32_t id = child->id;
    enum error error = OK;
    if (arguments->flags & CLONE_PARENT_SETTID)
        error = copy_to_user(arguments->parent_id, &id, sizeof(id));
    if (!error && arguments->flags & CLONE_CHILD_SETTID)
        error = copy_to_space(child->space, arguments->child_id, &id, sizeof(id));
    return error;
}

/* The child is the caller's until it starts; it may be gone as soon as the caller waits. */
static void wait_for_vfork(int id)
{
    struct process *parent = process_current();
    const struct process *child = process_find(id);
    while (child && child->parent == parent && child->is_vfork) {
        thread_wait(&parent->changed);
        child = process_find(id);
    }
}

enum error process_clone(const struct trap_frame *frame, const struct clone_arguments *arguments,
                         int *id)
{
    struct process *parent = process_current();
    uint64_t flags = arguments->flags;
    if (flags & ~KNOWN_FLAGS || (flags & CLONE_SIGNAL) > SIGNAL_COUNT ||
        (flags & CLONE_SETTLS && arguments->fs_base >= USER_END))
        return ERROR_INVALID;
    struct process *child = process_create(parent);
    if (!child)
        return ERROR_AGAIN;
    child->exit_signal = (int)(flags & CLONE_SIGNAL);
    child->is_vfork = flags & CLONE_VFORK;
    enum error error = copy_process(child, parent, flags);
    if (!error)
        error = store_ids(child, arguments);
    if (!error)
        error = start(child, frame, arguments);
    if (error) {
        give_up(child);
        return error;
    }
    *id = child->id;
    if (flags & CLONE_VFORK)
        wait_for_vfork(*id);
    return OK;
}
