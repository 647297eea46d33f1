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
 * Job control is Linux's (drivers/tty/tty_jobctrl.c). Processes are a higher layer: a terminal
 * reaches them through callbacks, struct tty_hooks.
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
    /* Called when the terminal belongs to no session any more. It may be freed there. NULL: nothing
     * is to be done. */
    void (*session_ended)(struct tty *tty);
    uint32_t fixed_control; /* the bits of termios.control that programs cannot change */
    bool stays;             /* the end of its session does not hang it up */
    bool resets;            /* a hang-up resets the settings */
};

struct tty {
    struct line_discipline discipline;
    const struct tty_device *device;
    uint32_t number; /* of the device, as stat() and /proc give it; see terminals.c */
    struct termios initial;
    struct window_size size;
    bool is_gone;   /* the master of a pseudo-terminal is closed: no session can get it any more */
    int session;    /* that has it as its controlling terminal; 0: none */
    int foreground; /* the group that may read, and gets the signals; 0: none */
    uint64_t hang_ups; /* a file that was opened before the last one is dead */
    /* Woken when there is input or room, the output starts, or the terminal is hung up; sometimes
     * without a reason. It is the device's queue, or `own_queue`. An interrupt handler may wake it.
     */
    struct wait_queue *changed;
    struct wait_queue own_queue;
    char answers[TTY_ANSWERS]; /* of the device to output, which become input */
    unsigned answer_count;
    struct list_node node; /* on the list of all terminals */
};

/* The callbacks for processes. "Current" means the running thread's process; group and session
 * numbers are Linux's. Called in threads; signal_group() in tasks, too. */
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
    bool (*current_is_privileged)(void); /* may it do what only user 0 may? */
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

/* Called when the device is gone for ever: no session can get the terminal any more, and the open
 * files are dead. The leader of its session gets SIGHUP; the foreground gets it when the leader
 * ends. In threads. */
void tty_end(struct tty *tty);

/* Takes typed bytes, and returns how many: all, unless the input is full of bytes that nobody has
 * read. Echoes, sends signals, wakes readers. In tasks and threads. */
size_t tty_input(struct tty *tty, const uint8_t *bytes, size_t count);

/* Polls for room for more input after tty_input() has not taken all. In tasks. */
enum poll_result tty_poll_input_room(struct tty *tty, struct waker *waker, struct task *task);

/* Sets the window's size. If it changes, the foreground gets SIGWINCH. In tasks and threads. */
void tty_set_size(struct tty *tty, struct window_size size);

/* Called when the leader of that session has ended: hangs up its terminal, unless that is of a kind
 * that stays. Its open files are dead then, and calls that wait on them end. In threads. */
void tty_hang_up(int session);

/* The terminal of a session, or NULL. In tasks and threads. */
struct tty *tty_of_session(int session);

/* --- The parts of a read, a write and an ioctl; in threads ------------------------------------ */

/* Makes it the controlling terminal of the running process's session. ERROR_NOT_PERMITTED: the
 * process does not lead a session, the session has a terminal, or another session has this one.
 * With `steal` a privileged process takes it away from that. */
enum error tty_take(struct tty *tty, bool steal);

/* May the running process read (TTY_SIGNAL_INPUT) or change the terminal (TTY_SIGNAL_OUTPUT)? One
 * in the background gets the signal, and ERROR_INTERRUPTED; ERROR_DEVICE if the signal cannot stop
 * it. */
enum error tty_check_foreground(struct tty *tty, enum tty_signal signal);

/* The controlling terminal of the running process, or NULL. */
struct tty *tty_of_current(void);

/* Gives up the terminal, which is that of the running process's session. Only its leader can; for
 * other processes this does nothing. */
void tty_leave(struct tty *tty);

/* Sets the foreground group. Errors as tty_check_foreground(), and ERROR_NOT_TERMINAL (it is not
 * the controlling terminal), ERROR_INVALID, ERROR_NO_PROCESS, ERROR_NOT_PERMITTED (the group
 * belongs to another session). */
enum error tty_set_foreground(struct tty *tty, int group);

/* May a program write? It may if the output is not stopped and the device has room. */
bool tty_is_writable(const struct tty *tty);

/* Translates and shows all of a program's output, even if the device has no room. */
void tty_output(struct tty *tty, const char *bytes, size_t count);

/* Takes a device's answer to output, which becomes input; drops what exceeds TTY_ANSWERS bytes. For
 * tty_device.write(). */
void tty_answer(struct tty *tty, const char *bytes, size_t count);

/* Wakes all that wait for a change. In any context but an NMI's. */
void tty_wake(struct tty *tty);

#endif
