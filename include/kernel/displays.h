/*
 * Selects the machine's display, and finds memory for the screen on it. During set-up.
 */
#ifndef KERNEL_DISPLAYS_H
#define KERNEL_DISPLAYS_H

#include <boot/boot_info.h>
#include <kernel/log/screen.h>
#include <kernel/task/executor.h>

/* Adds a screen to the console, if the boot's page tables map one: VGA text, if `has_vga`, or else
 * a corner of the framebuffer. It needs no memory, so that it can run early and show all that goes
 * wrong afterwards. A screen that cannot be used is reported by displays_complete(). */
void displays_start(const struct boot_info *info, bool has_vga);

/* Gives the console the whole framebuffer, with the loader's font, in memory from the heap. The
 * direct map shows the video memory. Without memory, the screen stays as it is, with a warning. */
void displays_complete(const struct boot_info *info);

/* Returns the console's screen, or NULL if there is none. It changes no more once
 * displays_complete() has run. */
struct screen *displays_screen(void);

/* Spawns a task of low priority that finds memory for the lines that scroll off the screen. Until
 * it has run, there is room for a few of them only. */
void displays_keep_history(struct executor *executor);

#endif
