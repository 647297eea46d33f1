; Instructions that may fault, each with its entry in the table (see include/kernel/cpu/safe_load.h). An entry is two
; addresses: the instruction's, and the one at which to go on when it faults.

global safe_load, safe_load_word

section .text

safe_load:                                  ; rdi: the address; rsi: where the byte goes
.load:
    mov al, [rdi]
    mov [rsi], al
    mov eax, 1
    ret

safe_load_word:                             ; the same for 32 bits
.load:
    mov eax, [rdi]
    mov [rsi], eax
    mov eax, 1
    ret

fault:
    xor eax, eax
    ret

section fixups progbits alloc noexec nowrite align=8

    dq safe_load.load, fault
    dq safe_load_word.load, fault
