/*
 * The font for a boot without another one: a small PF2 file, which scripts/make-font.py cuts out of
 * the build machine's GRUB font.
 */
#include <lib/font.h>

const uint8_t font_builtin[] = {
#include <font_builtin.inc>
};

const size_t font_builtin_size = sizeof(font_builtin);
