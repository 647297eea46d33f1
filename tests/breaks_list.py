"""The breaks that tests/breaks.py makes: a file, the text in it and what to put in its place, what that breaks, and the
suites that ought to notice."""

from typing import NamedTuple


class Break(NamedTuple):
    """One edit."""

    file: str
    before: str
    after: str
    what: str
    tests: str


BREAKS = [
    # --- boot/
    Break("boot/multiboot2_header.asm", "    dd INFO_MEMORY_MAP\n", "    dd INFO_MEMORY_MAP, INFO_FRAMEBUFFER\n",
          "a loader without a framebuffer is refused", "e2e/elf"),
    Break("boot/entry.asm", "    jne fail\n", "    nop\n", "any loader will do", "e2e/refusals"),
    Break("boot/entry.asm", "    test edx, EXTENDED_LONG_MODE\n    jz fail\n", "    test edx, EXTENDED_LONG_MODE\n",
          "long mode is entered without a look", "e2e/refusals"),
    Break("boot/entry.asm", "    mov dword [PHYSICAL(boot_page_table) + eax * 8], 0\n", "",
          "no guard page below the first stack", "e2e/gdb"),
    Break("boot/entry.asm", "| (1 << 3) |", "|", "CR0.TS is clear: SSE would not fault", "kernel/state"),
    Break("boot/early_error.asm", "    mov al, 1                               ; divisor 1: 115200 baud\n", "    mov al, 12\n",
          "the last words at 9,600 baud", "e2e/refusals"),
    Break("boot/multiboot2.c", "offset > body.size || size > body.size - offset", "offset > body.size",
          "a tag is read beyond its end", "host/multiboot2"),
    Break("boot/multiboot2.c", "    if (kind == FRAMEBUFFER_RGB)\n        reserve(", "    if (false)\n        reserve(",
          "a framebuffer in RAM is handed out", "host/multiboot2"),
    # --- kernel/cpu/
    Break("kernel/cpu/trap_stubs.asm", "    cld                                     ; the C code counts on it\n", "",
          "handlers run with the direction flag as it was", "kernel/state"),
    Break("kernel/cpu/trap_stubs.asm", "(1 << 14) | (1 << 17)", "(1 << 14)",
          "alignment checks get a second error code", "kernel/traps"),
    Break("kernel/cpu/trap_stubs.asm", "    pop r9\n    pop r8\n", "    pop r8\n    pop r9\n",
          "two registers change places in a trap", "kernel/traps"),
    Break("kernel/cpu/trap_stubs.asm", "    dec byte [trap_depth]\n", "", "no trap is ever over", "kernel/traps"),
    Break("kernel/cpu/trap_stubs.asm", "equ 0x8e ", "equ 0x8f ",
          "trap gates: handlers run with interrupts on", "kernel/state"),
    Break("kernel/cpu/trap.c", "    trap_idt[VECTOR_DOUBLE_FAULT].ist = IST_DOUBLE_FAULT;\n", "",
          "the double fault on the stack that overflowed", "kernel/"),
    Break("kernel/cpu/canary.c", "    __stack_chk_guard = number << 8;\n", "", "the same canary at every boot", "e2e/faults"),
    # --- kernel/log/
    Break("kernel/log/log.c", "lost += oldest - shown - 1;", "lost += 0;", "lost lines are not told of", "kernel/log"),
    Break("kernel/log/log.c", "__atomic_load_n(&complete, __ATOMIC_ACQUIRE) != newest_record()", "false",
          "a line that is being added is passed over", "kernel/log"),
    Break("kernel/log/log.c", "    console_write_to(sink, piece, (size_t)size);",
          "    sink->write(sink, piece, (size_t)size);", "a coloured line is interrupted by another one", "kernel/log"),
    Break("kernel/log/panic.c", "    if (level > 3)\n        halt_forever();\n    if (level == 3)\n        panic_end();\n", "",
          "a panic in a panic in a panic", "e2e/faults"),
    Break("kernel/log/symbols.c", "symbol->value > than->value ||", "symbol->value < than->value ||",
          "the symbol farthest away", "kernel/"),
    # --- kernel/task/
    Break("kernel/task/executor.c", "task->turn = end;\n    __atomic_fetch_or", "__atomic_fetch_or",
          "a cancelled task is polled once more", "host/executor kernel/executor"),
    Break("kernel/task/executor.c", "        task->turn = end;\n        return;\n    }\n", "        task->turn = end;\n    }\n",
          "a task's memory is given back twice", "host/executor kernel/executor"),
    Break("kernel/task/executor.c", "++executor->lower_looks % TASK_LOWEST_TURN == 0", "++executor->lower_looks == 0",
          "low priority starves", "kernel/executor"),
    Break("kernel/task/waker.c", "    if (waker->task && leave(waker))\n        wait_queue_wake_one(waker->queue);\n",
          "    if (waker->task)\n        leave(waker);\n", "a wake dies with who was to get it", "kernel/channels"),
    Break("kernel/task/timer.c", "    ASSERT(tick >= wheel->now);\n    list_remove(node);\n    if (!is_near(wheel, tick))",
          "    list_remove(node);\n    if (false)", "far timers are dealt out to near slots only", "host/timers"),
    Break("kernel/task/timer.c", "MAX((deadline >> TIMER_TICK_BITS) + 1, wheel->now)",
          "MAX(deadline >> TIMER_TICK_BITS, wheel->now)", "timers fire early", "host/timers kernel/timers"),
    Break("kernel/task/clock.c", "return fine > last ? fine : last;", "return fine;", "the clock can step back",
          "host/ kernel/timers"),
    Break("kernel/task/watchdog.c", "        reported = true;\n", "", "a hog is named again and again", "kernel/watchdog"),
    Break("kernel/task/channel.c", "    channel->closed = true;\n    wait_queue_wake_all(&channel->senders);\n",
          "    channel->closed = true;\n", "who waits to send sleeps on when the channel closes", "kernel/channels"),
    # --- mm/
    Break("mm/memory_map.c", "range->end = ALIGN_DOWN(at, PAGE_SIZE);", "range->end = ALIGN_UP(at, PAGE_SIZE);",
          "a page that is not all memory is handed out", "host/memory_map"),
    Break("mm/frames.c", "    if (!(block->used[word] & bit) || !IS_ALIGNED(frame, PAGE_SIZE))\n        bad_free(frame, 0);\n", "",
          "a frame can be freed twice", "host/frames kernel/frames"),
    Break("mm/paging.c", "    invlpg(page);\n}", "}", "an unmapped page can still be read", "kernel/paging"),
    Break("mm/paging.c", "    return (flags & known_flags) |", "    return (flags & known_flags & ~PAGE_NO_EXECUTE) |", "all pages are executable",
          "kernel/paging host/paging"),
    Break("mm/direct_map.c", "map(space, constants, largest, CONSTANTS)", "map(space, constants, largest, DATA)",
          "constants can be written through the direct map", "kernel/paging"),
    Break("mm/kernel_space.c", "        unmap_guard(stacks[i].top);\n", "", "no guard page above the stacks", "kernel/paging"),
    Break("mm/linked_list.c", "    if (block_has(end, BLOCK_FLAG_FREE)) {", "    if (false) {",
          "a free block does not merge with the one after it", "host/"),
    Break("mm/fixed_block.c", "    if (slab && slab->links[slot] == LINK_LIVE) {\n        ASSERT(slab->countdown == 0);",
          "    if (slab) {", "a block can be freed twice", "host/ kernel/heap"),
    Break("mm/heap_debug.c", "find_change(start + block->size, RED_ZONE, FILL_RED_ZONE)",
          "find_change(start + block->size, 0, FILL_RED_ZONE)", "overruns go unnoticed", "host/heap"),
    Break("mm/kernel_space.c", "                 PAGE_WRITE_COMBINING) != OK)", "                 PAGE_UNCACHED) != OK)",
          "every pixel goes to video memory on its own", "e2e/framebuffer"),
    # --- kernel/fault/
    Break("kernel/fault/words.c", "    if (code & PAGE_FAULT_FETCH)\n        return \"execution\";\n", "",
          "an execution is called a read", "host/fault_words"),
    # --- drivers/
    Break("drivers/pic8259.c", "(PIC_SPECIFIC_EOI | (line - 8))", "(PIC_SPECIFIC_EOI | (line & 3))",
          "the second controller's end of interrupt for another line", "host/pic8259"),
    Break("drivers/irq.c", "    if (unlimited) {\n", "    if (false) {\n", "where no timer ticks, a busy line falls silent",
          "host/pic8259"),
    Break("drivers/pit8254.c", "(INPUT_FREQUENCY + rate / 2) / rate", "1100 * 1000 / rate", "the timer ticks 8 % too often",
          "host/pit8254"),
    Break("drivers/uart16550.c", "DIVISOR_115200 = 1", "DIVISOR_115200 = 12", "COM1 at 9,600 baud", "host/uart16550"),
    Break("drivers/uart16550.c", "    uart16550_start(uart);\n}", "    (void)uart;\n}",
          "COM1 goes deaf when its buffer was full", "host/uart16550"),
    Break("drivers/i8042.c", "script->repeats == REPEATS", "false", "a keyboard is asked again for ever", "host/devices"),
    Break("drivers/i8042.c",
          "            if (sleep_poll(&script->pause, task) == POLL_PENDING)\n                return POLL_PENDING;\n",
          "            return sleep_poll(&script->pause, task);\n", "a pause that is over at once ends the keyboard's set-up",
          "host/ps2"),
    Break("drivers/fw_cfg.c", "return length < size ? ERROR_FULL : OK;", "return OK;", "a cut command line is not told of",
          "host/options"),
    Break("drivers/acpi_tables.c", "return (sum & 0xff) == 0;", "return true;", "a broken ACPI table is believed", "host/acpi"),
    Break("drivers/scancode.c", "begin(decoder, AFTER_E0", "begin(decoder, AFTER_E1", "keys of the extended block are taken for others", "host/scancode host/keyboard"),
    Break("drivers/vga_text.c", "VIDEO_CELLS = 16384", "VIDEO_CELLS = 32768",
          "the screen scrolls out of the video memory", "e2e/console kernel/console"),
    Break("drivers/framebuffer.c", "        shown[column] = wanted[column];\n", "", "cells that stay are drawn again", "host/framebuffer"),
    Break("drivers/framebuffer.c", "    framebuffer->cursor_column = column;\n", "",
          "the cursor leaves a trace", "host/framebuffer"),
    # --- lib/
    Break("lib/font.c", "bytes > font->size - offset - BOX_SIZE", "bytes > font->size - offset",
          "a glyph is read beyond the font's end", "host/font"),
    Break("lib/pixels.c", "b >> 16 | c << 32", "b >> 16 | c << 24", "pixels of 24 bits run into each other", "host/pixels"),
    Break("lib/utf8.c", "byte == 0xe0 ? 0xa0", "byte == 0xe0 ? 0x9f", "overlong UTF-8 is taken", "host/utf8"),
    Break("lib/ecma48.c", "ECMA48_PARAMETER_MAX)", "UINT16_MAX * 2u)", "a parameter wraps", "host/ecma48"),
    Break("lib/number.c", "UINT64_MAX", "UINT32_MAX", "large numbers are refused", "host/number"),
    # --- kernel/monitor/ and kernel/
    Break("kernel/monitor/history.c", "strcmp", "!strcmp", "doubles are kept, others are not", "host/history host/line"),
    Break("kernel/monitor/line.c", "visible && !changing)\n        draw", "visible)\n        draw",
          "the log's lines break into a change of the input line", "host/line"),
    Break("kernel/monitor/command.c", "& 0xc0) == 0x80", "& 0xff) == 0x80", "long words are cut within a character",
          "e2e/commands"),
    Break("kernel/main.c", "        log_flush();", "        (void)frame;", "a hog's name is read when it is too late", "kernel/watchdog"),
    Break("kernel/main.c", "return asked && fw_cfg_present();", "return (asked || true) && fw_cfg_present();",
          "a panic ends QEMU though nobody asked", "e2e/faults"),
    Break("kernel/main.c", "log_write(LOG_ALWAYS, \"cairn: ready\");", "log_info(\"cairn: ready\");",
          "no `ready` at loglevel=error", "e2e/boot"),
    Break("kernel/displays.c", "    log_show_again(&whole->screen.sink);\n", "", "a large screen begins without the first lines of the log",
          "e2e/framebuffer"),
    # --- the image
    Break("linker.ld", "rodata PT_LOAD FLAGS(4)", "rodata PT_LOAD FLAGS(5)", "constants are executable in the file", "e2e/elf"),
    Break("iso/grub.cfg", "insmod all_video", "", "no screen on UEFI", "e2e/uefi"),
]
