#include <kernel/process/process.h>
#include <kernel/syscall/waits.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

enum { SET_SIZE = 8 }; /* of a set of signals */

struct time_parts {
    int64_t seconds, rest;
};

enum error timeout_from_user(virt_addr_t from, uint64_t unit, uint64_t *timeout)
{
    struct time_parts parts;
    *timeout = UINT64_MAX;
    if (!from)
        return OK;
    enum error error = copy_from_user(&parts, from, sizeof(parts));
    if (error)
        return error;
    if (parts.seconds < 0 || parts.rest < 0 ||
        (uint64_t)parts.rest >= NANOSECONDS_PER_SECOND / unit)
        return ERROR_INVALID;
    if ((uint64_t)parts.seconds < INT64_MAX / NANOSECONDS_PER_SECOND)
        *timeout = (uint64_t)parts.seconds * NANOSECONDS_PER_SECOND + (uint64_t)parts.rest * unit;
    return OK;
}

void timeout_to_user(virt_addr_t to, uint64_t unit, uint64_t deadline)
{
    uint64_t now = clock_now(), left = deadline > now ? deadline - now : 0;
    const struct time_parts parts = {(int64_t)(left / NANOSECONDS_PER_SECOND),
                                     (int64_t)(left % NANOSECONDS_PER_SECOND / unit)};
    if (to && deadline != UINT64_MAX)
        (void)copy_to_user(to, &parts, sizeof(parts));
}

uint64_t timeout_deadline(uint64_t timeout)
{
    uint64_t now = clock_now();
    return timeout > UINT64_MAX - now ? UINT64_MAX : now + timeout;
}

enum error wait_block_signals(virt_addr_t set, uint64_t size)
{
    struct user_thread *thread = user_thread_current();
    uint64_t blocked;
    if (!set)
        return OK;
    if (size != SET_SIZE)
        return ERROR_INVALID;
    enum error error = copy_from_user(&blocked, set, sizeof(blocked));
    if (error)
        return error;
    thread->blocked_before = thread->blocked;
    thread->restore_blocked = true;
    signals_block(blocked);
    return OK;
}

void wait_unblock_signals(virt_addr_t set, enum error error)
{
    struct user_thread *thread = user_thread_current();
    if (!set || error == ERROR_INTERRUPTED)
        return;
    thread->restore_blocked = false;
    signals_block(thread->blocked_before);
}
