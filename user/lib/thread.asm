; thread_clone() of user/lib/linux.h. A new thread cannot return from the C function that its creator has called, because it has
; another stack. So it begins here.

%include "user/lib/calls.inc"

section .text.thread_clone progbits alloc exec nowrite align=16
global thread_clone
; rdi: flags; rsi: the stack's end; rdx, rcx: where the number goes; r8: the function; r9: its argument
thread_clone:
    mov r10, rcx
    sub rsi, 16
    mov [rsi], r8
    mov [rsi + 8], r9
    xor r8d, r8d                            ; it has no thread-local data
    mov eax, CALL_clone
    syscall
    test eax, eax
    jz .thread
    ret
.thread:
    xor ebp, ebp
    pop rax
    pop rdi
    call rax
    xor edi, edi
    mov eax, CALL_exit
    syscall
    ud2
