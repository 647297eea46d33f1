; context_switch() of include/kernel/cpu/context_switch.h. The compiler expects a call to change the registers that a called
; function may change; only the others are saved.

global context_switch, context_begin

section .text

context_switch:                             ; rdi: where the old stack pointer goes; rsi: the new one
    push rbp                                ; kernel/cpu/context_switch.c makes the same picture
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, rsi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

context_begin:                              ; a new stack's first instructions
    pop rax
    call rax                                ; and so a backtrace ends here; it never returns
    ud2
