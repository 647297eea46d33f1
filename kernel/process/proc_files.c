/*
 * The formats are Linux's, proc(5). A number that Cairn does not count is 0.
 */
#include <fs/proc.h>
#include <kernel/process/cpu_time.h>
#include <kernel/process/proc_files.h>
#include <kernel/process/proc_memory.h>
#include <kernel/process/process.h>
#include <kernel/task/clock.h>
#include <kernel/tty/tty.h>
#include <lib/number.h>
#include <lib/string.h>
#include <mm/user_copy.h>

static char state_of_thread(const struct user_thread *thread)
{
    if (thread->process->stopped)
        return 'T';
    bool runs = user_thread_is_running() && thread == user_thread_current();
    return thread->thread.task.waiting && !runs ? 'S' : 'R';
}

char process_state_letter(const struct process *process)
{
    const struct user_thread *first = process_first_thread(process);
    if (first && first->id == process->id)
        return state_of_thread(first);
    return 'Z';
}

static const char *state_word(char state)
{
    return state == 'Z'   ? "zombie"
           : state == 'T' ? "stopped"
           : state == 'S' ? "sleeping"
                          : "running";
}

static int parent_of(const struct process *process)
{
    return process->parent ? process->parent->id : 0;
}

/* The set of the signals that are ignored, or else of those that have a handler. */
static uint64_t signals_with(const struct process *process, bool ignored)
{
    uint64_t set = 0;
    for (int signal = 1; signal <= SIGNAL_COUNT; signal++) {
        uint64_t handler = process->signals.actions->of[signal - 1].handler;
        if (ignored ? handler == SIGNAL_IGNORE : handler > SIGNAL_IGNORE)
            set |= signal_bit(signal);
    }
    return set;
}

static uint64_t mapped_pages(const struct process *process)
{
    return process->space ? process->space->mapped_pages : 0;
}

static uint64_t resident_pages(const struct process *process)
{
    return process->space ? process->space->resident_pages : 0;
}

/* --- The files -------------------------------------------------------------------------------
 *
 * /proc/PID and /proc/PID/task/TID have files of the same format. A function for such a file gets a
 * `thread`, or NULL for the process as a whole.
 */

/* The signals that the sets in stat are for: 1 to 31. The sets in status are for all signals. */
enum { STAT_SIGNALS = 0x7fffffff };

static void write_stat(struct text *text, const struct process *process,
                       const struct user_thread *thread)
{
    uint64_t pending = thread ? thread->pending.set : process->signals.pending.set;
    struct cpu_time own = thread ? thread_cpu_time(thread) : process_cpu_time(process);
    struct cpu_time children = process_children_time(process);
    const struct tty *terminal = tty_of_session(process->session);
    const struct user_thread *first = thread ? thread : process_first_thread(process);
    text_printf(text, "%d (%s) %c %d %d %d %u %d 0 0 0 0 0 %lu %lu %lu %lu %d %d %lu 0 %lu ",
                thread ? thread->id : process->id, thread ? thread->name : process->name,
                thread ? state_of_thread(thread) : process_state_letter(process),
                parent_of(process), process->group, process->session,
                terminal ? terminal->number : 0, terminal ? terminal->foreground : -1,
                to_clock_ticks(cpu_time_user(own)), to_clock_ticks(cpu_time_system(own)),
                to_clock_ticks(cpu_time_user(children)), to_clock_ticks(cpu_time_system(children)),
                20 + process->niceness, process->niceness, process->thread_count,
                to_clock_ticks(process->start));
    text_printf(text, "%lu %lu 18446744073709551615 0 0 0 0 0 %lu %lu %lu %lu ",
                mapped_pages(process) * PAGE_SIZE, resident_pages(process), pending & STAT_SIGNALS,
                first ? first->blocked & STAT_SIGNALS : 0,
                signals_with(process, true) & STAT_SIGNALS,
                signals_with(process, false) & STAT_SIGNALS);
    text_printf(text, "0 0 0 %d 0 0 %d 0 0 0 0 0 0 %lu %lu %lu %lu %d\n", process->exit_signal,
                first ? first->policy : 0, process->arguments, process->arguments_end,
                process->environment, process->environment_end, process->exit_status);
}

