/*
 * The kernel's options: GRUB's command line, and after it QEMU's fw_cfg file opt/cairn/cmdline.
 */
#ifndef KERNEL_OPTIONS_H
#define KERNEL_OPTIONS_H

#include <boot/boot_info.h>

/* Joins both lines. Called once, before the first options_get(). */
void options_init(const struct boot_info *info);

/* The value of `key`, the last one if it is given more than once; "" for a word without =; NULL
 * when it is not given. Lives for ever. */
const char *options_get(const char *key);

/* Is the switch on: `key`, `key=1`? Off is `key=0`, and not given. */
bool options_is_set(const char *key);

/* Logs each word whose key is not in `known`. */
void options_log_unknown(const char *const known[], size_t count);

#endif
