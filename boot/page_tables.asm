; The first page tables. The assembler and the linker fill them in, so no code has to. They map the first 4 GiB of
; physical memory at three addresses: at 0 (the boot code runs there until it has jumped), at the direct map's base, and
; (its first GiB) at KERNEL_BASE. All of it is writable and executable. Later mm/ builds the kernel's own tables, with
; proper permissions, and these are not used any more.
;
; The first 4 MiB are mapped with 4 KiB pages, so that boot/entry.asm can unmap the guard page below the boot stack.

%include "boot/layout.inc"

global boot_pml4, boot_page_table

PRESENT  equ 1 << 0
WRITABLE equ 1 << 1
LARGE    equ 1 << 7
; Bit 9 is PAGE_TABLE of include/mm/paging.h: the walks of mm/ recognise a table by it.
TABLE    equ PRESENT | WRITABLE | (1 << 9)

DIRECT_MAP_SLOT equ 256                     ; PML4 slot of 0xffff800000000000
KERNEL_SLOT     equ 511                     ; PML4 slot of KERNEL_BASE
KERNEL_PDPT_SLOT equ 510

section .data align=4096

boot_pml4:
    dq PHYSICAL(boot_pdpt) + TABLE
    times DIRECT_MAP_SLOT - 1 dq 0
    dq PHYSICAL(boot_pdpt) + TABLE
    times KERNEL_SLOT - DIRECT_MAP_SLOT - 1 dq 0
    dq PHYSICAL(boot_kernel_pdpt) + TABLE

boot_pdpt:
%assign gib 0
%rep 4
    dq PHYSICAL(boot_page_directories) + gib * 4096 + TABLE
    %assign gib gib + 1
%endrep
    times 512 - 4 dq 0

boot_kernel_pdpt:
    times KERNEL_PDPT_SLOT dq 0
    dq PHYSICAL(boot_page_directories) + TABLE
    dq 0

boot_page_directories:
    dq PHYSICAL(boot_page_table) + TABLE
    dq PHYSICAL(boot_page_table) + 4096 + TABLE
%assign address 0x400000
%rep 4 * 512 - 2
    dq address | PRESENT | WRITABLE | LARGE
    %assign address address + 0x200000
%endrep

boot_page_table:                            ; two of them, one after the other
%assign address 0
%rep 2 * 512
    dq address | PRESENT | WRITABLE
    %assign address address + 0x1000
%endrep
