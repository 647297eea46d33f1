#include <kernel/process/credentials.h>
#include <kernel/process/futex.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/clock.h>
#include <mm/user_copy.h>

/* Linux's numbers (include/uapi/linux/futex.h). */
enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE = 4,
    FUTEX_WAKE_OP = 5,
    FUTEX_LOCK_PI = 6,
    FUTEX_UNLOCK_PI = 7,
    FUTEX_TRYLOCK_PI = 8,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10,
    FUTEX_LOCK_PI2 = 13,
    FUTEX_PRIVATE_FLAG = 128,
    FUTEX_CLOCK_REALTIME = 256,
    ROBUST_HEAD_SIZE = 24, /* of struct robust_list_head */
};

/* Reads when a wait ends; `from` 0: never. FUTEX_WAIT takes a time from now, the other operations
 * take a time by a clock. */
static enum error deadline_from_user(virt_addr_t from, int operation, uint64_t *deadline)
{
    uint64_t time, now = clock_now();
    *deadline = UINT64_MAX;
    if (!from)
        return OK;
    enum error error = time_from_user(from, &time);
    if (error)
        return error;
    if ((operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) == FUTEX_WAIT) {
        *deadline = now + time;
    } else if (operation & FUTEX_CLOCK_REALTIME) {
        uint64_t real = (uint64_t)clock_real_now();
        *deadline = time > real ? now + (time - real) : 0;
    } else {
        *deadline = time;
    }
    return OK;
}

static int64_t restart_wait(struct trap_frame *frame);

/* After a handler that was set with SA_RESTART, a wait without a limit begins again, and one with a
 * limit fails. If no handler runs, a wait with a limit goes on up to the same deadline. */
static int64_t wait(struct trap_frame *frame, uint64_t deadline)
{
    struct user_thread *thread = user_thread_current();
    int operation = (int)argument_1(frame);
    const struct futex futex = {argument_0(frame), !(operation & FUTEX_PRIVATE_FLAG)};
    bool has_bits = (operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) == FUTEX_WAIT_BITSET;
    uint32_t bits = has_bits ? (uint32_t)argument_5(frame) : FUTEX_ANY;
    enum error error = futex_wait(&futex, (uint32_t)argument_2(frame), bits, deadline);
    if (error != ERROR_INTERRUPTED || deadline == UINT64_MAX)
        return syscall_result(error);
    thread->restart = restart_wait;
    thread->sleep_deadline = deadline;
    return RESTART_SLEEP;
}

static int64_t restart_wait(struct trap_frame *frame)
{
    return wait(frame, user_thread_current()->sleep_deadline);
}

static int64_t begin_wait(struct trap_frame *frame)
{
    uint64_t deadline;
    enum error error = deadline_from_user(argument_3(frame), (int)argument_1(frame), &deadline);
    return error ? syscall_result(error) : wait(frame, deadline);
}

/* FUTEX_LOCK_PI's limit is a time of day. */
static int64_t lock(struct trap_frame *frame, const struct futex *futex, int command)
{
    int clock = command == FUTEX_LOCK_PI ? FUTEX_CLOCK_REALTIME : 0;
    int operation = (int)argument_1(frame) | clock;
    uint64_t deadline = 0;
    enum error error = OK;
    if (command != FUTEX_TRYLOCK_PI)
        error = deadline_from_user(argument_3(frame), operation, &deadline);
    if (!error)
        error = futex_lock(futex, command != FUTEX_TRYLOCK_PI, deadline);
    return error == ERROR_INTERRUPTED ? RESTART_ALWAYS : syscall_result(error);
}

/* The operations on two futexes. *count is the call's result. */
static enum error two(const struct trap_frame *frame, int command, unsigned *count)
{
    bool shared = !(argument_1(frame) & FUTEX_PRIVATE_FLAG);
    const struct futex futex = {argument_0(frame), shared}, other = {argument_4(frame), shared};
    int32_t limit = (int32_t)argument_2(frame), other_limit = (int32_t)argument_3(frame);
    uint32_t value = (uint32_t)argument_5(frame);
    if (command == FUTEX_WAKE_OP)
        return futex_wake_operation(&futex, (uint32_t)MAX(limit, 1), &other,
                                    (uint32_t)MAX(other_limit, 1), value, count);
    if (limit < 0 || other_limit < 0)
        return ERROR_INVALID;
    return futex_requeue(&futex, (uint32_t)limit, &other, (uint32_t)other_limit,
                         command == FUTEX_CMP_REQUEUE ? &value : NULL, count);
}

int64_t syscall_futex(struct trap_frame *frame)
{
    int operation = (int)argument_1(frame);
    int command = operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    const struct futex futex = {argument_0(frame), !(operation & FUTEX_PRIVATE_FLAG)};
    uint32_t limit = (uint32_t)MAX((int32_t)argument_2(frame), 1);
    uint32_t bits = command == FUTEX_WAKE_BITSET ? (uint32_t)argument_5(frame) : FUTEX_ANY;
    unsigned count = 0;
    enum error error;
    if (operation & FUTEX_CLOCK_REALTIME && command != FUTEX_WAIT_BITSET &&
        command != FUTEX_LOCK_PI2)
        return syscall_result(ERROR_NO_CALL);
    switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return begin_wait(frame);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        error = futex_wake(&futex, limit, bits, &count);
        break;
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_TRYLOCK_PI:
        return lock(frame, &futex, command);
    case FUTEX_UNLOCK_PI:
        error = futex_unlock(&futex);
        break;
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_WAKE_OP:
        error = two(frame, command, &count);
        break;
    default:
        error = ERROR_NO_CALL;
    }
    return error ? syscall_result(error) : count;
}

int64_t syscall_set_robust_list(struct trap_frame *frame)
{
    if (argument_1(frame) != ROBUST_HEAD_SIZE)
        return syscall_result(ERROR_INVALID);
    user_thread_current()->robust_list = argument_0(frame);
    return 0;
}

int64_t syscall_get_robust_list(struct trap_frame *frame)
{
    const uint64_t size = ROBUST_HEAD_SIZE;
    int id = (int)argument_0(frame);
    const struct user_thread *thread = id ? user_thread_find(id) : user_thread_current();
    if (!thread)
        return syscall_result(ERROR_NO_PROCESS);
    if (thread->process != process_current() && !is_privileged())
        return syscall_result(ERROR_NOT_PERMITTED);
    virt_addr_t list = thread->robust_list;
    enum error error = copy_to_user(argument_2(frame), &size, sizeof(size));
    if (!error)
        error = copy_to_user(argument_1(frame), &list, sizeof(list));
    return syscall_result(error);
}
