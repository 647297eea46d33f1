/*
 * timerfd: a timer that is read as a file. A read gives how often it has expired since the last
 * one, as a number of 8 bytes, and waits until that is not 0.
 */
#ifndef FS_TIMER_FILE_H
#define FS_TIMER_FILE_H

#include <fs/file.h>

/* Makes one that is not set. It goes by the time of day, or by the time since the start; `clock` is
 * what the program calls that, for /proc. `flags` may have O_NONBLOCK. ERROR_OUT_OF_FRAMES. In
 * threads, like all that follow. */
enum error timer_file_create(int clock, bool is_time_of_day, unsigned flags, struct file **file);

/* Is the file such a one? The others are for those. */
bool file_is_timer(const struct file *file);

/* How a timer is set: Linux's TFD_TIMER_... (include/uapi/linux/timerfd.h). */
enum { TIMER_FILE_ABSOLUTE = 1, TIMER_FILE_CANCEL_ON_SET = 2 };

/* Sets the timer for `value` nanoseconds from now, or (TIMER_FILE_ABSOLUTE) at that time by its
 * clock; 0 turns it off. Then it expires after each `period`, unless that is 0. */
void timer_file_set(struct file *file, unsigned flags, uint64_t value, uint64_t period);

/* How long it is until the timer expires, at least 1 if it is set, and its period. */
void timer_file_get(const struct file *file, uint64_t *left, uint64_t *period);

#endif
