/*
 * Which display the machine has, and the memory for the screen on it.
 */
#ifndef KERNEL_DISPLAYS_H
#define KERNEL_DISPLAYS_H

#include <boot/boot_info.h>
#include <kernel/task/executor.h>

/* Adds the screen to the console, if the machine has one that can be reached on the page tables of
 * the boot: VGA text, unless the firmware has said that there is none, or a corner of the
 * framebuffer. Comes first of all, so that it shows whatever goes wrong; a screen that cannot be
 * used is told of later. */
void displays_start(const struct boot_info *info, bool has_vga);

/* All of a framebuffer, with the font that was loaded, in memory from the heap. */
void displays_complete(const struct boot_info *info);

/* Has a task of the executor find memory for the lines that scroll off the screen. Until it has
 * run, which can wait until all others do, there is room for a few rows only. */
void displays_keep_history(struct executor *executor);

#endif
