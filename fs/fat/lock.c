/*
 * The lock of all that is on the disk besides the content of files. Set-up code, beside which no
 * thread runs, locks nothing.
 */
#include <fs/fat/fat.h>
#include <kernel/task/thread.h>

void fat_lock(struct fat *fat)
{
    if (thread_current())
        thread_lock(&fat->changes);
}

void fat_unlock(struct fat *fat)
{
    if (thread_current())
        thread_unlock(&fat->changes);
}

bool fat_is_locked(const struct fat *fat)
{
    const struct thread *thread = thread_current();
    return !thread || fat->changes.owner == &thread->task;
}
