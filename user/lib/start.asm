; The first instructions of a program, and the return from a signal handler.
;
; Linux starts a program with RSP at argc, followed by the pointers of argv and a NULL, those of envp and a NULL, and the
; auxiliary vector (System V ABI for x86-64, 3.4.1). RSP is a multiple of 16 there, as a call instruction wants it.

%include "user/lib/calls.inc"

extern main

section .text
global _start
_start:
    xor ebp, ebp                ; a backtrace ends here
    mov rdi, [rsp]              ; argc
    lea rsi, [rsp + 8]          ; argv
    lea rdx, [rsi + rdi * 8 + 8] ; envp
    call main
    mov edi, eax
    mov eax, CALL_exit_group
    syscall
    hlt                         ; not reached

; A handler returns to here, with the signal's frame at RSP. Linux wants each program to bring this code itself
; (SA_RESTORER).
global signal_return
signal_return:
    mov eax, CALL_rt_sigreturn
    syscall
    hlt                         ; not reached
