; thread_clone() of user/lib/linux.h: a new thread cannot return from a C function that its creator has called, for it has
; another stack. So it begins here.

CALL_clone equ 56
CALL_exit  equ 60

section .text.thread_clone progbits alloc exec nowrite align=16
global thread_clone
thread_clone:                               ; rdi flags, rsi the stack's end, rdx, rcx: where the number goes; r8 function, r9 argument
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
