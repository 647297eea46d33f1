/*
 * The line discipline, between a terminal's device and a program's read and write. It behaves like
 * Linux's n_tty: echo, editing of the line in canonical mode, signals by Ctrl-C and the like, flow
 * control by Ctrl-S and Ctrl-Q, and the translation of line ends in both directions.
 *
 * It knows no device and never waits. Two callbacks take the echo and the signals. All functions
 * are for threads and tasks.
 */
#ifndef KERNEL_TTY_LINE_DISCIPLINE_H
#define KERNEL_TTY_LINE_DISCIPLINE_H

#include <kernel/tty/termios.h>

/* The signals that a terminal sends, with Linux's numbers. */
enum tty_signal {
    TTY_SIGNAL_HANG_UP = 1,
    TTY_SIGNAL_INTERRUPT = 2,
    TTY_SIGNAL_QUIT = 3,
    TTY_SIGNAL_CONTINUE = 18,
    TTY_SIGNAL_STOP = 20,   /* typed */
    TTY_SIGNAL_INPUT = 21,  /* a background process reads */
    TTY_SIGNAL_OUTPUT = 22, /* a background process writes, or changes the terminal */
    TTY_SIGNAL_WINDOW = 28, /* the window's size has changed */
};

enum {
    LINE_DISCIPLINE_INPUT = 4096, /* a line is at most one byte shorter, its end included */
    LINE_DISCIPLINE_ECHO = 256,
    LINE_DISCIPLINE_EXPANDED = 8, /* the most bytes that one byte of output becomes: a tab */
};

struct line_discipline {
    struct termios termios;
    /* Takes echo, which is ready to be shown. */
    void (*echo)(struct line_discipline *discipline, const char *bytes, size_t count);
    /* Sends a signal to the terminal's foreground. */
    void (*signal)(struct line_discipline *discipline, enum tty_signal signal);

    /* Positions in the input count up without end; a byte's place in the ring is its position
     * modulo the size. head - tail <= LINE_DISCIPLINE_INPUT. */
    uint8_t input[LINE_DISCIPLINE_INPUT];
    uint64_t ends[LINE_DISCIPLINE_INPUT / 64]; /* a bit for each place: a line ends there */
    uint32_t tail;                             /* the next byte to be read */
    uint32_t line_start; /* of the line that is edited; tail to head. Only in canonical mode */
    uint32_t head;       /* where the next byte goes */

    unsigned column;      /* of the cursor, as the output makes it likely (line_output.c) */
    unsigned line_column; /* where the edited line begins on the screen */
    bool literal_next;    /* VLNEXT was typed */
    bool erasing;         /* between \ and / of ECHOPRT */
    bool stopped;         /* the output, by VSTOP or by a program */
    bool program_stopped; /* by a program, so only a program can start it; implies `stopped` */

    char pending[LINE_DISCIPLINE_ECHO]; /* echo that is not shown yet; kept while stopped */
    unsigned pending_count;
    unsigned shown_column, shown_line_column; /* the columns before the pending echo */
};

/* Initialises the discipline of a new terminal. Every function below that takes input or starts the
 * output may call the callbacks. */
void line_discipline_init(struct line_discipline *discipline, const struct termios *termios,
                          void (*echo)(struct line_discipline *, const char *, size_t),
                          void (*signal)(struct line_discipline *, enum tty_signal));

/* Changes the settings. When canonical mode begins, the input so far becomes a line of its own. */
void line_discipline_set_termios(struct line_discipline *discipline, const struct termios *termios);

/* Takes typed bytes, and returns how many: all of them, unless whole lines (in raw mode, bytes)
 * that nobody has read fill the buffer. A line without an end is never refused: if it is too long,
 * each further byte replaces its last one. */
size_t line_discipline_input(struct line_discipline *discipline, const uint8_t *bytes,
                             size_t count);

/* Would line_discipline_input() refuse a byte? */
bool line_discipline_is_full(const struct line_discipline *discipline);

/* How many bytes line_discipline_input() takes at least. */
size_t line_discipline_room(const struct line_discipline *discipline);

/* Is there input for a read: a line, or in raw mode `minimum` bytes? */
bool line_discipline_readable(const struct line_discipline *discipline, unsigned minimum);

/* Moves input to `to`, and returns how many bytes. In canonical mode that is at most the rest of
 * one line, and *ends tells whether it ends there: then the read is over, with 0 bytes at an end of
 * the file (VEOF). */
size_t line_discipline_read(struct line_discipline *discipline, uint8_t *to, size_t room,
                            bool *ends);

/* How many bytes could be read now, ends of the file not counted. */
size_t line_discipline_available(const struct line_discipline *discipline);

/* Drops all input. */
void line_discipline_flush(struct line_discipline *discipline);

/* Translates a program's output to what the device is sent: *used bytes of `from`, as many as fit
 * into `room`, which is LINE_DISCIPLINE_EXPANDED at least. Returns how many bytes went to `to`. */
size_t line_discipline_output(struct line_discipline *discipline, const char *from, size_t count,
                              char *to, size_t room, size_t *used);

/* Stop and start the output on behalf of a program (TCOOFF, TCOON). The terminal's user shows the
 * program's output only while `stopped` is false; the discipline does the same with its echo. */
void line_discipline_stop(struct line_discipline *discipline);
void line_discipline_start(struct line_discipline *discipline);

#endif
