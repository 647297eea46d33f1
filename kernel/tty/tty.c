/*
 * No function here waits, and kernel code is not preempted. So a terminal needs no lock. The waits
 * are in kernel/tty/file.c.
 */
#include <assert.h>
#include <kernel/tty/tty.h>
#include <lib/string.h>

static struct list terminals = LIST_INIT(terminals);
static const struct tty_hooks *hooks;

void tty_set_hooks(const struct tty_hooks *new_hooks)
{
    hooks = new_hooks;
}

const struct tty_hooks *tty_hooks(void)
{
    return hooks;
}

void tty_wake(struct tty *tty)
{
    wait_queue_wake_all(tty->changed);
}

static struct tty *tty_of(struct line_discipline *discipline)
{
    return CONTAINER_OF(discipline, struct tty, discipline);
}

static void echo(struct line_discipline *discipline, const char *bytes, size_t count)
{
    struct tty *tty = tty_of(discipline);
    tty->device->write(tty, bytes, count);
}

static void signal_foreground(struct tty *tty, enum tty_signal signal)
{
    if (tty->foreground)
        hooks->signal_group(tty->foreground, signal);
}

static void send_signal(struct line_discipline *discipline, enum tty_signal signal)
{
    signal_foreground(tty_of(discipline), signal);
}

void tty_add(struct tty *tty, const struct termios *initial, struct wait_queue *changed)
{
    tty->initial = *initial;
    wait_queue_init(&tty->own_queue);
    tty->changed = changed ? changed : &tty->own_queue;
    line_discipline_init(&tty->discipline, initial, echo, send_signal);
    list_push_back(&terminals, &tty->node);
}

void tty_remove(struct tty *tty)
{
    ASSERT(!tty->session);
    list_remove(&tty->node);
}

void tty_answer(struct tty *tty, const char *bytes, size_t count)
{
    ASSERT(tty->answer_count <= TTY_ANSWERS);
    count = MIN(count, (size_t)(TTY_ANSWERS - tty->answer_count));
    memcpy(tty->answers + tty->answer_count, bytes, count);
    tty->answer_count += (unsigned)count;
}

/* Types the device's answers. Not in tty_answer(): the line discipline may just be writing the echo
 * that is answered. */
static void type_answers(struct tty *tty)
{
    uint8_t answers[TTY_ANSWERS];
    unsigned count = tty->answer_count;
    if (!count)
        return;
    memcpy(answers, tty->answers, count);
    tty->answer_count = 0;
    line_discipline_input(&tty->discipline, answers, count);
    tty_wake(tty);
}

size_t tty_input(struct tty *tty, const uint8_t *bytes, size_t count)
{
    size_t taken = line_discipline_input(&tty->discipline, bytes, count);
    type_answers(tty);
    tty_wake(tty);
    return taken;
}

bool tty_is_writable(const struct tty *tty)
{
    return !tty->discipline.stopped &&
           (!tty->device->has_room || tty->device->has_room(tty, false));
}

void tty_output(struct tty *tty, const char *bytes, size_t count)
{
    char piece[256];
    size_t used;
    for (; count; bytes += used, count -= used) {
        size_t length =
            line_discipline_output(&tty->discipline, bytes, count, piece, sizeof(piece), &used);
        tty->device->write(tty, piece, length);
    }
    type_answers(tty);
}

enum poll_result tty_poll_input_room(struct tty *tty, struct waker *waker, struct task *task)
{
    if (line_discipline_is_full(&tty->discipline)) {
        waker_register(waker, tty->changed, task); /* interrupts make no room: no second look */
        return POLL_PENDING;
    }
    waker_finish(waker);
    return POLL_READY;
}

void tty_set_size(struct tty *tty, struct window_size size)
{
    bool changes = tty->size.rows != size.rows || tty->size.columns != size.columns ||
                   tty->size.width != size.width || tty->size.height != size.height;
    tty->size = size;
    if (changes)
        signal_foreground(tty, TTY_SIGNAL_WINDOW);
}

/* --- Job control ------------------------------------------------------------------------------ */

struct tty *tty_of_session(int session)
{
    list_for_each(node, &terminals) {
        struct tty *tty = CONTAINER_OF(node, struct tty, node);
        if (session && tty->session == session)
            return tty;
    }
    return NULL;
}

struct tty *tty_of_current(void)
{
    struct tty *tty = hooks ? tty_of_session(hooks->current_session()) : NULL;
    return tty && !tty->is_gone ? tty : NULL;
}

enum error tty_take(struct tty *tty, bool steal)
{
    int session = hooks ? hooks->current_session() : 0;
    if (!session || !hooks->current_leads_session() || tty->is_gone)
        return ERROR_NOT_PERMITTED;
    if (tty->session == session)
        return OK;
    if (tty_of_session(session) || (tty->session && !(steal && hooks->current_is_privileged())))
        return ERROR_NOT_PERMITTED;
    tty->session = session;
    tty->foreground = hooks->current_group();
    ASSERT(tty->foreground);
    return OK;
}

enum error tty_set_foreground(struct tty *tty, int group)
{
    enum error error = tty_check_foreground(tty, TTY_SIGNAL_OUTPUT);
    if (error)
        return error == ERROR_DEVICE ? ERROR_NOT_TERMINAL : error;
    if (group < 0)
        return ERROR_INVALID;
    if (tty_of_current() != tty)
        return ERROR_NOT_TERMINAL;
    int session = hooks->session_of_group(group);
    if (!session)
        return ERROR_NO_PROCESS;
    if (session != tty->session)
        return ERROR_NOT_PERMITTED;
    tty->foreground = group;
    return OK;
}

enum error tty_check_foreground(struct tty *tty, enum tty_signal signal)
{
    ASSERT(tty);
    if (tty_of_current() != tty || !tty->foreground)
        return OK;
    int group = hooks->current_group();
    if (group == tty->foreground)
        return OK;
    if (hooks->current_ignores(signal))
        return signal == TTY_SIGNAL_INPUT ? ERROR_DEVICE : OK;
    if (hooks->current_group_is_orphaned())
        return ERROR_DEVICE;
    hooks->signal_group(group, signal);
    return ERROR_INTERRUPTED;
}

/* Makes all files that are open on the terminal dead. */
static void end_files(struct tty *tty)
{
    tty->hang_ups++;
    line_discipline_flush(&tty->discipline);
    if (tty->device->resets)
        line_discipline_init(&tty->discipline, &tty->initial, echo, send_signal);
    tty_wake(tty);
}

static void end_session(struct tty *tty)
{
    tty->session = tty->foreground = 0;
    if (tty->device->session_ended)
        tty->device->session_ended(tty);
}

void tty_hang_up(int session)
{
    struct tty *tty = tty_of_session(session);
    if (!tty)
        return;
    signal_foreground(tty, TTY_SIGNAL_HANG_UP);
    if (tty->is_gone)
        signal_foreground(tty, TTY_SIGNAL_CONTINUE);
    if (!tty->device->stays)
        end_files(tty);
    end_session(tty);
}

void tty_end(struct tty *tty)
{
    tty->is_gone = true;
    if (tty->session) {
        hooks->signal_process(tty->session, TTY_SIGNAL_HANG_UP);
        hooks->signal_process(tty->session, TTY_SIGNAL_CONTINUE);
    }
    end_files(tty);
}

void tty_leave(struct tty *tty)
{
    if (!hooks->current_leads_session())
        return;
    signal_foreground(tty, TTY_SIGNAL_HANG_UP);
    signal_foreground(tty, TTY_SIGNAL_CONTINUE);
    end_session(tty);
}
