; From GRUB to kernel_main. GRUB enters in 32-bit protected mode with paging off, interrupts off, eax = a magic number and
; ebx = the physical address of its information (Multiboot2 specification 3.3); everything else is undefined and set here.
;
; The whole image is linked in the higher half; until paging is on, a symbol is at its link address minus
; KERNEL_BASE. Each check that fails prints a message of its own, on the screen and on COM1 (boot/early_error.asm).

%include "boot/layout.inc"

extern early_error, boot_pml4, boot_page_table
extern boot_stack_guard, boot_stack_top
extern boot_info_collect, boot_cpu, kernel_main
global multiboot_entry, boot_entry_tsc

LOADER_MAGIC equ 0x36d76289

EFLAGS_ID          equ 1 << 21
CPUID_MAX_EXTENDED equ 0x80000000
CPUID_EXTENDED     equ 0x80000001
EXTENDED_LONG_MODE equ 1 << 29              ; in edx

; The control registers get known values: what the firmware left there differs (Intel SDM 3A 2.5).
; TS is set and stays so: the kernel saves no x87 or SSE state, so an instruction that touches it must fault.
CR0_VALUE equ (1 << 0) | (1 << 1) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 16) | (1 << 18) | (1 << 31) ; PE MP TS ET NE WP AM PG
CR4_VALUE equ 1 << 5                                                                       ; PAE
MSR_EFER    equ 0xc0000080
MSR_GS_BASE equ 0xc0000101
EFER_LME    equ 1 << 8

CODE_SELECTOR equ boot_gdt.code - boot_gdt

section .text
bits 32

multiboot_entry:
    cli
    cld
    mov esp, PHYSICAL(boot_stack_top)
    mov ebp, eax                            ; CPUID overwrites eax and ebx
    mov edi, ebx

check_loader:
    mov esi, PHYSICAL(message_loader)
    cmp ebp, LOADER_MAGIC
    jne fail

check_cpuid:
    mov esi, PHYSICAL(message_cpuid)
    pushfd
    pop eax
    mov ecx, eax
    xor eax, EFLAGS_ID                      ; a processor with CPUID lets this bit be changed (SDM 1 20.1)
    push eax
    popfd
    pushfd
    pop eax
.compare:
    cmp eax, ecx
    je fail

check_long_mode:
    mov esi, PHYSICAL(message_long_mode)
    mov eax, CPUID_MAX_EXTENDED
    cpuid
    cmp eax, CPUID_EXTENDED
    jb fail
    mov eax, CPUID_EXTENDED
    cpuid
    test edx, EXTENDED_LONG_MODE
    jz fail

note_time:                                  ; only after the checks: a 486 has no RDTSC
    rdtsc
    mov [PHYSICAL(boot_entry_tsc)], eax
    mov [PHYSICAL(boot_entry_tsc) + 4], edx

punch_guard_page:                           ; a stack that overflows must fault, not overwrite what is below it
    mov eax, PHYSICAL(boot_stack_guard)
    shr eax, 12
    mov dword [PHYSICAL(boot_page_table) + eax * 8], 0

enter_long_mode:                            ; the order of SDM 3A 10.8.5
    mov eax, CR4_VALUE
    mov cr4, eax
    mov eax, PHYSICAL(boot_pml4)
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LME
    wrmsr
    mov eax, CR0_VALUE
    mov cr0, eax
    lgdt [PHYSICAL(boot_gdt.pointer)]
    jmp CODE_SELECTOR:PHYSICAL(long_mode)

fail:
    jmp early_error

bits 64

long_mode:                                  ; still at a low address, through the identity map
    mov rax, higher_half
    jmp rax

higher_half:
    xor eax, eax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov fs, ax
    mov gs, ax
    mov ecx, MSR_GS_BASE                    ; C finds struct cpu, and in it the canary, by GS
    mov rax, boot_cpu
    mov rdx, rax
    shr rdx, 32
    wrmsr
    mov rsp, boot_stack_top
    xor ebp, ebp                            ; ends every backtrace
    mov edi, edi                            ; the information's physical address, upper half cleared
    call boot_info_collect
    mov rdi, rax
    call kernel_main                        ; does not return
    ud2

section .rodata

; Enough to enter 64-bit code; kernel/cpu/gdt.c loads the real one.
boot_gdt:
    dq 0
.code:
    dq (1 << 43) | (1 << 44) | (1 << 47) | (1 << 53) ; executable, code or data, present, 64 bits
.pointer:
    dw $ - boot_gdt - 1
    dd PHYSICAL(boot_gdt)

message_loader:
    db "cairn: not started by a Multiboot2 loader; boot it with GRUB's 'multiboot2' command", 0
message_cpuid:
    db "cairn: this processor has no CPUID instruction; Cairn needs a 64-bit x86 processor", 0
message_long_mode:
    db "cairn: this processor has no long mode; Cairn needs a 64-bit x86 processor (x86_64)", 0

section .bss

boot_entry_tsc:                             ; when the kernel was entered
    resq 1
