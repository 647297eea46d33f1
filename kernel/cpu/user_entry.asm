; SYSCALL's way into the kernel and back. It leaves a struct trap_frame at the top of the running thread's stack, as traps
; from user mode do (trap_stubs.asm).

%include "kernel/cpu/cpu.inc"
%include "kernel/cpu/trap_frame.inc"

extern user_mode_handlers, user_return_by_iretq
global syscall_entry, syscall_entry_end, syscall_return

USER_CODE_SELECTOR equ 0x33                 ; include/kernel/cpu/gdt.h; kernel/cpu/user_mode.c compares
USER_DATA_SELECTOR equ 0x2b
USER_END           equ 0x7ffffffff000       ; include/layout.h

section .text

; SYSCALL has put the program's rip into rcx and its flags into r11, and has cleared the flags that MSR_SFMASK names,
; interrupts' among them. The stack is still the program's.
align 16
syscall_entry:
    swapgs
    mov [gs:CPU_USER_STACK], rsp
    mov rsp, [gs:CPU_KERNEL_STACK]
    push USER_DATA_SELECTOR
    push qword [gs:CPU_USER_STACK]
    push r11
    push USER_CODE_SELECTOR
    push rcx
    push rax                                ; in the error code's place: the call's number, which a restart needs
    push VECTOR_SYSCALL
    SAVE_REGISTERS
    LEAVE_USER_MODE
    sti
    call [user_mode_handlers + HANDLE_SYSCALL]
syscall_return:
    cli
    mov rdi, rsp
    call [user_mode_handlers + BEFORE_RETURN]
    ; SYSRET takes rip and the flags from registers, and goes to the segments of programs. A frame that was exchanged for
    ; another one (exec, sigreturn) has another vector. For an address beyond the canonical ones Intel's processors
    ; raise SYSRET's fault in the kernel, on the program's stack (SDM 2, SYSRET); IRETQ does not.
    cmp dword [rsp + FRAME_VECTOR], VECTOR_SYSCALL
    jne user_return_by_iretq
    mov rcx, USER_END
    cmp [rsp + FRAME_RIP], rcx
    jae user_return_by_iretq
    ENTER_USER_MODE
    ; The registers that a C function preserves are the program's still, or again (context_switch.asm).
    mov rax, [rsp + FRAME_RAX]
    mov rcx, [rsp + FRAME_RIP]
    mov rdx, [rsp + FRAME_RDX]
    mov rsi, [rsp + FRAME_RSI]
    mov rdi, [rsp + FRAME_RDI]
    mov r8, [rsp + FRAME_R8]
    mov r9, [rsp + FRAME_R9]
    mov r10, [rsp + FRAME_R10]
    mov r11, [rsp + FRAME_RFLAGS]
    mov rsp, [rsp + FRAME_RSP]
    swapgs
    o64 sysret
syscall_entry_end:
