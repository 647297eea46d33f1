#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/times.h>
#include <kernel/task/deadline.h>
#include <kernel/task/future.h>
#include <kernel/task/thread.h>
#include <mm/user_copy.h>

struct nap {
    struct future future;
    struct deadline deadline;
};

static enum poll_result poll_nap(struct future *future, struct task *task)
{
    return deadline_poll(&CONTAINER_OF(future, struct nap, future)->deadline, task);
}

static void cancel_nap(struct future *future)
{
    deadline_cancel(&CONTAINER_OF(future, struct nap, future)->deadline);
}

static enum error sleep_until_deadline(bool is_time_of_day, uint64_t time)
{
    struct nap nap = {.future = {.poll = poll_nap, .cancel = cancel_nap}};
    deadline_begin(&nap.deadline, is_time_of_day, time);
    return await_interruptible(&nap.future);
}

/* Sleeps until thread->sleep_deadline. If a signal interrupts that, the time left is stored for the
 * program. If no handler runs then, the sleep goes on. */
static int64_t sleep_on(struct user_thread *thread)
{
    if (sleep_until_deadline(false, thread->sleep_deadline) == OK)
        return 0;
    uint64_t now = clock_now();
    struct time_spec rest =
        time_to_spec(thread->sleep_deadline > now ? thread->sleep_deadline - now : 0);
    if (thread->sleep_remaining && copy_to_user(thread->sleep_remaining, &rest, sizeof(rest)) != OK)
        return syscall_result(ERROR_BAD_ADDRESS);
    return RESTART_SLEEP;
}

static int64_t restart_sleep(struct trap_frame *frame)
{
    (void)frame;
    return sleep_on(user_thread_current());
}

static int64_t sleep_for_time(uint64_t time, virt_addr_t remaining)
{
    struct user_thread *thread = user_thread_current();
    thread->restart = restart_sleep;
    thread->sleep_deadline = clock_now() + time;
    thread->sleep_remaining = remaining;
    return sleep_on(thread);
}

int64_t syscall_nanosleep(struct trap_frame *frame)
{
    uint64_t time;
    enum error error = time_from_user(argument_0(frame), &time);
    return error ? syscall_result(error) : sleep_for_time(time, argument_1(frame));
}

/* Setting the time of day does not change a sleep for some time, only one until a time of day. */
int64_t syscall_clock_nanosleep(struct trap_frame *frame)
{
    struct program_clock clock;
    uint64_t time = 0;
    enum error error = program_clock_find((int)argument_0(frame), &clock);
    if (!error && !clock.may_sleep)
        error = clock.kind == TIMER_THREAD_TIME ? ERROR_INVALID : ERROR_UNSUPPORTED;
    if (!error)
        error = time_from_user(argument_2(frame), &time);
    if (error)
        return syscall_result(error);
    if (!(argument_1(frame) & TIMER_ABSTIME))
        return sleep_for_time(time, argument_3(frame));
    return syscall_result_no_restart(sleep_until_deadline(clock.kind == TIMER_TIME_OF_DAY, time));
}

/* EINTR: Linux's result when no call was interrupted. */
enum { NOTHING_TO_RESTART = -4 };

int64_t syscall_restart_syscall(struct trap_frame *frame)
{
    struct user_thread *thread = user_thread_current();
    return thread->restart ? thread->restart(frame) : NOTHING_TO_RESTART;
}
