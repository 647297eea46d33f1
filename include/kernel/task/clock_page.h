/*
 * What a program needs to read the clock without a system call: one page, which the kernel writes
 * and programs may only read (user/vdso/vdso.c).
 *
 * The kernel may change it between any two instructions of a reader. So a reader takes `sequence`,
 * the rest, and `sequence` again: what it has read belongs together if both were the same, and
 * even.
 */
#ifndef KERNEL_TASK_CLOCK_PAGE_H
#define KERNEL_TASK_CLOCK_PAGE_H

#include <types.h>

struct clock_page {
    uint32_t sequence; /* odd while the rest is changed */
    /* clock_now() was `time` when the time stamp counter was `tsc`, and advances by `rate` / 2^32
     * nanoseconds a tick. Rate 0: only the kernel can tell. */
    uint64_t tsc, time, rate;
    int64_t real_start; /* the time of day when clock_now() was 0 */
};

#endif
