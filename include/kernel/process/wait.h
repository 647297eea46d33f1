/*
 * A parent learns what has become of its children.
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
#define WNOTHREAD  UINT32_C(0x20000000) /* not those of other threads: they are the process's */
#define WALL       UINT32_C(0x40000000) /* also children whose end does not give SIGCHLD */
#define WCLONE     UINT32_C(0x80000000) /* those alone */

struct wait_result {
    int id; /* 0: nothing has changed, with WNOHANG */
    uint32_t uid;
    int status;           /* as wait4() gives it */
    struct cpu_time time; /* the child's and its children's */
};

/* Waits until one of the running process's children has ended, or with WUNTRACED has stopped, or
 * with WCONTINUED has gone on. `which` is a child's number, -1 for any, 0 for those of the own
 * group, or the negative of a group. A child that has ended is forgotten then, unless WNOWAIT is
 * set. Without WALL and WCLONE, children whose end does not give SIGCHLD do not count.
 * ERROR_NO_CHILD, ERROR_INTERRUPTED. */
enum error process_wait(int which, unsigned options, struct wait_result *result);

#endif
