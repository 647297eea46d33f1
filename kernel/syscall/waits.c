#include <assert.h>
#include <kernel/process/process.h>
#include <kernel/syscall/times.h>
#include <kernel/syscall/waits.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

enum { SET_SIZE = 8 }; /* of a set of signals */

enum error timeout_from_user(virt_addr_t from, uint64_t *timeout)
{
    *timeout = UINT64_MAX;
    return from ? time_from_user(from, timeout) : OK;
}

uint64_t timeout_left(uint64_t deadline)
{
    uint64_t now = clock_now();
    return deadline == UINT64_MAX ? UINT64_MAX : deadline > now ? deadline - now : 0;
}

void timeout_to_user(virt_addr_t to, uint64_t unit, uint64_t deadline)
{
    struct time_spec spec = time_to_spec(timeout_left(deadline));
    spec.nanoseconds /= (int64_t)unit;
    if (to && deadline != UINT64_MAX)
        (void)copy_to_user(to, &spec, sizeof(spec));
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
    ASSERT(!thread->restore_blocked);
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
    ASSERT(thread->restore_blocked);
    thread->restore_blocked = false;
    signals_block(thread->blocked_before);
}
