/*
 * A terminal whose device is a buffer, the process that uses it, and two threads that read and
 * write it for this process.
 */
#ifndef TESTS_KERNEL_FAKE_TTY_H
#define TESTS_KERNEL_FAKE_TTY_H

#include <fs/file.h>
#include <kernel/task/executor.h>
#include <kernel/task/thread.h>
#include <kernel/tty/tty.h>

/* Process groups: the session's leader, a job of the session, and one of another session. */
enum { LEADER = 10, JOB = 20, OTHER_SESSION = 30 };

/* A thread that makes one call. */
struct caller {
    struct thread thread;
    struct file file;
    char bytes[8192];
    size_t size;  /* how much it wants to move */
    size_t moved; /* how much it has */
    enum error error;
    bool over;
};

struct fake_tty {
    struct tty tty;
    bool is_full;       /* the device takes nothing */
    size_t shown_count; /* bytes that the device has taken since fake_tty_seen() */
    int group, session; /* of the process that makes the calls */
    bool leads, ignores, orphaned, is_privileged;
    char signals[64]; /* that were sent: "20:2 " is signal 2 to group 20 */
    struct executor executor;
    struct caller reader, writer;
};
extern struct fake_tty fake_tty;

/* Resets all that an earlier test may have changed. The process is the session's leader, and the
 * terminal is of no session. */
void fake_tty_begin(void);

/* Has reads return what is typed, character by character: `minimum` and `tenths` are VMIN and
 * VTIME.
 */
void fake_tty_set_raw(uint8_t minimum, uint8_t tenths);

/* The text that was shown since the last call. */
const char *fake_tty_seen(void);

void fake_tty_type(const char *text);

/* Types, and runs the threads until they wait. */
void fake_tty_type_and_run(const char *text);

/* Start the reader, or the writer, on a file with these O_ flags, and run it until it waits. */
void fake_tty_start_read(size_t size, unsigned flags);
void fake_tty_start_write(const char *text, unsigned flags);

#endif
