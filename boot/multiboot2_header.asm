; The Multiboot2 header (specification 2.0, section 3.1). GRUB recognises a kernel by it, and its tags say what the kernel
; asks for. A loader that cannot provide what a required tag asks for refuses the kernel. Only the memory map is required.

MAGIC        equ 0xe85250d6
ARCHITECTURE equ 0                          ; 32-bit protected mode of i386

TAG_END                 equ 0
TAG_INFORMATION_REQUEST equ 1
TAG_FRAMEBUFFER         equ 5
TAG_REQUIRED            equ 0
TAG_OPTIONAL            equ 1

INFO_COMMAND_LINE equ 1
INFO_LOADER_NAME  equ 2
INFO_MODULE       equ 3
INFO_MEMORY_MAP   equ 6
INFO_FRAMEBUFFER  equ 8
INFO_ELF_SECTIONS equ 9
INFO_ACPI_OLD     equ 14
INFO_ACPI_NEW     equ 15

section .multiboot2 progbits alloc noexec nowrite align=8

header:
    dd MAGIC
    dd ARCHITECTURE
    dd header_end - header
    dd -(MAGIC + ARCHITECTURE + (header_end - header)) & 0xffffffff

required_request:
    dw TAG_INFORMATION_REQUEST, TAG_REQUIRED
    dd .end - required_request
    dd INFO_MEMORY_MAP
.end:
    align 8, db 0

optional_request:
    dw TAG_INFORMATION_REQUEST, TAG_OPTIONAL
    dd .end - optional_request
    dd INFO_COMMAND_LINE, INFO_LOADER_NAME, INFO_MODULE, INFO_FRAMEBUFFER, INFO_ELF_SECTIONS
    dd INFO_ACPI_OLD, INFO_ACPI_NEW
.end:
    align 8, db 0

; A framebuffer of any size will do. Without this tag GRUB sets none up under BIOS. A text screen will do, too:
; iso/grub.cfg chooses one of them.
framebuffer:
    dw TAG_FRAMEBUFFER, TAG_OPTIONAL
    dd .end - framebuffer
    dd 0, 0, 0                              ; width, height, depth: no preference
.end:
    align 8, db 0

    dw TAG_END, TAG_REQUIRED
    dd 8
header_end:
