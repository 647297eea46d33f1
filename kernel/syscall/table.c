#include <kernel/log/log.h>
#include <kernel/process/process.h>
#include <kernel/syscall/calls.h>

/* By Linux's number (arch/x86/entry/syscalls/syscall_64.tbl). */
static syscall_function *const calls[] = {
    [9] = syscall_mmap,
    [10] = syscall_mprotect,
    [11] = syscall_munmap,
    [12] = syscall_brk,
    [13] = syscall_rt_sigaction,
    [14] = syscall_rt_sigprocmask,
    [15] = syscall_rt_sigreturn,
    [24] = syscall_sched_yield,
    [34] = syscall_pause,
    [35] = syscall_nanosleep,
    [36] = syscall_getitimer,
    [37] = syscall_alarm,
    [38] = syscall_setitimer,
    [39] = syscall_getpid,
    [56] = syscall_clone,
    [57] = syscall_fork,
    [58] = syscall_vfork,
    [59] = syscall_execve,
    [60] = syscall_exit,
    [61] = syscall_wait4,
    [62] = syscall_kill,
    [63] = syscall_uname,
    [96] = syscall_gettimeofday,
    [97] = syscall_getrlimit,
    [98] = syscall_getrusage,
    [99] = syscall_sysinfo,
    [100] = syscall_times,
    [102] = syscall_getuid,
    [103] = syscall_syslog,
    [104] = syscall_getgid,
    [105] = syscall_setuid,
    [106] = syscall_setgid,
    [107] = syscall_geteuid,
    [108] = syscall_getegid,
    [109] = syscall_setpgid,
    [110] = syscall_getppid,
    [111] = syscall_getpgrp,
    [112] = syscall_setsid,
    [115] = syscall_getgroups,
    [116] = syscall_setgroups,
    [121] = syscall_getpgid,
    [124] = syscall_getsid,
    [127] = syscall_rt_sigpending,
    [130] = syscall_rt_sigsuspend,
    [131] = syscall_sigaltstack,
    [140] = syscall_getpriority,
    [141] = syscall_setpriority,
    [157] = syscall_prctl,
    [158] = syscall_arch_prctl,
    [160] = syscall_setrlimit,
    [164] = syscall_settimeofday,
    [169] = syscall_reboot,
    [170] = syscall_sethostname,
    [186] = syscall_gettid,
    [200] = syscall_tkill,
    [201] = syscall_time,
    [204] = syscall_sched_getaffinity,
    [218] = syscall_set_tid_address,
    [219] = syscall_restart_syscall,
    [227] = syscall_clock_settime,
    [228] = syscall_clock_gettime,
    [229] = syscall_clock_getres,
    [230] = syscall_clock_nanosleep,
    [231] = syscall_exit,
    [234] = syscall_tgkill,
    [247] = syscall_waitid,
    [273] = syscall_set_robust_list,
    [302] = syscall_prlimit64,
    [318] = syscall_getrandom,
};

/* Each missing call is logged once. */
static uint64_t logged[16];

static int64_t missing(const struct trap_frame *frame)
{
    uint64_t number = frame->error_code;
    if (number < 64 * ARRAY_SIZE(logged) && !(logged[number / 64] >> number % 64 & 1)) {
        logged[number / 64] |= UINT64_C(1) << number % 64;
        log_debug("syscall: %s makes call %lu, which is not there", process_current()->name,
                  number);
    }
    return syscall_result(ERROR_NO_CALL);
}

void syscall_dispatch(struct trap_frame *frame)
{
    uint64_t number = frame->error_code; /* user_entry.asm puts it there; rax becomes the result */
    syscall_function *call = number < ARRAY_SIZE(calls) ? calls[number] : NULL;
    int64_t result = call ? call(frame) : missing(frame);
    frame->rax = (uint64_t)result;
}
