/*
 * The VGA text screen as a terminal's display: the characters of code page 437, ■ for all others,
 * in 16 colours on 16.
 */
#ifndef DRIVERS_VGA_TEXT_H
#define DRIVERS_VGA_TEXT_H

#include <boot/boot_info.h>
#include <error.h>
#include <lib/terminal_display.h>

enum { VGA_TEXT_MAX_ROWS = 60, VGA_TEXT_MAX_COLUMNS = 132 };

/* Sets the VGA's registers and returns the display that draws on its video memory, through the
 * direct map; the characters on the screen stay until they are drawn over. ERROR_NO_DEVICE when the
 * loader has not left the machine in text mode, or the mode is larger than the maximum. During
 * set-up. */
enum error vga_text_init(const struct boot_framebuffer *framebuffer,
                         struct terminal_display **display);

#endif
