/*
 * The system calls, by the file in kernel/syscall/ that has them. Each is described in section 2 of
 * Linux's manual; kernel/syscall/table.c gives them their numbers.
 */
#ifndef KERNEL_SYSCALL_CALLS_H
#define KERNEL_SYSCALL_CALLS_H

#include <kernel/syscall/syscall.h>

/* memory.c */
syscall_function syscall_mmap;
syscall_function syscall_mprotect;
syscall_function syscall_munmap;
syscall_function syscall_brk;

/* signals.c */
syscall_function syscall_rt_sigaction;
syscall_function syscall_rt_sigprocmask;
syscall_function syscall_rt_sigreturn;
syscall_function syscall_pause;
syscall_function syscall_kill;
syscall_function syscall_rt_sigpending;
syscall_function syscall_rt_sigsuspend;
syscall_function syscall_rt_sigtimedwait;
syscall_function syscall_sigaltstack;
syscall_function syscall_tkill;
syscall_function syscall_tgkill;

/* time.c */
syscall_function syscall_nanosleep;
syscall_function syscall_getitimer;
syscall_function syscall_alarm;
syscall_function syscall_setitimer;
syscall_function syscall_gettimeofday;
syscall_function syscall_times;
syscall_function syscall_settimeofday;
syscall_function syscall_time;
syscall_function syscall_clock_settime;
syscall_function syscall_clock_gettime;
syscall_function syscall_clock_getres;
syscall_function syscall_clock_nanosleep;
syscall_function syscall_restart_syscall;

/* processes.c */
syscall_function syscall_getpid;
syscall_function syscall_clone;
syscall_function syscall_fork;
syscall_function syscall_vfork;
syscall_function syscall_execve;
syscall_function syscall_exit;
syscall_function syscall_wait4;
syscall_function syscall_waitid;
syscall_function syscall_setpgid;
syscall_function syscall_getppid;
syscall_function syscall_getpgrp;
syscall_function syscall_setsid;
syscall_function syscall_getpgid;
syscall_function syscall_getsid;
syscall_function syscall_gettid;
syscall_function syscall_sched_yield;
syscall_function syscall_set_tid_address;
syscall_function syscall_getrusage;
syscall_function syscall_prctl;
syscall_function syscall_arch_prctl;

/* credentials.c */
syscall_function syscall_getuid;
syscall_function syscall_getgid;
syscall_function syscall_setuid;
syscall_function syscall_setgid;
syscall_function syscall_geteuid;
syscall_function syscall_getegid;
syscall_function syscall_getgroups;
syscall_function syscall_setgroups;

/* system.c */
syscall_function syscall_uname;
syscall_function syscall_getrlimit;
syscall_function syscall_sysinfo;
syscall_function syscall_syslog;
syscall_function syscall_getpriority;
syscall_function syscall_setpriority;
syscall_function syscall_setrlimit;
syscall_function syscall_reboot;
syscall_function syscall_sethostname;
syscall_function syscall_sched_getaffinity;
syscall_function syscall_set_robust_list;
syscall_function syscall_prlimit64;
syscall_function syscall_getrandom;

/* files.c */
syscall_function syscall_open;
syscall_function syscall_openat;
syscall_function syscall_creat;
syscall_function syscall_close;
syscall_function syscall_read;
syscall_function syscall_write;
syscall_function syscall_pread64;
syscall_function syscall_pwrite64;
syscall_function syscall_readv;
syscall_function syscall_writev;
syscall_function syscall_lseek;
syscall_function syscall_sendfile;
syscall_function syscall_ftruncate;
syscall_function syscall_truncate;
syscall_function syscall_sync;
syscall_function syscall_fsync;
syscall_function syscall_ioctl;

/* descriptors.c */
syscall_function syscall_dup;
syscall_function syscall_dup2;
syscall_function syscall_dup3;
syscall_function syscall_fcntl;
syscall_function syscall_flock;
syscall_function syscall_pipe;
syscall_function syscall_pipe2;

/* status.c */
syscall_function syscall_stat;
syscall_function syscall_lstat;
syscall_function syscall_fstat;
syscall_function syscall_newfstatat;
syscall_function syscall_statx;
syscall_function syscall_access;
syscall_function syscall_faccessat;
syscall_function syscall_faccessat2;
syscall_function syscall_statfs;
syscall_function syscall_fstatfs;

/* directories.c */
syscall_function syscall_getdents64;
syscall_function syscall_chdir;
syscall_function syscall_chroot;
syscall_function syscall_fchdir;
syscall_function syscall_getcwd;
syscall_function syscall_mkdir;
syscall_function syscall_mkdirat;
syscall_function syscall_mknod;
syscall_function syscall_mknodat;
syscall_function syscall_symlink;
syscall_function syscall_symlinkat;
syscall_function syscall_link;
syscall_function syscall_linkat;
syscall_function syscall_unlink;
syscall_function syscall_rmdir;
syscall_function syscall_unlinkat;
syscall_function syscall_rename;
syscall_function syscall_renameat;
syscall_function syscall_renameat2;
syscall_function syscall_readlink;
syscall_function syscall_readlinkat;
syscall_function syscall_mount;
syscall_function syscall_umount2;

/* attributes.c */
syscall_function syscall_chmod;
syscall_function syscall_fchmodat;
syscall_function syscall_fchmod;
syscall_function syscall_umask;
syscall_function syscall_chown;
syscall_function syscall_lchown;
syscall_function syscall_fchownat;
syscall_function syscall_fchown;
syscall_function syscall_utimensat;
syscall_function syscall_utimes;
syscall_function syscall_futimesat;
syscall_function syscall_utime;

/* poll.c */
syscall_function syscall_poll;
syscall_function syscall_ppoll;
syscall_function syscall_select;
syscall_function syscall_pselect6;

#endif
