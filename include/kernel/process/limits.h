/*
 * A process's limits: setrlimit(2). Their numbers and what they are in the beginning are Linux's
 * (include/asm-generic/resource.h). Those of memory are kept by mm/, RLIMIT_NOFILE by the table of
 * files; the others are read where they count.
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

/* Has the process's user more threads than RLIMIT_NPROC says? Root has never. In threads. */
bool limits_has_too_many(const struct process *process);

/* May the process have no further child or thread? Its user has as many as RLIMIT_NPROC says, which
 * does not hold for root; or all users have as many as there may be. In threads. */
bool limits_allow_no_thread(const struct process *process);

/* Takes the memory that is free now as what programs have, and shows in /proc how many threads
 * there may be. Once, before the first program starts. */
void limits_start(void);

/* Gives the first process its limits. A fork copies them. Any context. */
void limits_init(struct limit limits[RLIMIT_COUNT]);

/* Makes the process's memory keep its limits: after a new one was set, and after an exec. In
 * threads. */
void limits_apply(struct process *process);

/* Sets a limit. ERROR_INVALID: the soft one is above the hard one; ERROR_NOT_PERMITTED: the hard
 * one would rise, and `privileged` is false, or it would be higher than any can be. In threads. */
enum error limits_set(struct process *process, unsigned resource, const struct limit *limit,
                      bool privileged);

#endif
