/*
 * Arguments of calls, made up from what the table of calls says of them. Most are good, so that a
 * call gets far; each can be bad, in the ways that its kind knows.
 */
#include <lib/string.h>

#include "fuzz/fuzz.h"

uint64_t interesting_number(void)
{
    static const uint64_t numbers[] = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        16,
        64,
        100,
        127,
        128,
        255,
        256,
        511,
        512,
        1023,
        1024,
        4095,
        4096,
        4097,
        32767,
        32768,
        65535,
        65536,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x7fffffffffffffff,
        0x8000000000000000,
        UINT64_MAX,
        UINT64_MAX - 1,
        UINT64_MAX - 4095,
    };
    switch (below(4)) {
    case 0:
        return below(10);
    case 1:
        return (UINT64_C(1) << below(64)) - below(2);
    case 2:
        return random_word() >> (once_in(4) ? 1 : below(64));
    default:
        return numbers[below(ARRAY_SIZE(numbers))];
    }
}

uint64_t make_size(void)
{
    static const uint64_t sizes[] = {0,        1,        2,         3,          7,        8,
                                     9,        16,       24,        63,         64,       65,
                                     128,      255,      256,       512,        PAGE - 1, PAGE,
                                     PAGE + 1, 2 * PAGE, 16 * PAGE, ARENA_SIZE, 65535,    65536};
    return once_in(16) ? interesting_number() : sizes[below(ARRAY_SIZE(sizes))];
}

/* --- Addresses ------------------------------------------------------------------------------- */

/* Those of the kernel are the starts of its windows, and places in them. results.c must not take
 * them for leaked ones, so they begin pages, or end them. */
static uint64_t bad_address(void)
{
    static const uint64_t addresses[] = {
        0,
        1,
        8,
        0xfff,
        0x1000,
        0x00007fffffffe000,
        0x00007fffffffeff8,
        0x00007fffffffeffc,
        0x00007ffffffff000,
        0x00007fffffffffff,
        0x0000800000000000,
        0xdead000000000000,
        0xffff7fffffffffff,
        0xffff800000000000,
        0xffffc00000000000,
        0xffffd00000000000,
        0xffffffff80000000,
        0xffffffff80100000,
        0xfffffffffffff000,
        0xfffffffffffffff8,
        UINT64_MAX,
    };
    return addresses[below(ARRAY_SIZE(addresses))];
}

/* An address in a window such that `size` bytes fit, mostly a multiple of 8. */
static uint64_t within(uint64_t start, uint64_t window, uint64_t size)
{
    uint64_t room = size < window ? window - size : 0;
    uint64_t place = once_in(2) ? room - room % 8 : random_word() % (room + 1);
    return start + (once_in(8) ? place : place & ~UINT64_C(7));
}

uint64_t make_pointer(uint64_t size)
{
    switch (below(20)) {
    case 0:
    case 1:
        return bad_address();
    case 2: /* its end lies in the page that is read-only, or in the one without permissions */
        return ARENA + ARENA_SIZE + below(3) * PAGE - below(2 * PAGE) / 2;
    case 3:
        return PLAYGROUND + below(PLAYGROUND_SIZE);
    case 4:
        return (uintptr_t)bad_address; /* the program's own code */
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        return within(ARENA, ARENA_SIZE, size);
    default:
        return within(OWN, OWN_SIZE, size);
    }
}

/* An address for calls that map, unmap and protect. */
static uint64_t make_address(void)
{
    switch (below(16)) {
    case 0:
        return bad_address();
    case 1:
        return interesting_number();
    case 2:
        return once_in(8) ? (uintptr_t)bad_address & ~(uint64_t)(PAGE - 1) : 0;
    case 3:
        return ARENA + (uint64_t)below(ARENA_SIZE / PAGE + 3) * PAGE;
    default:
        return PLAYGROUND + (uint64_t)below(PLAYGROUND_SIZE / PAGE) * PAGE;
    }
}

/* --- Descriptors ----------------------------------------------------------------------------- */

enum { REMEMBERED = 16 };
static int remembered[REMEMBERED];

void remember_descriptor(int file)
{
    remembered[below(REMEMBERED)] = file;
}

uint64_t make_descriptor(void)
{
    enum { FIRST_OWN = 3, OWN_DESCRIPTORS = 23, AT_FDCWD = -100 };
    static const int bad[] = {-1,  -2,   AT_FDCWD, 63,    64,        255,
                              256, 1023, 1024,     65536, INT32_MAX, INT32_MIN};
    switch (below(8)) {
    case 0:
        return (uint64_t)bad[below(ARRAY_SIZE(bad))];
    case 1:
    case 2:
        return (uint64_t)remembered[below(REMEMBERED)];
    default:
        return FIRST_OWN + below(OWN_DESCRIPTORS);
    }
}

