#include <kernel/log/log.h>
#include <kernel/process/exit.h>
#include <kernel/process/out_of_memory.h>
#include <kernel/process/process.h>

static struct process *largest_process(void)
{
    struct process *largest = process_find(PROCESS_FIRST);
    for (struct process *process = process_next(PROCESS_FIRST); process;
         process = process_next(process->id)) {
        if (process->space && (largest->id == PROCESS_FIRST || !largest->space ||
                               process->space->resident_pages > largest->space->resident_pages))
            largest = process;
    }
    return largest;
}

void end_largest_process(void)
{
    struct process *process = largest_process();
    log_error("process: out of memory: %s (%d) is killed, with %lu pages", process->name,
              process->id, process->space ? process->space->resident_pages : 0);
    if (process == process_current())
        process_exit(SIGKILL);
    signal_send(process, SIGKILL, NULL);
    thread_yield();
}
