/*
 * The lines lie in one array without gaps. When lines at the front are dropped, the rest is moved,
 * which is a few KiB now and then. In return a line never wraps, and the next line begins after the
 * next NUL.
 */
#include <assert.h>
#include <kernel/monitor/history.h>
#include <lib/string.h>

/* The beginning of the line before the one at `at`, which is not the first. */
static size_t line_before(const struct history *history, size_t at)
{
    ASSERT(at > 0 && at <= history->used);
    do
        at--;
    while (at > 0 && history->lines[at - 1]);
    return at;
}

static size_t line_after(const struct history *history, size_t at)
{
    return at + strlen(history->lines + at) + 1;
}

static void make_room(struct history *history, size_t size)
{
    size_t dropped = 0;
    ASSERT(size <= HISTORY_BYTES);
    while (history->used - dropped + size > HISTORY_BYTES)
        dropped = line_after(history, dropped);
    history->used -= dropped;
    memmove(history->lines, history->lines + dropped, history->used);
}

static bool is_last(const struct history *history, const char *line)
{
    return history->used && strcmp(history->lines + line_before(history, history->used), line) == 0;
}

void history_add(struct history *history, const char *line)
{
    size_t size = strlen(line) + 1;
    if (size > 1 && size <= HISTORY_BYTES && !is_last(history, line)) {
        make_room(history, size);
        memcpy(history->lines + history->used, line, size);
        history->used += size;
    }
    history->at = history->used;
}

const char *history_older(struct history *history)
{
    if (history->at == 0)
        return NULL;
    history->at = line_before(history, history->at);
    return history->lines + history->at;
}

const char *history_newer(struct history *history)
{
    if (history->at == history->used)
        return NULL;
    history->at = line_after(history, history->at);
    return history->at == history->used ? "" : history->lines + history->at;
}