static uint64_t make_directory(void)
{
    enum { AT_FDCWD = -100 };
    return once_in(3) ? make_descriptor() : (uint64_t)AT_FDCWD;
}

/* --- Numbers of other kinds ------------------------------------------------------------------ */

static long own_id(void)
{
    static const uint64_t none[CALL_ARGUMENTS];
    enum { GETPID = 39 };
    return raw_call(GETPID, none);
}

/* A process's or a group's number. It is never that of another round, or of a process that watches
 * the rounds, since those must stay alive. */
static uint64_t make_id(void)
{
    static const int far_away[] = {0, 0x7fff, 0x8000, 99999, INT32_MAX, INT32_MIN, -99999};
    switch (below(4)) {
    case 0:
        return (uint64_t)(int64_t)far_away[below(ARRAY_SIZE(far_away))];
    case 1:
        return (uint64_t)-own_id(); /* its group */
    default:
        return (uint64_t)own_id();
    }
}

static uint64_t make_user(void)
{
    static const uint64_t users[] = {0, 1, 1000, 65534, 0x7fffffff, 0xffffffff, UINT64_MAX};
    return users[below(ARRAY_SIZE(users))];
}

static uint64_t make_words(const struct call_word *set)
{
    uint64_t words = 0;
    size_t count = 0;
    while (set[count].name)
        count++;
    if (count == 0 || once_in(16))
        return interesting_number();
    for (unsigned i = once_in(3) ? below(5) + 1 : 1; i > 0; i--) {
        const struct call_word *word = &set[below((uint32_t)count)];
        words = (words & ~(uint64_t)word->mask) | word->value;
    }
    return once_in(16) ? words | UINT64_C(1) << below(32) : words;
}

static uint64_t make_mode(void)
{
    static const uint32_t types[] = {0,       0,       0100000, 0040000, 0020000,
                                     0010000, 0140000, 0120000, 0060000};
    uint32_t permissions = once_in(2) ? 0755 : below(010000);
    return once_in(16) ? interesting_number() : types[below(ARRAY_SIZE(types))] | permissions;
}

/* --- Text ------------------------------------------------------------------------------------ */

/* All names lie below the round's own directory, or cannot be changed. */
static const char *const paths[] = {
    "a",
    "a",
    "b",
    "c",
    "d",
    "d/a",
    "d/e",
    "d/e/f",
    "link",
    "loop",
    "dangling",
    "pipe",
    "a/b",
    "./d/../a",
    "d//a/",
    "none/a",
    "program",
    ".",
    "..",
    "/",
    "",
    "/proc",
    "/proc/self",
    "/dev",
    "/proc/self/fd/3",
    "/proc/self/exe",
    "/proc/self/maps",
    "/proc/none",
    "/dev/null/a",
};

static uint64_t put_text(const char *text, size_t length)
{
    uint64_t at = make_pointer(length + 1);
    if (at < OWN || at > OWN + OWN_SIZE - length - 1)
        return at; /* whatever is there */
    memcpy((void *)at, text, length + 1);
    return at;
}

/* A name at the limit of what a component or a path may have, or beyond. */
static uint64_t put_long_name(void)
{
    static const size_t lengths[] = {254, 255, 256, 4094, 4095, 4096, 5000};
    static char name[5001];
    size_t length = lengths[below(ARRAY_SIZE(lengths))];
    memset(name, 'n', length);
    name[length] = '\0';
    for (size_t i = 200; once_in(2) && i < length; i += 200)
        name[i] = '/';
    return put_text(name, length);
}

static uint64_t make_path(void)
{
    if (once_in(16))
        return put_long_name();
    const char *path = paths[below(ARRAY_SIZE(paths))];
    return put_text(path, strlen(path));
}

static uint64_t make_string(void)
{
    static const char *const strings[] = {"tmpfs", "proc", "devtmpfs", "none", "", "user.name"};
    const char *string = strings[below(ARRAY_SIZE(strings))];
    return put_text(string, strlen(string));
}

/* Pointers to texts, with a NULL behind them mostly. */
static uint64_t make_strings(void)
{
    size_t count = below(6);
    uint64_t at = make_pointer((count + 1) * sizeof(uint64_t));
    if (at < OWN || at > OWN + OWN_SIZE - (count + 1) * sizeof(uint64_t))
        return at;
    for (size_t i = 0; i < count; i++) {
        uint64_t string = make_path();
        memcpy((void *)(at + i * sizeof(string)), &string, sizeof(string));
    }
    memset((void *)(at + count * sizeof(uint64_t)), 0, once_in(16) ? 1 : sizeof(uint64_t));
    return at;
}

/* --- Structures and bytes -------------------------------------------------------------------- */

