/*
 * eventfd, signalfd and epoll.
 */
#include <fs/epoll.h>
#include <fs/eventfd.h>
#include <kernel/process/process.h>
#include <kernel/process/signalfd.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/descriptors.h>
#include <kernel/syscall/waits.h>
#include <kernel/task/clock.h>
#include <mm/heap.h>
#include <mm/user_copy.h>

/* --- eventfd ---------------------------------------------------------------------------------- */

static int64_t make_eventfd(uint32_t count, unsigned flags)
{
    enum { EFD_SEMAPHORE = 1, KNOWN = EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC };
    struct file *file;
    if (flags & ~(unsigned)KNOWN)
        return syscall_result(ERROR_INVALID);
    enum error error = eventfd_create(count, flags & EFD_SEMAPHORE, flags & O_NONBLOCK, &file);
    return error ? syscall_result(error) : descriptor_add(file, flags & O_CLOEXEC);
}

int64_t syscall_eventfd(struct trap_frame *frame)
{
    return make_eventfd((uint32_t)argument_0(frame), 0);
}

int64_t syscall_eventfd2(struct trap_frame *frame)
{
    return make_eventfd((uint32_t)argument_0(frame), (unsigned)argument_1(frame));
}

/* --- signalfd --------------------------------------------------------------------------------- */

/* Makes a new file (`fd` is -1), or gives an existing one another set. */
static int64_t make_signalfd(int fd, virt_addr_t set_at, uint64_t size, unsigned flags)
{
    struct file *file;
    uint64_t set;
    if (size != sizeof(set) || flags & ~(unsigned)(O_NONBLOCK | O_CLOEXEC))
        return syscall_result(ERROR_INVALID);
    enum error error = copy_from_user(&set, set_at, sizeof(set));
    if (error)
        return syscall_result(error);
    if (fd == -1) {
        error = signalfd_create(set, flags & O_NONBLOCK, &file);
        return error ? syscall_result(error) : descriptor_add(file, flags & O_CLOEXEC);
    }
    error = file_table_get(process_current()->files, fd, &file);
    if (error)
        return syscall_result(error);
    error = signalfd_set(file, set);
    file_release(file);
    return error ? syscall_result(error) : fd;
}

int64_t syscall_signalfd4(struct trap_frame *frame)
{
    return make_signalfd((int)argument_0(frame), argument_1(frame), argument_2(frame),
                         (unsigned)argument_3(frame));
}

/* --- epoll: what is watched ------------------------------------------------------------------- */

static int64_t make_epoll(bool close_on_exec)
{
    struct file *file;
    enum error error = epoll_create(&file);
    return error ? syscall_result(error) : descriptor_add(file, close_on_exec);
}

int64_t syscall_epoll_create(struct trap_frame *frame)
{
    return (int)argument_0(frame) <= 0 ? syscall_result(ERROR_INVALID) : make_epoll(false);
}

int64_t syscall_epoll_create1(struct trap_frame *frame)
{
    unsigned flags = (unsigned)argument_0(frame);
    return flags & ~(unsigned)O_CLOEXEC ? syscall_result(ERROR_INVALID)
                                        : make_epoll(flags & O_CLOEXEC);
}

enum { EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL, EPOLL_CTL_MOD };

/* EPOLLEXCLUSIVE allows the kernel to wake only one of several epolls. Cairn wakes all of them, and
 * only checks the flag. */
static bool is_valid(const struct file *file, unsigned operation, uint32_t events)
{
    const uint32_t beside = POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET;
    if (!(events & EPOLLEXCLUSIVE))
        return true;
    return operation == EPOLL_CTL_ADD && !file_is_epoll(file) &&
           !(events & ~(beside | EPOLLEXCLUSIVE));
}

static enum error control(struct file *epoll, struct file *file, int fd, unsigned operation,
                          const struct epoll_event *event)
{
    if (!file_can_poll(file))
        return ERROR_NOT_PERMITTED;
    if (file == epoll || !file_is_epoll(epoll))
        return ERROR_INVALID;
    if (operation != EPOLL_CTL_DEL && !is_valid(file, operation, event->events))
        return ERROR_INVALID;
    switch (operation) {
    case EPOLL_CTL_ADD:
        return epoll_add(epoll, file, fd, event);
    case EPOLL_CTL_DEL:
        return epoll_remove(epoll, file, fd);
    case EPOLL_CTL_MOD:
        return epoll_change(epoll, file, fd, event);
    default:
        return ERROR_INVALID;
    }
}

