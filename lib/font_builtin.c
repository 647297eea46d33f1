/*
 * The font for when no other is there: a small PF2 file, cut out of the build machine's by
 * scripts/make-font.py.
 */
#include <lib/font.h>

const uint8_t font_builtin[] = {
#include <font_builtin.inc>
};

const size_t font_builtin_size = sizeof(font_builtin);