static bool is_input(enum argument_kind kind)
{
    return kind == ARGUMENT_IN || kind == ARGUMENT_IN_OUT || kind == ARGUMENT_ARRAY_IN ||
           kind == ARGUMENT_ARRAY_IN_OUT || kind == ARGUMENT_BYTES_IN;
}

/* An array of `count` structures, of which the first few are filled in. Only the round's own memory
 * is filled in or cleared: the arena keeps what the racer has written there. */
static uint64_t make_structures(const struct call_argument *argument, uint64_t count)
{
    enum { FILLED = 16, MOST_BYTES = 256 };
    if (once_in(8))
        return 0;
    uint64_t size = argument->size, length = count > UINT32_MAX ? UINT32_MAX : count * size;
    uint64_t at = make_pointer(length);
    if (at < OWN || length > OWN_SIZE || at + length > OWN + OWN_SIZE)
        return at;
    memset((void *)at, 0, length);
    if (argument->kind == ARGUMENT_BYTES_IN)
        fill_structure((void *)at, TYPE_NONE, length < MOST_BYTES ? length : MOST_BYTES);
    for (uint64_t i = 0; is_input(argument->kind) && i < count && i < FILLED; i++)
        fill_structure((void *)(at + i * size), argument->type, size);
    return at;
}

static uint64_t make_argument(const struct call_argument *argument, const uint64_t *arguments)
{
    switch (argument->kind) {
    case ARGUMENT_FD:
        return make_descriptor();
    case ARGUMENT_DIRECTORY:
        return make_directory();
    case ARGUMENT_ID:
        return make_id();
    case ARGUMENT_USER:
        return make_user();
    case ARGUMENT_SIGNAL:
        return below(8) ? 1 + below(64) : interesting_number();
    case ARGUMENT_SIGNALS:
        return once_in(2) ? random_word() >> 1 : UINT64_C(1) << below(64);
    case ARGUMENT_MODE:
        return make_mode();
    case ARGUMENT_SIZE:
        return once_in(3) ? sizeof(uint64_t) : make_size();
    case ARGUMENT_OFFSET:
        return once_in(2) ? below(3 * PAGE) : interesting_number();
    case ARGUMENT_ADDRESS:
        return make_address();
    case ARGUMENT_WORDS:
        return make_words(argument->words);
    case ARGUMENT_PATH:
        return make_path();
    case ARGUMENT_STRING:
        return make_string();
    case ARGUMENT_STRINGS:
        return make_strings();
    case ARGUMENT_IN:
    case ARGUMENT_OUT:
    case ARGUMENT_IN_OUT:
        return make_structures(argument, 1);
    case ARGUMENT_ARRAY_IN:
    case ARGUMENT_ARRAY_OUT:
    case ARGUMENT_ARRAY_IN_OUT:
    case ARGUMENT_BYTES_IN:
    case ARGUMENT_BYTES_OUT:
        return make_structures(argument, arguments[argument->length]);
    case ARGUMENT_ANY:
        return once_in(2) ? make_pointer(256) : interesting_number();
    default:
        return once_in(2) ? below(16) : interesting_number();
    }
}

uint64_t make_value(const struct call_argument *argument)
{
    static const uint64_t none[CALL_ARGUMENTS];
    return make_argument(argument, none);
}

/* Makes the arguments that say how long others are. They come first. */
static void make_lengths(const struct call_description *call, uint64_t arguments[CALL_ARGUMENTS])
{
    for (size_t i = 0; call->arguments[i].kind != ARGUMENT_NONE; i++) {
        const struct call_argument *argument = &call->arguments[i];
        if (argument->kind == ARGUMENT_BYTES_IN || argument->kind == ARGUMENT_BYTES_OUT)
            arguments[argument->length] = make_size();
        else if (argument->kind >= ARGUMENT_ARRAY_IN && argument->kind <= ARGUMENT_ARRAY_IN_OUT)
            arguments[argument->length] = once_in(8) ? interesting_number() : below(20);
    }
}

static bool is_length(const struct call_description *call, size_t index)
{
    for (size_t i = 0; call->arguments[i].kind != ARGUMENT_NONE; i++) {
        enum argument_kind kind = call->arguments[i].kind;
        if (kind >= ARGUMENT_ARRAY_IN && kind <= ARGUMENT_BYTES_OUT &&
            call->arguments[i].length == index)
            return true;
    }
    return false;
}

void make_arguments(const struct call_description *call, uint64_t arguments[CALL_ARGUMENTS])
{
    for (size_t i = 0; i < CALL_ARGUMENTS; i++)
        arguments[i] = interesting_number(); /* what a call does not take */
    make_lengths(call, arguments);
    for (size_t i = 0; call->arguments[i].kind != ARGUMENT_NONE; i++) {
        if (!is_length(call, i))
            arguments[i] = make_argument(&call->arguments[i], arguments);
    }
}
