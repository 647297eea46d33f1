; What the fuzzer cannot say in C. user/fuzz/fuzz.h describes the functions.

%include "user/lib/calls.inc"

%macro LOAD_ARGUMENTS 0
    mov rax, rdi
    mov r11, rsi
    mov rdi, [r11]
    mov rsi, [r11 + 8]
    mov rdx, [r11 + 16]
    mov r10, [r11 + 24]
    mov r8, [r11 + 32]
    mov r9, [r11 + 40]
%endmacro

section .text

global raw_call
raw_call:
    LOAD_ARGUMENTS
    syscall
    ret

global raw_clone
raw_clone:
    LOAD_ARGUMENTS
    syscall
    test rax, rax
    jz .child
    ret
.child:                         ; its stack may be its parent's, or none
    xor edi, edi
    mov eax, CALL_exit
    syscall
    hlt                         ; not reached

global raw_sigreturn
raw_sigreturn:
    mov rsp, rdi
    mov eax, CALL_rt_sigreturn
    syscall
    hlt                         ; it came back, though there was no frame

global raw_jump
raw_jump:
    mov rsp, rsi
    push rdi                    ; RET goes there
    mov rax, rdx
    mov rbx, [rax + 8]
    mov rcx, [rax + 16]
    mov rdx, [rax + 24]
    mov rsi, [rax + 32]
    mov rdi, [rax + 40]
    mov rbp, [rax + 48]
    mov r8, [rax + 56]
    mov r9, [rax + 64]
    mov r10, [rax + 72]
    mov r12, [rax + 80]
    mov r13, [rax + 88]
    mov r14, [rax + 96]
    mov r15, [rax + 104]
    mov rax, [rax]
    ret
