/*
 * A process's limits: setrlimit(2). Their numbers and first values are Linux's
 * (include/asm-generic/resource.h). mm/ keeps the limits of memory, the table of files keeps
 * RLIMIT_NOFILE; the others are read where they count.
 */
#ifndef KERNEL_PROCESS_LIMITS_H
#define KERNEL_PROCESS_LIMITS_H

#include <error.h>
#include <types.h>

enum {
    RLIMIT_CPU,
    RLIMIT_FSIZE,
    RLIMIT_DATA,
    RLIMIT_STACK,
    RLIMIT_CORE,
    RLIMIT_RSS,
    RLIMIT_NPROC,
    RLIMIT_NOFILE,
    RLIMIT_MEMLOCK,
    RLIMIT_AS,
    RLIMIT_LOCKS,
    RLIMIT_SIGPENDING,
    RLIMIT_MSGQUEUE,
    RLIMIT_NICE,
    RLIMIT_RTPRIO,
    RLIMIT_RTTIME,
    RLIMIT_COUNT
};

#define LIMIT_NONE UINT64_MAX

struct limit {
    uint64_t soft, hard;
};

struct process;

/* Does the process's user have more threads than RLIMIT_NPROC allows? Never true for root. In
 * threads. */
bool limits_has_too_many(const struct process *process);

/* Is the process refused a further child or thread? It is if its user, other than root, has as many
 * as RLIMIT_NPROC allows, or if all users together have as many as the kernel allows. In threads.
 */
bool limits_allow_no_thread(const struct process *process);

/* Computes how many threads there may be from the memory that is free now, and shows the number in
 * /proc. Called once, in a thread, before the first program starts. */
void limits_start(void);

/* Gives the first process its limits. A fork copies them. Any context. */
void limits_init(struct limit limits[RLIMIT_COUNT]);

/* Passes the process's limits of memory to mm/: after a limit was set, and after an exec. In
 * threads.
 */
void limits_apply(struct process *process);

/* Sets a limit. ERROR_INVALID: the soft value is above the hard one. ERROR_NOT_PERMITTED: the hard
 * value would rise and `privileged` is false, or it would exceed FILE_TABLE_MAX. In threads. */
enum error limits_set(struct process *process, unsigned resource, const struct limit *limit,
                      bool privileged);

#endif
