/*
 * A system call in words, as strace(1) shows it:
 *
 *     openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 *
 * Pure: a reader of the program's memory comes from the caller.
 */
#ifndef KERNEL_SYSCALL_CALL_TEXT_H
#define KERNEL_SYSCALL_CALL_TEXT_H

#include <kernel/syscall/description.h>

enum { CALL_TEXT = 216 /* bytes with the NUL: fits into a line of the log */ };

/* A call that a program makes or has made. */
struct call {
    uint64_t number, arguments[CALL_ARGUMENTS];
    int64_t result; /* the negative of an errno if it has failed */
};

/* Copies `size` bytes at `from` in the program's memory to `to`. False: they cannot be read. */
typedef bool call_reader(void *context, void *to, virt_addr_t from, size_t size);

struct call_text {
    char text[CALL_TEXT];
    size_t length;
    unsigned next; /* the argument that comes next */
    call_reader *read;
    void *context; /* for `read` */
};

/* Begins the text, when the call begins: its name, and the arguments before the first one that the
 * call writes to. What is too long ends in "...". */
void call_text_begin(struct call_text *text, const struct call *call, call_reader *read,
                     void *context);

/* Ends it, when the call is over: the other arguments, and the result. That of a call which does
 * not return (RESULT_NEVER) is shown as `?`. */
void call_text_end(struct call_text *text, const struct call *call);

#endif
