/*
 * The input line: what has been typed since the prompt, and its picture on the console.
 */
#ifndef KERNEL_MONITOR_LINE_H
#define KERNEL_MONITOR_LINE_H

#include <types.h>

enum { LINE_MAX = 1024 };

/* Begins an empty line: shows the prompt. In tasks only, like all of this. */
void line_begin(void);

/* Takes a typed byte: printable ones are added, \b and DEL take the last character back (one of
 * UTF-8 as a whole), \n or \r ends the line; other control characters do nothing.
 * Returns the line when it is complete, valid until the next line_begin(), else NULL. */
const char *line_feed(char byte);

/* Takes prompt and input off the console, and puts them back, so that something else can be shown
 * above them. Without effect between a line's end and the next line_begin(). */
void line_hide(void);
void line_show(void);

#endif
