/*
 * The input line: it takes typed bytes, edits the text after the prompt, and draws it on every sink
 * of the console in the sink's own width.
 *
 *     arrows, Ctrl-B/F, Home, End, Ctrl-A/E       move the cursor; with Ctrl or Alt, by words
 *     Backspace, Delete or Ctrl-D, Ctrl-W/U/K     erase a character, word, to the start, to the end
 *     up, down, Ctrl-P/N                          earlier lines
 *     Tab                                         completes a command's name or first argument
 *     Ctrl-C                                      drops the line, and stops a running command
 *     Ctrl-L                                      clears the screen; a serial terminal is asked for
 *                                                 its width, which is taken to be 80 until then
 *     Shift+PageUp, Shift+PageDown                move the view of what has scrolled away
 *
 * A character typed at the line's end is echoed as just that character. All functions are for tasks
 * only, except line_hide() and line_show(), which may interrupt the others.
 */
#ifndef KERNEL_MONITOR_LINE_H
#define KERNEL_MONITOR_LINE_H

#include <kernel/log/console.h>
#include <kernel/monitor/edit.h>

/* Where bytes come from; their sequences do not mix. */
enum line_input { LINE_KEYBOARD, LINE_SERIAL, LINE_INPUTS };

/* Begins an empty line: shows the prompt. */
void line_begin(void);

/* Takes a byte from a terminal (see key_parser.h). Returns the line if the byte completes it, else
 * NULL. The line is valid until the next line_begin(). */
const char *line_feed(enum line_input input, char byte);

/* Erase prompt and input from the console, and draw them again, so that something else can be shown
 * above them. They have no effect between a line's end and the next line_begin(), nor if they have
 * interrupted a change of the line. In tasks and interrupt handlers. */
void line_hide(void);
void line_show(void);

/* Draws prompt and input on a sink that the console has got back. In tasks. */
void line_show_on(struct console_sink *sink);

#endif
