/*
 * The log: lines of the form `[   0.012345] area: text` on every console sink, kept in a ring as
 * well.
 *
 * Safe in any context, interrupt and NMI handlers included: a call copies its line into the ring,
 * without a lock. Showing it is left to code outside of handlers, which shows whole lines in order.
 * So no line is torn, and nothing waits for a device in a handler.
 */
#ifndef KERNEL_LOG_LOG_H
#define KERNEL_LOG_LOG_H

#include <error.h>
#include <types.h>

struct console_sink;

enum log_level { LOG_ALWAYS, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum { LOG_TEXT = 232 }; /* a line's longest text; what is longer is cut and ends in "..." */

/* Logs a line, given without its end: log_info("pit: %u Hz", rate). Any context. */
void log_write(enum log_level level, const char *format, ...) PRINTF(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* Shows only lines up to `level` from now on; the ring keeps all. */
void log_set_level(enum log_level level);

/* Understands error, warning, info and debug. ERROR_INVALID for any other word. */
enum error log_parse_level(const char *word, enum log_level *level);

/* What the log needs from above, as hooks; NULL (the start) is none.
 * clock: nanoseconds since the start; any context.
 * before, after: called around lines that are shown, in whatever context log_flush() is, so that an
 * input line can be hidden and drawn again. */
void log_set_clock(uint64_t (*clock)(void));
void log_set_line_hooks(void (*before)(void), void (*after)(void));

/* Has a handler logged lines that are not shown yet? Then log_flush() is due. Any context. */
bool log_pending(void);

/* Shows what is in the ring and not yet shown; nothing while the console is writing, which is how a
 * sink comes to log something. As a rule not in an interrupt handler, which has no time to wait for
 * devices. The timer's does it all the same when the task that it has interrupted lets no other one
 * run: then nothing is shown if that task is just adding or showing something itself, and the next
 * tick may try again. */
void log_flush(void);

/* The same in a panic: at once, in any context, without hooks, even if it interrupted a flush. */
void log_flush_panic(void);

/* Shows on one sink what has been shown on the others before it was there, as far as the ring still
 * has it. Not in an interrupt handler. */
void log_show_again(struct console_sink *sink);

/* Calls `show` for every line in the ring, oldest first: formatted, with its end, which counts for
 * its length, and a NUL behind it. Not in an interrupt handler. */
void log_for_each(void (*show)(void *context, enum log_level level, const char *line,
                               size_t length),
                  void *context);

/* Shows such a line on the console, on screens in the colour of its level: red for errors, yellow
 * for warnings, grey for what helps to debug. A serial line gets the bare text. */
void log_print(enum log_level level, const char *line, size_t length);

#endif