static void write_status(struct text *text, const struct process *process,
                         const struct user_thread *thread)
{
    const struct user_thread *first = thread ? thread : process_first_thread(process);
    char state;
    if (thread)
        state = state_of_thread(thread);
    else
        state = process_state_letter(process);
    text_printf(text, "Name:\t%s\nState:\t%c (%s)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n",
                thread ? thread->name : process->name, state, state_word(state), process->id,
                thread ? thread->id : process->id, parent_of(process));
    text_printf(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", process->uid, process->euid,
                process->suid, process->euid, process->gid, process->egid, process->sgid,
                process->egid);
    text_printf(text, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nThreads:\t%lu\n",
                mapped_pages(process) * PAGE_SIZE / 1024,
                resident_pages(process) * PAGE_SIZE / 1024, process->thread_count);
    text_printf(text, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n",
                first ? first->pending.set : 0, process->signals.pending.set,
                first ? first->blocked : 0);
    text_printf(text, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", signals_with(process, true),
                signals_with(process, false));
}

static void write_name(struct text *text, const struct process *process,
                       const struct user_thread *thread)
{
    text_printf(text, "%s\n", thread ? thread->name : process->name);
}

typedef void (*file_writer)(struct text *text, const struct process *process,
                            const struct user_thread *thread);

static enum error write_of_process(struct text *text, int id, file_writer write)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    write(text, process, NULL);
    return OK;
}

static enum error write_of_thread(struct text *text, int id, file_writer write)
{
    const struct user_thread *thread = user_thread_find(id);
    if (!thread)
        return ERROR_NO_PROCESS;
    write(text, thread->process, thread);
    return OK;
}

static enum error write_process_stat(struct text *text, int id)
{
    return write_of_process(text, id, write_stat);
}

static enum error write_process_status(struct text *text, int id)
{
    return write_of_process(text, id, write_status);
}

static enum error write_process_name(struct text *text, int id)
{
    return write_of_process(text, id, write_name);
}

static enum error write_thread_stat(struct text *text, int id)
{
    return write_of_thread(text, id, write_stat);
}

static enum error write_thread_status(struct text *text, int id)
{
    return write_of_thread(text, id, write_status);
}

static enum error write_thread_name(struct text *text, int id)
{
    return write_of_thread(text, id, write_name);
}

/* Appends a program's memory, up to the first page that cannot be read. */
static void append_memory(struct text *text, struct address_space *space, virt_addr_t start,
                          virt_addr_t end)
{
    void *memory;
    address_space_reference(space);
    for (virt_addr_t at = start; at < end && user_memory(space, at, AREA_READ, &memory) == OK;) {
        virt_addr_t next = MIN(ALIGN_DOWN(at, PAGE_SIZE) + PAGE_SIZE, end);
        text_append(text, memory, next - at);
        at = next;
    }
    address_space_release(space);
}

static enum error write_command_line(struct text *text, int id)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    if (process->space)
        append_memory(text, process->space, process->arguments, process->arguments_end);
    return OK;
}

/* As on Linux, the environment of a process that is gone is empty: that is no error. */
static enum error write_environment(struct text *text, int id)
{
    const struct process *process = process_of_number(id);
    if (process && process->space)
        append_memory(text, process->space, process->environment, process->environment_end);
    return OK;
}

/* --- The list of processes ---------------------------------------------------------------------
 */

static int current_id(void)
{
    return user_thread_is_running() ? process_current()->id : 0;
}

static int next_id(int id)
{
    const struct process *process = process_next(id);
    return process ? process->id : 0;
}

