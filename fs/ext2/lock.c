/*
 * The lock of all that is on the disk besides the content of files. Set-up code, beside which no
 * thread runs, locks nothing.
 */
#include <fs/ext2/ext2.h>
#include <kernel/task/thread.h>

void ext2_lock(struct ext2 *ext2)
{
    if (thread_current())
        thread_lock(&ext2->changes);
}

void ext2_unlock(struct ext2 *ext2)
{
    if (thread_current())
        thread_unlock(&ext2->changes);
}

bool ext2_is_locked(const struct ext2 *ext2)
{
    const struct thread *thread = thread_current();
    return !thread || ext2->changes.owner == &thread->task;
}
