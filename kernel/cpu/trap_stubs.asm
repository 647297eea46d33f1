; 256 entry points, one for each vector. The processor does not tell a handler its vector, so each stub pushes its own,
; after a zero where the processor has not pushed an error code. Then a common tail saves the registers as struct
; trap_frame (include/kernel/cpu/trap.h), counts, and calls the vector's handler.
;
; There are three tails. That of interrupts counts how deep they are nested, for in_interrupt(). That of exceptions does
; not: an exception's handler runs on behalf of the code that caused it. Traps from user mode have tails of their own. The
; third is for traps that can come at any instruction, even where the base of GS is still, or again, the program's.
;
; At the call there are 22 words on the stack: the processor's 5, the error code, the vector, and 15 registers. The
; processor aligns the stack to 16 bytes before it pushes its words (Intel SDM 3A 6.14.2), so it is aligned at the call, as
; the ABI requires.

%include "kernel/cpu/cpu.inc"
%include "kernel/cpu/trap_frame.inc"

extern boot_cpu
global trap_stubs, trap_stubs_end, trap_handlers, trap_unhandled, trap_fallback, trap_error_code_vectors
global exception_return, interrupt_return, paranoid_return, user_exception_return, user_interrupt_return
global user_mode_return, user_return_by_iretq, user_mode_handlers

