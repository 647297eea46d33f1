/*
 * The input line: what is typed behind the prompt, edited, and shown on every sink of the console,
 * each as wide as it is.
 *
 *     arrows, Ctrl-B/F, Home, End, Ctrl-A/E       move the cursor; with Ctrl or Alt, by words
 *     Backspace, Delete or Ctrl-D, Ctrl-W/U/K     erase a character, word, to the start, to the end
 *     up, down, Ctrl-P/N                          earlier lines
 *     Tab                                         completes a command's name or first argument
 *     Ctrl-C                                      drops the line, and stops what can be stopped
 *     Ctrl-L                                      clears the screen; a serial terminal is asked for
 *                                                 its width, which is taken to be 80 until then
 *     Shift+PageUp, Shift+PageDown                move the view of what has scrolled away
 *
 * A character typed at the line's end is echoed as just that character. In tasks only, all of it,
 * but for line_hide() and line_show(), which may interrupt the others.
 */
#ifndef KERNEL_MONITOR_LINE_H
#define KERNEL_MONITOR_LINE_H

#include <kernel/monitor/edit.h>

/* Where bytes come from; their sequences do not mix. */
enum line_input { LINE_KEYBOARD, LINE_SERIAL, LINE_INPUTS };

/* Begins an empty line: shows the prompt. */
void line_begin(void);

/* Takes a byte from a terminal (see key_parser.h). Returns the line when it is complete, valid
 * until the next line_begin(), else NULL. */
const char *line_feed(enum line_input input, char byte);

/* Takes prompt and input off the console, and puts them back, so that something else can be shown
 * above them. Without effect between a line's end and the next line_begin(), and when what they
 * have interrupted is just changing the line. */
void line_hide(void);
void line_show(void);

#endif
