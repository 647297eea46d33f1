; 256 entry points, one for each vector. The processor does not tell a handler its vector, so each stub pushes its own,
; after a zero where the processor has not pushed an error code. Then a common tail saves the registers as struct
; trap_frame (include/kernel/cpu/trap.h), counts, and calls the vector's handler.
;
; There are two tails. That of interrupts and NMIs counts how deep they are nested, for in_interrupt(). That of exceptions
; does not: an exception's handler runs on behalf of the code that caused it.
;
; At the call there are 22 words on the stack: the processor's 5, the error code, the vector, and 15 registers. The
; processor aligns the stack to 16 bytes before it pushes its words (Intel SDM 3A 6.14.2), so it is aligned at the call, as
; the ABI requires.

%include "kernel/cpu/cpu.inc"

global trap_stubs, trap_handlers, trap_unhandled, trap_fallback, trap_error_code_vectors, exception_return, interrupt_return

%define FRAME_VECTOR (15 * 8)               ; offset in struct trap_frame

; The vectors for which the processor pushes an error code (Intel SDM 3A table 6-1; 29 and 30 are AMD's, APM 2 8.2).
%define ERROR_CODE_VECTORS ((1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17) \
                            | (1 << 21) | (1 << 29) | (1 << 30))

STUB_SIZE  equ 16                           ; TRAP_STUB_SIZE in kernel/cpu/trap.c
EXCEPTIONS equ 32
VECTOR_NMI equ 2

; Saves all registers, and leaves the vector in rax and the frame's address in rdi.
%macro SAVE_REGISTERS 0
    push rax
    push rbx
    push rcx
    push rdx
    push rsi
    push rdi
    push rbp
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    cld                                     ; the C code counts on it
    mov rax, [rsp + FRAME_VECTOR]
    mov rdi, rsp
%endmacro

%macro RESTORE_REGISTERS_AND_RETURN 0
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rbp
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rbx
    pop rax
    add rsp, 16                             ; vector and error code
    iretq
%endmacro

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
%if vector >= EXCEPTIONS || vector == VECTOR_NMI
    jmp interrupt_common
%else
    jmp exception_common
%endif
    %assign vector vector + 1
%endrep
%if $ - trap_stubs > 256 * STUB_SIZE
    %error "a stub is longer than STUB_SIZE"
%endif

; Each `..._return` is an address by which a backtrace knows that a trap frame follows.

align 16
interrupt_common:
    SAVE_REGISTERS
    inc dword [gs:CPU_INTERRUPT_DEPTH]
    inc qword [gs:CPU_TRAP_COUNTS + rax * 8]
    call [trap_handlers + rax * 8]
interrupt_return:
    dec dword [gs:CPU_INTERRUPT_DEPTH]
    RESTORE_REGISTERS_AND_RETURN

align 16
exception_common:
    SAVE_REGISTERS
    inc qword [gs:CPU_TRAP_COUNTS + rax * 8]
    call [trap_handlers + rax * 8]
exception_return:
    RESTORE_REGISTERS_AND_RETURN

trap_unhandled:                             ; the handler of every vector that has no other
    jmp [trap_fallback]

section .ro_after_init progbits alloc noexec write align=16

trap_handlers:
    times 256 dq trap_unhandled

trap_fallback:                              ; trap_init() sets it
    dq 0

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
