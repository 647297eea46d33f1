; The system calls, as C functions: `call NAME, NUMBER` makes sys_NAME(). user/lib/linux.h declares them.
;
; C passes the arguments in RDI, RSI, RDX, RCX, R8 and R9. Linux takes the fourth one in R10, because SYSCALL overwrites RCX, and
; the others in the same registers. The number and the result are in RAX. Only RAX, RCX and R11 change.
;
; Each function has a section of its own, so that the linker leaves out those that a program does not call.

%macro call 2
section .text.sys_%1 progbits alloc exec nowrite align=16
global sys_%1
sys_%1:
    mov r10, rcx
    mov eax, %2
    syscall
    ret
%endmacro

call read, 0
call write, 1
call open, 2
call close, 3
call stat, 4
call poll, 7
call lseek, 8
call mmap, 9
call mprotect, 10
call munmap, 11
call sigaction, 13              ; Linux names it rt_sigaction, and so on
call sigprocmask, 14
call ioctl, 16
call pread64, 17
call pwrite64, 18
call access, 21
call madvise, 28
call dup2, 33
call nanosleep, 35
call setitimer, 38
call getpid, 39
call socketpair, 53
call fork, 57
call execve, 59
call wait4, 61
call kill, 62

call ftruncate, 77
call getcwd, 79
call chdir, 80
call fchdir, 81
call rename, 82
call mkdir, 83
call rmdir, 84
call unlink, 87
call symlink, 88
call setsid, 112
call sigsuspend, 130
call mknod, 133
call setrlimit, 160
call chroot, 161
call sync, 162
call mount, 165
call umount2, 166
call reboot, 169
call futex, 202
call getdents64, 217
call epoll_wait, 232
call epoll_ctl, 233
call eventfd2, 290
call epoll_create1, 291
call pipe2, 293
call finit_module, 313
call exit_group, 231

; The child of vfork() runs on its parent's stack, and its calls overwrite the memory below the stack pointer, where the return
; address would lie. So the return address stays in a register, which the kernel keeps for the parent.
section .text.sys_vfork progbits alloc exec nowrite align=16
global sys_vfork
sys_vfork:
    pop rdx
    mov eax, 58
    syscall
    push rdx
    ret
