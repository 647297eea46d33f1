/*
 * What is known of each system call: its name, its arguments and their types, from table.def and
 * types.def. Pure: programs that make calls at random use it, too.
 */
#ifndef KERNEL_SYSCALL_DESCRIPTION_H
#define KERNEL_SYSCALL_DESCRIPTION_H

#include <types.h>

enum { CALL_ARGUMENTS = 6 }; /* the most that a call has */

/* table.def says what they mean. */
enum call_result {
    RESULT_ZERO,
    RESULT_COUNT,
    RESULT_FD,
    RESULT_ID,
    RESULT_NUMBER,
    RESULT_ADDRESS,
    RESULT_NEVER,
};

enum argument_kind {
    ARGUMENT_NONE,
    ARGUMENT_INT,
    ARGUMENT_UNSIGNED,
    ARGUMENT_LONG,
    ARGUMENT_SIZE,
    ARGUMENT_OFFSET,
    ARGUMENT_ADDRESS,
    ARGUMENT_FD,
    ARGUMENT_DIRECTORY,
    ARGUMENT_ID,
    ARGUMENT_USER,
    ARGUMENT_SIGNAL,
    ARGUMENT_SIGNALS,
    ARGUMENT_MODE,
    ARGUMENT_DEVICE,
    ARGUMENT_WORDS,
    ARGUMENT_PATH,
    ARGUMENT_STRING,
    ARGUMENT_STRINGS,
    ARGUMENT_IN, /* the first of the pointers to `size` bytes each */
    ARGUMENT_OUT,
    ARGUMENT_IN_OUT,
    ARGUMENT_ARRAY_IN,
    ARGUMENT_ARRAY_OUT,
    ARGUMENT_ARRAY_IN_OUT,
    ARGUMENT_BYTES_IN,
    ARGUMENT_BYTES_OUT,
    ARGUMENT_ANY,
};

enum call_type {
    TYPE_NONE,
#define TYPE(name, size) TYPE_##name,
#include <kernel/syscall/types.def>
};

/* A word stands for `value` in the bits of `mask`. The first word of a set that fits counts. */
struct call_word {
    const char *name; /* NULL ends a set */
    uint32_t value, mask;
};

struct call_argument {
    const char *name;
    uint8_t kind;                  /* enum argument_kind */
    uint8_t type;                  /* enum call_type, of structures */
    uint8_t length;                /* of arrays and bytes: the argument that has their number */
    uint16_t size;                 /* in bytes, of a structure, an element or a byte */
    const struct call_word *words; /* of ARGUMENT_WORDS and ARGUMENT_SIGNAL */
};

/* What lies in structures of a type, as types.def says. */
struct call_field {
    uint8_t type, at, size; /* of which structures, and where there */
    struct call_argument value;
};

struct call_description {
    const char *name;
    const struct call_argument *arguments; /* up to ARGUMENT_NONE; NULL: the call is not there */
    enum call_result result;
};

/* All fields of all types; the last one's type is TYPE_NONE. */
extern const struct call_field call_fields[];

/* The description of the call with that number; NULL where Linux has none. Any context. */
const struct call_description *call_describe(uint64_t number);

/* The words for signals, for the errors of calls, and for what poll() waits for. */
extern const struct call_word *const call_signals, *const call_errors, *const call_poll_events;

/* The first word of a set that stands for some of the bits of `value`, or for 0 when it is 0; NULL
 * when there is none. Any context. */
const struct call_word *call_find_word(const struct call_word *set, uint32_t value);

#endif
