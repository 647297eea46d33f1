; Reports why the boot cannot go on: prints a message on the VGA text screen and on COM1, then halts. Nothing is known
; about the machine here, so each wait has a limit. Writing to a device that is missing does no harm.

%include "boot/layout.inc"

global early_error

VGA_TEXT      equ 0xb8000
VGA_CELLS     equ 80 * 25
WHITE_ON_RED  equ 0x4f
CRTC          equ 0x3d4                     ; the index in the low byte, the register's new value (0) in the high one
START_HIGH    equ 0x0c
START_LOW     equ 0x0d

COM1          equ 0x3f8
INTERRUPTS    equ COM1 + 1                  ; while DLAB is set, COM1 and this are the two halves of the divisor
LINE_CONTROL  equ COM1 + 3
LINE_STATUS   equ COM1 + 5
DLAB          equ 0x80
EIGHT_N_ONE   equ 0x03
THR_EMPTY     equ 0x20
WAIT_LIMIT    equ 100000                    ; reads of about a microsecond; a byte takes 87 of them at 115200 baud

section .text
bits 32

; Prints the NUL-terminated string at physical address esi and halts for ever.
early_error:
    mov dx, CRTC                            ; show the screen from its first cell on: the loader may have scrolled it
    mov ax, START_HIGH
    out dx, ax
    mov ax, START_LOW
    out dx, ax
    mov edi, VGA_TEXT
    mov ecx, VGA_CELLS
    mov eax, ' ' | (WHITE_ON_RED << 8)
    rep stosw

    mov dx, LINE_CONTROL
    mov al, DLAB
    out dx, al
    mov dx, COM1
    mov al, 1                               ; divisor 1: 115200 baud
    out dx, al
    mov dx, INTERRUPTS                      ; the divisor's upper half
    xor al, al
    out dx, al
    mov dx, LINE_CONTROL
    mov al, EIGHT_N_ONE
    out dx, al
    mov dx, INTERRUPTS                      ; COM1 raises none
    xor al, al
    out dx, al

    mov edi, VGA_TEXT
.next:
    lodsb
    test al, al
    jz .line_end
    mov ah, WHITE_ON_RED
    stosw
    call .send
    jmp .next

.line_end:
    mov al, 13
    call .send
    mov al, 10
    call .send
.halt:
    cli
    hlt
    jmp .halt

; Sends al on COM1, or gives up when the transmitter stays busy.
.send:
    mov bl, al
    mov ecx, WAIT_LIMIT
    mov dx, LINE_STATUS
.wait:
    in al, dx
    test al, THR_EMPTY
    jnz .ready
    loop .wait
    ret
.ready:
    mov dx, COM1
    mov al, bl
    out dx, al
    ret
