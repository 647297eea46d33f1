#include <kernel/syscall/description.h>

/* The braces in these macros are no blocks. */
/* clang-format off */

/* --- Types ------------------------------------------------------------------------------------ */

#define WORD_SET(set)             static const struct call_word set##_words[] = {
#define WORD(word, value)         {#word, (value), (value)},
#define CHOICE(word, value, mask) {#word, (value), (mask)},
#define END_WORD_SET              {0}};
#include <kernel/syscall/types.def>

enum {
#define TYPE(name, size) SIZE_OF_##name = (size),
#include <kernel/syscall/types.def>
};

/* --- Arguments -------------------------------------------------------------------------------- */

#define PLAIN(word, kind)              {#word, ARGUMENT_##kind, TYPE_NONE, 0, 0, NULL}
#define STRUCTURE(word, kind, type, i) {#word, ARGUMENT_##kind, TYPE_##type, i, SIZE_OF_##type, NULL}

#define INT(word)                  PLAIN(word, INT)
#define UNSIGNED(word)             PLAIN(word, UNSIGNED)
#define LONG(word)                 PLAIN(word, LONG)
#define SIZE(word)                 PLAIN(word, SIZE)
#define OFFSET(word)               PLAIN(word, OFFSET)
#define ADDRESS(word)              PLAIN(word, ADDRESS)
#define FD(word)                   PLAIN(word, FD)
#define DIRECTORY(word)            PLAIN(word, DIRECTORY)
#define ID(word)                   PLAIN(word, ID)
#define USER(word)                 PLAIN(word, USER)
#define SIGNAL(word)               {#word, ARGUMENT_SIGNAL, TYPE_NONE, 0, 0, signal_words}
#define SIGNALS(word)              PLAIN(word, SIGNALS)
#define MODE(word)                 PLAIN(word, MODE)
#define DEVICE(word)               PLAIN(word, DEVICE)
#define PATH(word)                 PLAIN(word, PATH)
#define STRING(word)               PLAIN(word, STRING)
#define STRINGS(word)              PLAIN(word, STRINGS)
#define ANY(word)                  PLAIN(word, ANY)
#define IN(word, type)             STRUCTURE(word, IN, type, 0)
#define OUT(word, type)            STRUCTURE(word, OUT, type, 0)
#define IN_OUT(word, type)         STRUCTURE(word, IN_OUT, type, 0)
#define ARRAY_IN(word, type, i)    STRUCTURE(word, ARRAY_IN, type, i)
#define ARRAY_OUT(word, type, i)   STRUCTURE(word, ARRAY_OUT, type, i)
#define ARRAY_IN_OUT(word, type, i)STRUCTURE(word, ARRAY_IN_OUT, type, i)
#define BYTES_IN(word, i)          {#word, ARGUMENT_BYTES_IN, TYPE_NONE, i, 1, NULL}
#define BYTES_OUT(word, i)         {#word, ARGUMENT_BYTES_OUT, TYPE_NONE, i, 1, NULL}
#define WORDS(word, set)           {#word, ARGUMENT_WORDS, TYPE_NONE, 0, 0, set##_words}

const struct call_field call_fields[] = {
#define FIELD(type, at, size, argument) {TYPE_##type, (at), (size), argument},
#include <kernel/syscall/types.def>
    {0}
};

/* --- Calls ------------------------------------------------------------------------------------ */

static const struct call_description calls[] = {
#define CALL(number, returns, call, ...)                                                    \
    [number] = {#call, (const struct call_argument[CALL_ARGUMENTS + 1]){__VA_ARGS__},       \
                RESULT_##returns},
#define MISSING(number, call) [number] = {#call, NULL, RESULT_ZERO},
#include <kernel/syscall/table.def>
};

/* clang-format on */

const struct call_description *call_describe(uint64_t number)
{
    return number < ARRAY_SIZE(calls) && calls[number].name ? &calls[number] : NULL;
}

const struct call_word *const call_signals = signal_words, *const call_errors = error_words,
                              *const call_poll_events = poll_words;

const struct call_word *call_find_word(const struct call_word *set, uint32_t value)
{
    for (const struct call_word *word = set; word->name; word++) {
        if ((value & word->mask) == word->value)
            return word;
    }
    return NULL;
}
