#include <kernel/process/credentials.h>
#include <kernel/process/exit.h>
#include <kernel/process/process.h>
#include <kernel/process/terminal_hooks.h>
#include <kernel/tty/tty.h>

static int current_group(void)
{
    return user_thread_is_running() ? process_current()->group : 0;
}

static int current_session(void)
{
    return user_thread_is_running() ? process_current()->session : 0;
}

static bool current_leads_session(void)
{
    return user_thread_is_running() && process_current()->session == process_current()->id;
}

static bool current_ignores(int signal)
{
    return !signal_is_taken(signal);
}

static bool current_group_is_orphaned(void)
{
    return process_group_is_orphaned(process_current()->group);
}

static void signal_group(int group, int signal)
{
    (void)signal_send_group(group, signal, NULL);
}

static void signal_process(int number, int signal)
{
    struct process *process = process_find(number);
    if (process)
        (void)signal_send(process, signal, NULL);
}

static uint32_t current_user(void)
{
    return user_thread_is_running() ? process_current()->euid : 0;
}

static bool current_is_privileged(void)
{
    return user_thread_is_running() && is_privileged();
}

static enum error open_descriptor(struct file *file, bool close_on_exec, int *fd)
{
    return file_table_add(process_current()->files, file, 0, close_on_exec, fd);
}

static int session_of_group(int group)
{
    for_each_in_group(process, id_find(group)) {
        if (process->state == PROCESS_LIVE)
            return process->session;
    }
    return 0;
}

void terminal_hooks_start(void)
{
    static const struct tty_hooks hooks = {
        .current_group = current_group,
        .current_session = current_session,
        .current_leads_session = current_leads_session,
        .current_ignores = current_ignores,
        .current_group_is_orphaned = current_group_is_orphaned,
        .signal_group = signal_group,
        .signal_process = signal_process,
        .session_of_group = session_of_group,
        .current_user = current_user,
        .current_is_privileged = current_is_privileged,
        .open_descriptor = open_descriptor,
    };
    tty_set_hooks(&hooks);
    process_session_ended = tty_hang_up;
}