int64_t syscall_epoll_ctl(struct trap_frame *frame)
{
    struct epoll_event event = {0};
    struct file *epoll = NULL, *file;
    unsigned operation = (unsigned)argument_1(frame);
    int fd = (int)argument_2(frame);
    enum error error = OK;
    if (operation != EPOLL_CTL_DEL)
        error = copy_from_user(&event, argument_3(frame), sizeof(event));
    const struct file_table *files = process_current()->files; /* which may change in a wait */
    if (!error)
        error = file_table_get(files, (int)argument_0(frame), &epoll);
    if (error)
        return syscall_result(error);
    error = file_table_get(files, fd, &file);
    if (!error) {
        error = control(epoll, file, fd, operation, &event);
        file_release(file);
    }
    file_release(epoll);
    return syscall_result(error);
}

/* --- epoll: what is ready --------------------------------------------------------------------- */

enum { FEW = 16 };

/* Gives the program up to `limit` events that have happened already. The result is how many. */
static int64_t give(struct file *epoll, virt_addr_t to, size_t limit, struct epoll_event *events,
                    struct epoll_taken *taken)
{
    size_t count = epoll_take(epoll, events, taken, limit);
    enum error error = count > 0 ? copy_to_user(to, events, count * sizeof(*events)) : OK;
    if (error)
        epoll_put_back(epoll, taken, count);
    return error ? syscall_result(error) : (int64_t)count;
}

/* The same with memory for the events: on the stack for a few, else on the heap. If the heap has
 * run out, the program gets a few at a time. */
static int64_t give_some(struct file *epoll, virt_addr_t to, size_t limit)
{
    struct epoll_event few_events[FEW], *events = NULL;
    struct epoll_taken few_taken[FEW];
    size_t count = MIN(limit, epoll_ready_count(epoll));
    if (count > FEW)
        events = kmalloc(count * (sizeof(*events) + sizeof(struct epoll_taken)));
    if (!events)
        return give(epoll, to, MIN(count, (size_t)FEW), few_events, few_taken);
    struct epoll_taken *taken = (void *)(events + count);
    int64_t result = give(epoll, to, count, events, taken);
    kfree(events);
    return result;
}

static int64_t wait_for_events(struct file *epoll, virt_addr_t to, size_t limit, uint64_t timeout)
{
    int64_t result = give_some(epoll, to, limit);
    if (result != 0 || timeout == 0)
        return result;
    uint64_t deadline = timeout_deadline(timeout);
    for (bool expired = false; result == 0 && !expired;) {
        enum error error = epoll_wait(epoll, deadline, &expired);
        result = error ? syscall_result(error) : give_some(epoll, to, limit);
    }
    return result;
}

static int64_t do_wait(int fd, virt_addr_t to, int limit, uint64_t timeout)
{
    struct file *epoll;
    if (limit <= 0 || (size_t)limit > INT32_MAX / sizeof(struct epoll_event))
        return syscall_result(ERROR_INVALID);
    if (!user_range_is_valid(to, (size_t)limit * sizeof(struct epoll_event)))
        return syscall_result(ERROR_BAD_ADDRESS);
    enum error error = file_table_get(process_current()->files, fd, &epoll);
    if (error)
        return syscall_result(error);
    int64_t result = file_is_epoll(epoll) ? wait_for_events(epoll, to, (size_t)limit, timeout)
                                          : syscall_result(ERROR_INVALID);
    file_release(epoll);
    return result;
}

static uint64_t from_milliseconds(int timeout)
{
    return timeout < 0 ? UINT64_MAX : (uint64_t)timeout * NANOSECONDS_PER_MILLISECOND;
}

int64_t syscall_epoll_wait(struct trap_frame *frame)
{
    return do_wait((int)argument_0(frame), argument_1(frame), (int)argument_2(frame),
                   from_milliseconds((int)argument_3(frame)));
}

/* Waits with other signals blocked: the fifth argument is their set, the sixth its size. */
static int64_t wait_with_set(const struct trap_frame *frame, uint64_t timeout)
{
    virt_addr_t set = argument_4(frame);
    enum error error = wait_block_signals(set, argument_5(frame));
    if (error)
        return syscall_result(error);
    int64_t result =
        do_wait((int)argument_0(frame), argument_1(frame), (int)argument_2(frame), timeout);
    bool interrupted = result == syscall_result(ERROR_BROKEN_OFF);
    wait_unblock_signals(set, interrupted ? ERROR_INTERRUPTED : OK);
    return result;
}

int64_t syscall_epoll_pwait(struct trap_frame *frame)
{
    return wait_with_set(frame, from_milliseconds((int)argument_3(frame)));
}

int64_t syscall_epoll_pwait2(struct trap_frame *frame)
{
    uint64_t timeout;
    enum error error = timeout_from_user(argument_3(frame), &timeout);
    return error ? syscall_result(error) : wait_with_set(frame, timeout);
}
