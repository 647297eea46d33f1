/*
 * The thread begins when something becomes newer than its disk, and ends when nothing is newer any
 * more: an idle machine has no such thread. Every AGE it writes all that is newer. A disk that
 * fails is tried again each time.
 *
 * page_cache.c limits how many pages are dirty: a thread that makes too many writes some back.
 */
#include <fs/block_file.h>
#include <fs/mount.h>
#include <fs/page_cache.h>
#include <fs/write_back.h>
#include <kernel/log/log.h>
#include <kernel/task/sleep.h>
#include <kernel/task/thread.h>
#include <mm/kernel_threads.h>

#define AGE (5 * NANOSECONDS_PER_SECOND)

static bool is_running;
static bool became_dirty; /* since the thread has last looked */

static void run(void *argument)
{
    (void)argument;
    do {
        thread_sleep(AGE);
        became_dirty = false;
        mounts_sync();
        block_files_sync();
    } while (became_dirty || page_cache_dirty_pages() > 0);
    is_running = false;
}

/* Set-up code, beside which no thread runs, writes back itself what it has to. */
static void note(void)
{
    became_dirty = true;
    if (is_running || !timers_executor || !thread_current())
        return;
    is_running = true;
    if (kernel_thread_spawn(timers_executor, "write-back", run, NULL)) {
        log_warn("write-back: no memory for a thread");
        is_running = false;
    }
}

void write_back_start(void)
{
    page_cache_became_dirty = note;
}
