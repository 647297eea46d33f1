/*
 * How a parent learns that a child has ended, stopped or gone on: wait4() and waitid().
 */
#ifndef KERNEL_PROCESS_WAIT_H
#define KERNEL_PROCESS_WAIT_H

#include <error.h>
#include <kernel/process/cpu_time.h>

/* Linux's numbers (include/uapi/linux/wait.h). */
#define WNOHANG    UINT32_C(1)
#define WUNTRACED  UINT32_C(2)
#define WEXITED    UINT32_C(4)
#define WCONTINUED UINT32_C(8)
#define WNOWAIT    UINT32_C(0x01000000)
#define WNOTHREAD  UINT32_C(0x20000000) /* no effect: children are the process's, not a thread's */
#define WALL       UINT32_C(0x40000000) /* also children whose end does not send SIGCHLD */
#define WCLONE     UINT32_C(0x80000000) /* only such children */

struct wait_result {
    int id; /* of the child; 0 with WNOHANG: nothing has changed */
    uint32_t uid;
    int status;           /* as wait4() gives it */
    struct cpu_time time; /* of the child and its children */
};

/* Waits until one of the running process's children has ended (WEXITED), has stopped (WUNTRACED) or
 * has gone on (WCONTINUED). `which` is a child's number, -1 for any child, 0 for those of the own
 * group, or the negative number of a group. A child that has ended is freed then, unless WNOWAIT is
 * set. Without WALL and WCLONE, children whose end does not send SIGCHLD do not count.
 * ERROR_NO_CHILD: no child counts. ERROR_INTERRUPTED. In threads of programs; may wait. */
enum error process_wait(int which, unsigned options, struct wait_result *result);

#endif