; The vectors for which the processor pushes an error code (Intel SDM 3A table 6-1; 29 and 30 are AMD's, APM 2 8.2).
%define ERROR_CODE_VECTORS ((1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17) \
                            | (1 << 21) | (1 << 29) | (1 << 30))

STUB_SIZE  equ 16                           ; TRAP_STUB_SIZE in kernel/cpu/trap.c, which compares
EXCEPTIONS equ 32

; The vectors that use a stack of their own (IST), since they can come at any instruction.
%define PARANOID ((1 << 1) | (1 << 2) | (1 << 8) | (1 << 18))

section .text

align 256 * STUB_SIZE                       ; in one page: kernel/cpu/trap.c counts on it
trap_stubs:
%assign vector 0
%rep 256
    align STUB_SIZE
%if vector >= EXCEPTIONS || !((ERROR_CODE_VECTORS >> vector) & 1)
    push 0
%endif
    push vector
%if vector >= EXCEPTIONS
    jmp interrupt_common
%elif (PARANOID >> vector) & 1
    jmp paranoid_common
%else
    jmp exception_common
%endif
    %assign vector vector + 1
%endrep
align STUB_SIZE
trap_stubs_end:
%if $ - trap_stubs != 256 * STUB_SIZE
    %error "a stub is longer than STUB_SIZE"
%endif

; Each `..._return` is an address by which a backtrace knows that a trap frame follows.

align 16
interrupt_common:
    test byte [rsp + STUB_CS], 3
    jnz interrupt_from_user
    SAVE_REGISTERS
    cld                                     ; the C code counts on it
    inc dword [gs:CPU_INTERRUPT_DEPTH]
    inc qword [gs:CPU_TRAP_COUNTS + rax * 8]
    call [trap_handlers + rax * 8]
interrupt_return:
    dec dword [gs:CPU_INTERRUPT_DEPTH]
    RESTORE_REGISTERS
    iretq

align 16
exception_common:
    test byte [rsp + STUB_CS], 3
    jnz exception_from_user
    SAVE_REGISTERS
    cld
    inc qword [gs:CPU_TRAP_COUNTS + rax * 8]
    call [trap_handlers + rax * 8]
exception_return:
    RESTORE_REGISTERS
    iretq

; In the kernel the base of GS is the address of struct cpu: the comparison tells whether SWAPGS is needed. The privilege in
; CS does not tell: at a system call's first and last instructions it is the kernel's already, or still. Nor does the base's
; sign: a program may set its base to any address (WRGSBASE). If it sets that of struct cpu, nothing has to be exchanged.
; NMIs count as interrupts; the others are exceptions.
align 16
paranoid_common:
    cmp qword [rsp], VECTOR_DEBUG
    jne .save
    test byte [rsp + STUB_CS], 3            ; a program's step becomes a signal: that needs the thread's stack
    jnz debug_from_user
.save:
    SAVE_REGISTERS
    CLEAR_FLAGS
    xor ebx, ebx                            ; the handler keeps it: was GS exchanged?
    mov ecx, MSR_GS_BASE
    rdmsr
    shl rdx, 32
    or rax, rdx
    cmp rax, boot_cpu                       ; a sign-extended 32-bit address
    je .kernel_gs
    swapgs
    inc ebx
.kernel_gs:
    xor r12d, r12d                          ; and this one: is it an interrupt?
    mov rax, [rsp + FRAME_VECTOR]
    cmp eax, VECTOR_NMI
    sete r12b
    add [gs:CPU_INTERRUPT_DEPTH], r12d
    inc qword [gs:CPU_TRAP_COUNTS + rax * 8]
    mov rdi, rsp
    call [trap_handlers + rax * 8]
paranoid_return:
    sub [gs:CPU_INTERRUPT_DEPTH], r12d
    test ebx, ebx
    jz .restore
    swapgs
.restore:
    RESTORE_REGISTERS
    iretq

; --- From user mode and back
;
; Each leaves its struct trap_frame at the top of the running thread's stack. The base of GS is the program's in user mode
; and this processor's in the kernel, and is exchanged on every way in and out.

align 16
interrupt_from_user:
    swapgs
    SAVE_REGISTERS
    CLEAR_FLAGS
    LEAVE_USER_MODE
    mov rax, [rsp + FRAME_VECTOR]
    inc dword [gs:CPU_INTERRUPT_DEPTH]
    inc qword [gs:CPU_TRAP_COUNTS + rax * 8]
    call [trap_handlers + rax * 8]
user_interrupt_return:
    dec dword [gs:CPU_INTERRUPT_DEPTH]
    jmp user_return

align 16
exception_from_user:
    swapgs
.on_the_threads_stack:
    SAVE_REGISTERS
    CLEAR_FLAGS
    inc qword [gs:CPU_TRAP_COUNTS + rax * 8]
    LEAVE_USER_MODE
    call [user_mode_handlers + HANDLE_EXCEPTION]
user_exception_return:
    jmp user_return

; Runs on the stack of debug exceptions, which the next one needs. So the seven words there move to the thread's stack.
debug_from_user:
    swapgs
    push rsi
    lea rsi, [rsp + 8]
    mov rsp, [gs:CPU_KERNEL_STACK]
    push qword [rsi + STUB_SS]
    push qword [rsi + STUB_RSP]
    push qword [rsi + STUB_RFLAGS]
    push qword [rsi + STUB_CS]
    push qword [rsi + STUB_RIP]
    push qword [rsi + 8]
    push qword [rsi]
    mov rsi, [rsi - 8]
    jmp exception_from_user.on_the_threads_stack

; rdi points to the frame. The stack below it is not needed any more.
user_mode_return:
    mov rsp, rdi
user_return:
    cli
    mov rdi, rsp
    call [user_mode_handlers + BEFORE_RETURN]
user_return_by_iretq:
    ENTER_USER_MODE
    RESTORE_REGISTERS
    swapgs
    iretq

trap_unhandled:                             ; the handler of every vector that has no other
    jmp [trap_fallback]

section .ro_after_init progbits alloc noexec write align=16

trap_handlers:
    times 256 dq trap_unhandled

trap_fallback:                              ; trap_init() sets it
    dq 0

user_mode_handlers:                         ; user_mode_init() fills them in
    times 3 dq 0

section .rodata

align 4
trap_error_code_vectors:
    dd ERROR_CODE_VECTORS

; Tells a debugger how to get from a handler to the interrupted code (DWARF 5, 6.4; NASM has no directives for it): the
; registers are in the struct trap_frame on top of the stack. The rules apply at the return addresses of handlers. The
; section is not loaded.
section .debug_frame progbits noalloc noexec nowrite align=8

%define DEF_CFA             0x0c            ; register, offset
%define OFFSET(register)    0x80 | register ; the register is saved at CFA - 8 * the next byte
%define RSP                 7
%define RETURN_ADDRESS      16
%define FRAME_WORDS         22

    dd FRAME_RULES_SIZE - 4
    dd 0xffffffff                           ; these are common rules
    db 1                                    ; version
    db "zS", 0                              ; S: the caller was interrupted, so its address does not follow a call
    db 1, 0x78                              ; offsets are counted in -8 bytes
    db RETURN_ADDRESS
    db 0                                    ; z: no augmentation data
    db DEF_CFA, RSP, 8 * FRAME_WORDS & 0x7f | 0x80, 8 * FRAME_WORDS >> 7
    db OFFSET(RETURN_ADDRESS), 5, OFFSET(RSP), 2
    db OFFSET(0), 8, OFFSET(1), 11, OFFSET(2), 10, OFFSET(3), 9, OFFSET(4), 12, OFFSET(5), 13, OFFSET(6), 14
    db OFFSET(8), 15, OFFSET(9), 16, OFFSET(10), 17, OFFSET(11), 18, OFFSET(12), 19, OFFSET(13), 20, OFFSET(14), 21
    db OFFSET(15), 22
    align 8, db 0
FRAME_RULES_SIZE equ $ - $$

%macro HOLDS_AT 1                           ; a call's return address
    dd 28
    dd $$                                   ; the common rules, which begin the section
    dq %1 - 1, 2                            ; from the call's last byte on: a debugger looks there for a caller
    dq 0                                    ; no augmentation data, no further rules
%endmacro

    HOLDS_AT interrupt_return
    HOLDS_AT exception_return
    HOLDS_AT paranoid_return
    HOLDS_AT user_interrupt_return
    HOLDS_AT user_exception_return
