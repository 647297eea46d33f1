/*
 * Commands for processes: `ps` lists them; `files`, `areas` and `syscalls` show one's open files,
 * memory and system calls; `kill` sends a signal. A command does not wait, so nothing that it looks
 * at is freed meanwhile.
 */
#include <fs/path.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/process/cpu_time.h>
#include <kernel/process/proc_files.h>
#include <kernel/process/process.h>
#include <kernel/syscall/call_trace.h>
#include <kernel/syscall/description.h>
#include <kernel/task/clock.h>
#include <layout.h>
#include <lib/number.h>
#include <lib/string.h>
#include <mm/area_pages.h>

/* Takes the next word as the number of a process. If it is none, prints a line for the command
 * `name` and returns NULL. */
static struct process *take_process(const char *name, const char **arguments)
{
    char word[COMMAND_WORD];
    uint64_t id;
    if (!command_word(arguments, word)) {
        console_printf("%s: the number of a process is missing; 'ps' shows them\n", name);
        return NULL;
    }
    struct process *process =
        parse_number(word, &id) && id <= INT32_MAX ? process_find((int)id) : NULL;
    if (!process)
        console_printf("%s: '%s' is no process; 'ps' shows them\n", name, word);
    return process;
}

/* The same, for a command that takes nothing else. */
static struct process *take_only_process(const char *name, const char *arguments)
{
    struct process *process = take_process(name, &arguments);
    return process && !command_refuse_rest(name, arguments) ? process : NULL;
}

/* --- ps --------------------------------------------------------------------------------------- */

static void print_process(const struct process *process)
{
    uint64_t milliseconds =
        clock_from_tsc(process_cpu_time(process).total) / NANOSECONDS_PER_MILLISECOND;
    uint64_t resident = process->space ? process->space->resident_pages * PAGE_SIZE / KIB(1) : 0;
    console_printf("  %5d %6d %5d %7d  %c %9lu ms %8lu KiB  %s\n", process->id,
                   process->parent ? process->parent->id : 0, process->group, process->session,
                   process_state_letter(process), milliseconds, resident, process->name);
}

COMMAND(ps, "", "processes: parent, group, session, state, time, memory",
        .details = "The states: R runs or is ready, S sleeps, T is stopped, Z has ended, but its\n"
                   "parent has not asked for that yet. 'syscalls' knows the calls from now on.\n")
{
    if (command_refuse_arguments("ps", arguments))
        return;
    call_trace_keep();
    console_printf("  %5s %6s %5s %7s %s %11s %12s  %s\n", "id", "parent", "group", "session",
                   "state", "time", "resident", "program");
    for_each_process(process)
        print_process(process);
}

/* --- files ------------------------------------------------------------------------------------ */

static const char *access_word(unsigned flags)
{
    static const char *const words[] = {
        [O_RDONLY] = "read", [O_WRONLY] = "write", [O_RDWR] = "both"};
    unsigned access = flags & O_ACCMODE;
    return access < ARRAY_SIZE(words) ? words[access] : "none";
}

static void print_file(const struct process *process, int fd, const struct file *file)
{
    char name[128];
    const struct path path = {file->mount, file->dentry};
    if (!file->dentry)
        file_unnamed_name(file, name, sizeof(name));
    else if (path_name(process->fs, &path, name, sizeof(name)) != OK)
        string_copy(name, "(a long name)", sizeof(name));
    console_printf("  %4d  %-5s %9lu  %5zu  %s\n", fd, access_word(file->flags), file->position,
                   file->references, name);
}

COMMAND(files, "PID", "a process's open files: access, position, users, name",
        .details = "Users are the descriptors, of any process, that share the position.\n")
{
    const struct process *process = take_only_process("files", arguments);
    if (!process || !process->files)
        return;
    console_printf("  %4s  %-5s %9s  %5s  %s\n", "file", "for", "position", "users", "name");
    for (int fd = 0; (fd = file_table_next(process->files, fd)) >= 0; fd++)
        print_file(process, fd, process->files->files[fd]);
}

/* --- areas ------------------------------------------------------------------------------------ */

static const char *area_word(const struct address_space *space, const struct vm_area *area)
{
    if (area->flags & AREA_GROWS_DOWN)
        return "stack";
    if (area->object)
        return area->flags & AREA_SHARED ? "shared" : "file";
    return area->start < space->heap_end && area->end > space->heap_start ? "heap" : "anonymous";
}

static void print_area(const struct address_space *space, const struct vm_area *area)
{
    struct area_pages pages = area_pages_count(space, area);
    console_printf("  %012lx-%012lx %c%c%c %9lu KiB %7lu %8lu %6lu  %s\n", area->start,
                   area->end - 1, area->flags & AREA_READ ? 'r' : '-',
                   area->flags & AREA_WRITE ? 'w' : '-', area->flags & AREA_EXECUTE ? 'x' : '-',
                   (area->end - area->start) / KIB(1), pages.entries, pages.resident, pages.dirty,
                   area_word(space, area));
}

COMMAND(areas, "PID", "the memory of a process, and the page tables behind it",
        .details = "For each area: the entries of page tables that map a page, how many of these\n"
                   "pages have memory and not just zeros, and how many were written to.\n")
{
    const struct process *process = take_only_process("areas", arguments);
    const struct address_space *space = process ? process->space : NULL;
    if (!space)
        return;
    console_printf("  %-25s %3s %13s %7s %8s %6s  %s\n", "addresses", "for", "size", "entries",
                   "resident", "dirty", "what");
    for (const struct vm_area *area = address_space_next_area(space, 0); area;
         area = address_space_next_area(space, area->end))
        print_area(space, area);
}

/* --- syscalls --------------------------------------------------------------------------------- */

static void print_call(const char *text)
{
    console_printf("  %s\n", text);
}

COMMAND(syscalls, "PID", "the last system calls of a process, and their results",
        .details = "The last 16, in the words of strace(1). They are kept from the first 'ps' or\n"
                   "'syscalls' on; of calls before, only the one that has not ended is known.\n")
{
    const struct process *process = take_only_process("syscalls", arguments);
    call_trace_keep();
    if (!process)
        return;
    for_each_thread(thread, process) {
        if (process->thread_count > 1)
            console_printf("thread %d:\n", thread->id);
        call_trace_for_each(thread, print_call);
    }
}

/* --- kill ------------------------------------------------------------------------------------- */

/* The number of a signal that a person has typed: 9, KILL or SIGKILL. 0: there is none. */
static int parse_signal(const char *word)
{
    uint64_t number;
    if (parse_number(word, &number))
        return number <= SIGNAL_COUNT ? (int)number : 0;
    for (const struct call_word *signal = call_signals; signal->name; signal++) {
        if (strcmp(signal->name, word) == 0 || strcmp(signal->name + strlen("SIG"), word) == 0)
            return (int)signal->value;
    }
    return 0;
}

COMMAND(kill, "PID [SIGNAL]", "send a process SIGTERM, or another signal")
{
    char word[COMMAND_WORD];
    struct process *process = take_process("kill", &arguments);
    if (!process)
        return;
    int signal = command_word(&arguments, word) ? parse_signal(word) : SIGTERM;
    if (!signal)
        console_printf("kill: '%s' is no signal; try: kill %d KILL\n", word, process->id);
    else if (!command_refuse_rest("kill", arguments))
        signal_send(process, signal, NULL);
}
