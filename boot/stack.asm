; The stack that the boot runs on, and then the executor: 16 KiB between two guard pages.

global boot_stack_guard, boot_stack_bottom, boot_stack_top

section .bss.boot_stack nobits alloc noexec write align=4096

boot_stack_guard:
    resb 4096
boot_stack_bottom:
    resb 16384
boot_stack_top:
    resb 4096
