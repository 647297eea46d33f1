/*
 * A terminal's two character sets, G0 and G1. Each is ASCII or DEC's line-drawing set (VT102 User
 * Guide, "Special Characters and Line Drawing Character Set"); one of them is selected. This file
 * also has insert mode, since both decide whether a character is written as it is. For the task
 * that has the terminal.
 */
#ifndef LIB_TERMINAL_CHARSET_H
#define LIB_TERMINAL_CHARSET_H

#include <lib/terminal.h>

/* Makes a set, 0 for G0 and 1 for G1, the line-drawing set or ASCII (SCS). */
void terminal_designate_set(struct terminal *terminal, unsigned set, bool line_drawing);

/* Selects G0 or G1 (SI, SO). */
void terminal_select_set(struct terminal *terminal, unsigned set);

/* Sets insert mode (IRM). */
void terminal_set_insert(struct terminal *terminal, bool on);

/* To be called when the pen's font has changed. The functions above do it themselves. */
void terminal_update_plain(struct terminal *terminal);

/* Returns what the font of a PC shows for a byte; 0 when the pen does not select that font, or for
 * the control characters that keep their effect. */
uint32_t terminal_pc_character(const struct terminal *terminal, uint8_t byte);

/* Returns the code point that the selected set has for a code point. Those of ASCII alone differ.
 */
uint32_t terminal_translate(const struct terminal *terminal, uint32_t code);

#endif
