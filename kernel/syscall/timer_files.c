#include <fs/timer_file.h>
#include <kernel/syscall/calls.h>
#include <kernel/syscall/descriptors.h>
#include <kernel/syscall/times.h>

int64_t syscall_timerfd_create(struct trap_frame *frame)
{
    struct file *file;
    int clock = (int)argument_0(frame);
    unsigned flags = (unsigned)argument_1(frame);
    bool is_known = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK) || !is_known)
        return syscall_result(ERROR_INVALID);
    enum error error = timer_file_create(clock, clock == CLOCK_REALTIME, flags & O_NONBLOCK, &file);
    return error ? syscall_result(error) : descriptor_add(file, flags & O_CLOEXEC);
}

/* The timer of a descriptor, referenced. */
static enum error get_timer(uint64_t fd, struct file **file)
{
    enum error error = file_table_get(process_current()->files, (int)fd, file);
    if (!error && !file_is_timer(*file)) {
        file_release(*file);
        error = ERROR_INVALID;
    }
    return error;
}

int64_t syscall_timerfd_settime(struct trap_frame *frame)
{
    unsigned flags = (unsigned)argument_1(frame);
    uint64_t value, period, old_left, old_period;
    struct file *file = NULL;
    enum error error = timer_from_user(argument_2(frame), &value, &period);
    if (!error && flags & ~(unsigned)(TIMER_FILE_ABSOLUTE | TIMER_FILE_CANCEL_ON_SET))
        error = ERROR_INVALID;
    if (!error)
        error = get_timer(argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    timer_file_get(file, &old_left, &old_period);
    timer_file_set(file, flags, value, period);
    file_release(file);
    if (argument_3(frame))
        error = timer_to_user(argument_3(frame), old_left, old_period);
    return syscall_result(error);
}

int64_t syscall_timerfd_gettime(struct trap_frame *frame)
{
    uint64_t left, period;
    struct file *file = NULL;
    enum error error = get_timer(argument_0(frame), &file);
    if (error)
        return syscall_result(error);
    timer_file_get(file, &left, &period);
    file_release(file);
    return syscall_result(timer_to_user(argument_1(frame), left, period));
}
