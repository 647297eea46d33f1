/*
 * A poll is identified by the time of its start: two looks that find the same start have found the
 * same poll. Its time is counted from the first look that finds it.
 */
#include <kernel/cpu/cpu.h>
#include <kernel/log/log.h>
#include <kernel/log/symbols.h>
#include <kernel/task/watchdog.h>

static uint64_t watched_poll;
static uint64_t watched_since;
static bool reported; /* the watched poll has been logged */

static void report(const struct task *task, virt_addr_t rip)
{
    log_warn("watchdog: task '%s' does not yield; it is at %s", task->name, symbol_place(rip).text);
}

bool watchdog_look(uint64_t time, virt_addr_t rip)
{
    const struct task *task = __atomic_load_n(&this_cpu()->current, __ATOMIC_ACQUIRE);
    uint64_t poll_start = task ? task->executor->poll_start : 0;
    if (!task || poll_start != watched_poll) {
        watched_poll = poll_start;
        watched_since = time;
        reported = false;
    } else if (!reported && time - watched_since >= WATCHDOG_LIMIT) {
        reported = true;
        report(task, rip);
    }
    return reported;
}
