/*
 * New processes and threads: fork, vfork and clone.
 */
#ifndef KERNEL_PROCESS_FORK_H
#define KERNEL_PROCESS_FORK_H

#include <error.h>
#include <kernel/cpu/trap.h>
#include <types.h>

/* Linux's flags of clone() (include/uapi/linux/sched.h). */
#define CLONE_SIGNAL         UINT64_C(0xff) /* the signal that the parent gets at the child's end */
#define CLONE_VM             UINT64_C(0x00000100)
#define CLONE_FS             UINT64_C(0x00000200)
#define CLONE_FILES          UINT64_C(0x00000400)
#define CLONE_SIGHAND        UINT64_C(0x00000800)
#define CLONE_PIDFD          UINT64_C(0x00001000)
#define CLONE_VFORK          UINT64_C(0x00004000)
#define CLONE_PARENT         UINT64_C(0x00008000) /* the child gets the caller's parent */
#define CLONE_THREAD         UINT64_C(0x00010000)
#define CLONE_SYSVSEM        UINT64_C(0x00040000) /* no effect: there are no such semaphores */
#define CLONE_SETTLS         UINT64_C(0x00080000)
#define CLONE_PARENT_SETTID  UINT64_C(0x00100000)
#define CLONE_CHILD_CLEARTID UINT64_C(0x00200000)
#define CLONE_DETACHED       UINT64_C(0x00400000) /* no effect since Linux 2.6 */
#define CLONE_UNTRACED       UINT64_C(0x00800000)
#define CLONE_CHILD_SETTID   UINT64_C(0x01000000)
#define CLONE_CLEAR_SIGHAND  UINT64_C(0x100000000)

struct clone_arguments {
    uint64_t flags;
    virt_addr_t stack;               /* 0: that of the parent */
    virt_addr_t parent_id, child_id; /* where the child's number is stored */
    virt_addr_t pidfd;               /* where the descriptor is stored */
    virt_addr_t fs_base;
};

/* Makes a child of the running process, or with CLONE_THREAD a thread of it. The child goes on with
 * a copy of `frame` whose result is 0. *id is the child's number. With CLONE_VFORK, returns when
 * the child has given the memory back or has ended. ERROR_INVALID: flags that are unknown or
 * contradict each other; ERROR_OUT_OF_FRAMES; ERROR_AGAIN: no number is left, a limit is reached,
 * or the process ends; ERROR_NOT_PERMITTED: a bad fs_base; for CLONE_PIDFD what file_table_add()
 * says. In threads of programs; may wait. */
enum error process_clone(const struct trap_frame *frame, const struct clone_arguments *arguments,
                         int *id);

#endif
