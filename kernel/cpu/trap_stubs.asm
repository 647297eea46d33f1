; 256 entry points, one a vector. The processor does not tell a handler its vector, so each stub pushes its own, after a
; zero where the processor has not pushed an error code; then one common tail saves the registers as struct trap_frame
; (include/kernel/cpu/trap.h), counts, and calls the vector's handler. All that every interrupt pays for stands here.
;
; On the stack at the call: 5 words of the processor's, error code, vector, 15 registers, 22 words in all. The processor
; aligns the stack to 16 bytes before its own (Intel SDM 3A 6.14.2), so that the call finds it aligned as the ABI wants.
;
; The IDT stands here as well, so that no instruction is spent on filling it. A gate holds its stub's address in three
; pieces, and a linker cannot cut up an address; but all stubs lie in one page, so linker.ld gives the pieces of the page's
; address, and the assembler adds the place in the page.

%include "boot/layout.inc"

extern trap_stubs_low, trap_stubs_middle    ; linker.ld: bits 15 to 0 and 31 to 16 of trap_stubs
global trap_stubs, trap_idt, trap_error_code_vectors, trap_return, trap_counts, trap_depth
global trap_handlers, trap_unhandled, trap_fallback

%define FRAME_VECTOR (15 * 8)               ; offset in struct trap_frame

; The vectors for which the processor pushes an error code (Intel SDM 3A table 6-1; 29 and 30 are AMD's, APM 2 8.2).
%define ERROR_CODE_VECTORS ((1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17) \
                            | (1 << 21) | (1 << 29) | (1 << 30))

STUB_SIZE equ 16

KERNEL_CODE_SELECTOR equ 8                  ; include/kernel/cpu/gdt.h; kernel/cpu/trap.c compares
GATE_INTERRUPT       equ 0x8e               ; present, for the kernel alone (Intel SDM 3A figure 6-8)

section .text

align 256 * STUB_SIZE
trap_stubs:
%assign vector 0
%rep 256
    align STUB_SIZE
%if vector >= 32 || !((ERROR_CODE_VECTORS >> vector) & 1)
    push 0
%endif
    push vector
    jmp trap_common
    %assign vector vector + 1
%endrep
%if $ - trap_stubs > 256 * STUB_SIZE
    %error "a stub is longer than STUB_SIZE"
%endif

align 16
trap_common:
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
    inc byte [trap_depth]                   ; code that may not run in a handler looks at this
    mov rax, [rsp + FRAME_VECTOR]
    inc qword [trap_counts + rax * 8]
    mov rdi, rsp
    call [trap_handlers + rax * 8]
trap_return:                                ; by this return address a backtrace knows that a trap frame follows
    dec byte [trap_depth]
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

trap_unhandled:                             ; what handles a vector that has no handler of its own
    jmp [trap_fallback]

section .rodata

align 4
trap_error_code_vectors:
    dd ERROR_CODE_VECTORS

section .ro_after_init progbits alloc noexec write align=16

trap_handlers:
    times 256 dq trap_unhandled

trap_fallback:                              ; trap_init() sets it
    dq 0

align 16
trap_idt:                                   ; kernel/cpu/trap.c gives some gates a stack of their own
%assign vector 0
%rep 256
    dw trap_stubs_low + vector * STUB_SIZE
    dw KERNEL_CODE_SELECTOR
    db 0                                    ; no IST stack
    db GATE_INTERRUPT
    dw trap_stubs_middle
    dd KERNEL_BASE >> 32
    dd 0
    %assign vector vector + 1
%endrep

section .bss align=8

trap_counts:
    resq 256
trap_depth:
    resb 1
