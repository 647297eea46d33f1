/*
 * The VGA text screen as a console sink.
 *
 * Understood: \n (with return), \r, \b, \t, and the control sequences CSI n A/B/C/D (cursor), CSI
 * r;c H (position), CSI n J and CSI n K (erase), CSI n m with 0, 30-37, 40-47, 90-97, 100-107
 * (colours). A line that is full wraps when the next character comes, as terminals do. What code
 * page 437 cannot show becomes a ■.
 */
#ifndef DRIVERS_VGA_TEXT_H
#define DRIVERS_VGA_TEXT_H

#include <boot/boot_info.h>
#include <error.h>
#include <kernel/log/console.h>

/* Clears the screen and returns its sink. ERROR_NO_DEVICE when the loader has not left the machine
 * in text mode. The cells are reached through the direct map. */
enum error vga_text_init(const struct boot_framebuffer *framebuffer, struct console_sink **sink);

#endif
