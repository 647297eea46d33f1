/*
 * A terminal as programs see it: a line discipline between a device and its readers and writers, a
 * window size, and the session and group that it belongs to.
 *
 *     keyboard, COM1 --> tty_input() --> line discipline --> read()
 *                                 |  ^                        ^
 *                            echo |  | answers                | waits in `changed`
 *                                 v  |                        v
 *     screen, COM1 <--------- tty_device <-- translation <-- write()
 *
 * Job control is Linux's (drivers/tty/tty_jobctrl.c). What a terminal asks of processes, which are
 * above it, goes through hooks.
 */
#ifndef KERNEL_TTY_TTY_H
#define KERNEL_TTY_TTY_H

#include <error.h>
#include <kernel/task/task.h>
#include <kernel/tty/line_discipline.h>

/* Linux's struct winsize. */
struct window_size {
    uint16_t rows, columns, width, height; /* the last two in pixels; not used */
};

enum { TTY_ANSWERS = 64 };

struct file;
struct tty;

/* The device behind a terminal. */
struct tty_device {
    /* Shows bytes, or keeps them and shows them later. It takes all of them, and does not wait. */
    void (*write)(struct tty *tty, const char *bytes, size_t count);
    /* Is there room for more of a program's output (an echo does not ask)? With `all`: is
     * everything shown that was written? When that becomes true, `changed` is woken. NULL: always.
     */
    bool (*has_room)(const struct tty *tty, bool all);
    /* The requests of ioctl() that only this kind of device has. NULL: none. */
    enum error (*ioctl)(struct tty *tty, unsigned request, uint64_t argument, int64_t *result);
    /* The terminal belongs to no session any more. It may be gone afterwards. NULL: nothing to do.
     */
    void (*session_ended)(struct tty *tty);
    uint32_t fixed_control; /* what of termios.control programs cannot change */
    bool stays;             /* the end of its session does not hang it up */
    bool resets;            /* a hang-up resets the settings */
};

struct tty {
    struct line_discipline discipline;
    const struct tty_device *device;
    uint32_t number; /* of the device, as stat() and /proc give it; see terminals.c */
    struct termios initial;
    struct window_size size;
    bool is_gone;      /* the other end of a pseudo-terminal is closed: nobody gets it any more */
    int session;       /* whose controlling terminal it is; 0: nobody's */
    int foreground;    /* the group that may read, and gets the signals; 0: none */
    uint64_t hang_ups; /* a file that was opened before the last one is dead */
    /* Woken by input, room, a start of the output, a hang-up; and for nothing. The device's own
     * queue, or `own_queue`. An interrupt handler may wake it. */
    struct wait_queue *changed;
    struct wait_queue own_queue;
    char answers[TTY_ANSWERS]; /* that the device has given to what was written, as input */
    unsigned answer_count;
    struct list_node node; /* on the list of all terminals */
};

/* What a terminal asks of processes. "Current" is the running thread's; group and session numbers
 * are Linux's. In threads, but for signal_group(), which is called in tasks, too. */
struct tty_hooks {
    int (*current_group)(void);
    int (*current_session)(void); /* 0: the thread runs no program */
    bool (*current_leads_session)(void);
    bool (*current_ignores)(int signal); /* it ignores or blocks the signal */
    bool (*current_group_is_orphaned)(void);
    void (*signal_group)(int group, int signal);
    void (*signal_process)(int process, int signal);
    int (*session_of_group)(int group); /* 0: there is no such group */
    uint32_t (*current_user)(void);
    /* Opens a descriptor for a file in the running process, and takes over the reference if that
     * succeeds. */
    enum error (*open_descriptor)(struct file *file, bool close_on_exec, int *fd);
};

/* Registers the hooks. Without them a terminal belongs to no session, and sends no signals. In
 * set-up code. */
void tty_set_hooks(const struct tty_hooks *hooks);

/* The hooks; NULL before they are registered. */
const struct tty_hooks *tty_hooks(void);

/* Adds a terminal with these settings, whose `device`, `number` and `size` are set. `changed` is
 * the device's queue, or NULL. In set-up code and threads. */
void tty_add(struct tty *tty, const struct termios *initial, struct wait_queue *changed);

/* Removes a terminal that belongs to no session and has no open files. In threads. */
void tty_remove(struct tty *tty);

/* The device is gone for ever, and no session can get the terminal any more. The leader of its
 * session gets SIGHUP, its foreground when the leader has ended. The open files are dead. In
 * threads. */
void tty_end(struct tty *tty);

/* Takes bytes that were typed, and returns how many of them: echoes, sends signals, wakes readers.
 * It takes all unless the input is full of what nobody has read. In tasks and threads. */
size_t tty_input(struct tty *tty, const uint8_t *bytes, size_t count);

/* Polls for room for more input after tty_input() has not taken all. In tasks. */
enum poll_result tty_poll_input_room(struct tty *tty, struct waker *waker, struct task *task);

/* Sets the window's size; the foreground is told if it changes. In tasks and threads. */
void tty_set_size(struct tty *tty, struct window_size size);

/* The leader of that session has ended: hangs its terminal up. What waits there ends, and all files
 * that are open on it are dead, unless it is of a kind that stays. In threads. */
void tty_hang_up(int session);

/* The terminal of a session, or NULL. In tasks and threads. */
struct tty *tty_of_session(int session);

/* --- The parts of a read, a write and an ioctl; in threads ------------------------------------ */

/* Makes it the controlling terminal of the running process, if that may be: it leads a session that
 * has none, and nobody has the terminal. `steal` takes it away from another session.
 * ERROR_NOT_PERMITTED. */
enum error tty_take(struct tty *tty, bool steal);

/* May the running process read (TTY_SIGNAL_INPUT) or change the terminal (TTY_SIGNAL_OUTPUT)? One
 * in the background gets the signal, and ERROR_INTERRUPTED; ERROR_DEVICE if the signal cannot stop
 * it. */
enum error tty_check_foreground(struct tty *tty, enum tty_signal signal);

/* The controlling terminal of the running process, or NULL. */
struct tty *tty_of_current(void);

/* Gives the terminal up: the running process's session has none then. Only its leader can; what
 * others ask for is ignored. The terminal is that session's. */
void tty_leave(struct tty *tty);

/* Sets the foreground group. Errors as tty_check_foreground(), and ERROR_NOT_TERMINAL (it is not
 * the controlling terminal), ERROR_INVALID, ERROR_NO_PROCESS, ERROR_NOT_PERMITTED (the group
 * belongs to another session). */
enum error tty_set_foreground(struct tty *tty, int group);

/* May a program write? Its output is not stopped, and the device has room. */
bool tty_is_writable(const struct tty *tty);

/* Translates and shows a program's output; all of it, room or not. */
void tty_output(struct tty *tty, const char *bytes, size_t count);

/* Takes what a device answers to something that was written; it becomes input. What is too much is
 * dropped. For tty_device.write(). */
void tty_answer(struct tty *tty, const char *bytes, size_t count);

/* Wakes all that wait for a change. In any context but an NMI's. */
void tty_wake(struct tty *tty);

#endif
