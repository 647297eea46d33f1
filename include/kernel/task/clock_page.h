/*
 * The page from which programs read the clock without a system call (user/vdso/vdso.c). Only the
 * kernel writes to it.
 *
 * The kernel may change it between any two instructions of a reader. So a reader takes `sequence`,
 * the other fields, and `sequence` again. The fields belong together if both times `sequence` was
 * the same even number.
 */
#ifndef KERNEL_TASK_CLOCK_PAGE_H
#define KERNEL_TASK_CLOCK_PAGE_H

#include <types.h>

struct clock_page {
    uint32_t sequence; /* odd while the kernel changes the other fields */
    /* clock_now() was `time` when the time stamp counter was `tsc`, and advances by `rate` / 2^32
     * nanoseconds a tick. Rate 0: only the kernel can tell. */
    uint64_t tsc, time, rate;
    int64_t real_start; /* the time of day when clock_now() was 0 */
};

#endif
