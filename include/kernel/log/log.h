/*
 * The log: lines of the form `[   0.012345] area: text`. A ring keeps the last ones, and every
 * console sink shows them.
 *
 * Safe in any context, interrupt and NMI handlers included: a call copies its line into the ring,
 * without a lock. Code outside of interrupt handlers shows the lines, whole and in order.
 */
#ifndef KERNEL_LOG_LOG_H
#define KERNEL_LOG_LOG_H

#include <error.h>
#include <types.h>

struct console_sink;

enum log_level { LOG_ALWAYS, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum { LOG_TEXT = 232 }; /* the longest text of a line; longer text is cut and ends in "..." */

/* Logs a line, given without its end: log_info("pit: %u Hz", rate). Text from outside may be in it:
 * a control character is shown as a question mark. Any context. */
void log_write(enum log_level level, const char *format, ...) PRINTF(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* Shows only lines up to `level` from now on; the ring keeps all. */
void log_set_level(enum log_level level);

/* Understands error, warning, info and debug. ERROR_INVALID for any other word. */
enum error log_parse_level(const char *word, enum log_level *level);

/* Callbacks that higher layers register; NULL, as at the start, is none. During set-up.
 * clock: returns nanoseconds since the start; called in any context.
 * before, after: called around lines that are shown, in the context of log_flush(), so that an
 * input line can be hidden and drawn again. */
void log_set_clock(uint64_t (*clock)(void));
void log_set_line_hooks(void (*before)(void), void (*after)(void));

/* Are there lines that are not shown yet? Then log_flush() is due. Any context. */
bool log_pending(void);

/* Shows the lines that are not shown yet, as long as the console has room. It shows none while the
 * console is writing, or while a line is being added; they stay pending. In tasks and set-up code.
 * The timer's interrupt handler calls it, too, when the task that it has interrupted does not let
 * the log's task run. */
void log_flush(void);

/* Shows all of them in a panic: without callbacks, even if the panic has interrupted a flush. Any
 * context. */
void log_flush_panic(void);

/* Shows on a new sink the lines that the other sinks have shown before, if the ring still has them.
 * Not in an interrupt handler. */
void log_show_again(struct console_sink *sink);

/* Calls `show` for every line in the ring, the oldest first. The line is formatted and ends in a
 * newline, which `length` counts, and a NUL. Not in an interrupt handler. */
void log_for_each(void (*show)(void *context, enum log_level level, const char *line,
                               size_t length),
                  void *context);

/* Shows such a line on the console. Screens show it in its level's colour: red for errors, yellow
 * for warnings, grey for debugging. A serial line gets the bare text. Not in an interrupt handler.
 */
void log_print(enum log_level level, const char *line, size_t length);

#endif