static int next_thread(int process, int number)
{
    const struct id *id = id_next_thread(process_find(process), number);
    return id ? id->number : 0;
}

static bool owner_of(int id, uint32_t *uid, uint32_t *gid)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return false;
    *uid = process->euid;
    *gid = process->egid;
    return true;
}

static enum error program_of(int id, struct path *path)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    if (!process->program)
        return ERROR_NO_ENTRY;
    *path = (struct path){process->program->mount, process->program->dentry};
    path_reference(path);
    return OK;
}

static enum error context_of(int id, struct fs_context **context)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    if (!process->fs)
        return ERROR_NO_ENTRY;
    *context = process->fs;
    fs_context_reference(*context);
    return OK;
}

static enum error files_of(int id, struct file_table **table)
{
    const struct process *process = process_of_number(id);
    if (!process)
        return ERROR_NO_PROCESS;
    if (!process->files)
        return ERROR_NO_ENTRY;
    *table = process->files;
    file_table_reference(*table);
    return OK;
}

/* Describes the mounts that the process can reach. */
static enum error describe_mounts(struct text *text, int id,
                                  void (*describe)(struct text *text,
                                                   const struct fs_context *context))
{
    struct fs_context *context;
    enum error error = context_of(id, &context);
    if (error)
        return error;
    describe(text, context);
    fs_context_release(context);
    return OK;
}

static enum error write_mounts(struct text *text, int id)
{
    return describe_mounts(text, id, mounts_describe);
}

static enum error write_mountinfo(struct text *text, int id)
{
    return describe_mounts(text, id, mounts_describe_all);
}

static enum error write_pid_max(struct text *text, int id)
{
    (void)id;
    text_printf(text, "%d\n", id_limit());
    return OK;
}

static enum error store_pid_max(const char *text, int id)
{
    uint64_t limit;
    (void)id;
    return parse_number(text, &limit) ? id_set_limit(limit) : ERROR_INVALID;
}

static struct proc_entry pid_max = {
    .name = "sys/kernel/pid_max", .write = write_pid_max, .store = store_pid_max};

void proc_files_start(void)
{
    static const struct proc_entry entries[] = {
        {.name = "stat", .write = write_process_stat},
        {.name = "statm", .write = proc_write_statm},
        {.name = "status", .write = write_process_status},
        {.name = "comm", .write = write_process_name},
        {.name = "cmdline", .write = write_command_line},
        {.name = "environ", .write = write_environment, .is_private = true, .is_hidden = true},
        {.name = "maps", .write = proc_write_maps, .is_private = true},
        {.name = "smaps", .write = proc_write_smaps, .is_private = true},
        {.name = "mounts", .write = write_mounts},
        {.name = "mountinfo", .write = write_mountinfo},
        {.name = "oom_score", .write = proc_write_oom_score},
        {.name = "oom_score_adj", .write = proc_write_oom_adjust, .store = proc_store_oom_adjust},
    };
    static const struct proc_entry thread_entries[] = {
        {.name = "stat", .write = write_thread_stat},
        {.name = "statm", .write = proc_write_statm},
        {.name = "status", .write = write_thread_status},
        {.name = "comm", .write = write_thread_name},
        {.name = "cmdline", .write = write_command_line},
        {.name = "environ", .write = write_environment, .is_private = true, .is_hidden = true},
        {.name = "maps", .write = proc_write_maps, .is_private = true},
    };
    static const struct proc_processes processes = {
        .current = current_id,
        .next = next_id,
        .next_thread = next_thread,
        .owner = owner_of,
        .program = program_of,
        .context = context_of,
        .files = files_of,
        .entries = entries,
        .entry_count = ARRAY_SIZE(entries),
        .thread_entries = thread_entries,
        .thread_entry_count = ARRAY_SIZE(thread_entries),
    };
    proc_set_processes(&processes);
    proc_add(&pid_max);
}
