/*
 * The content of structures that calls read. Where a structure holds addresses, lengths, times or
 * signals, some of them are good; the rest, and every other structure, is numbers with meaning.
 */
#include <lib/string.h>

#include "fuzz/fuzz.h"
#include "lib/linux.h"

/* Calls give sets of signals and of descriptors back, which must not look like an address of the
 * kernel's. */
static uint64_t random_set(void)
{
    return random_word() >> 1;
}

static void put(void *to, size_t offset, uint64_t value, size_t size)
{
    memcpy((char *)to + offset, &value, size);
}

/* Words of 32 bits; two of them never look like an address of the kernel's, for calls may give them
 * back. */
static void fill_words(void *to, size_t size)
{
    for (size_t at = 0; at + 4 <= size; at += 4) {
        uint64_t word = once_in(2) ? below(4) : interesting_number() & UINT32_MAX;
        put(to, at, at % 8 ? word & INT32_MAX : word, 4);
    }
}

/* Short, so that a call that waits comes back; or no time at all. Seconds, and a fraction that has
 * to be below `second`. */
static void fill_time(void *to, uint64_t second)
{
    put(to, 0, once_in(8) ? interesting_number() : 0, 8);
    put(to, 8, once_in(8) ? interesting_number() : below((uint32_t)second / 1000), 8);
}

static void ignore_signal(int signal)
{
    (void)signal;
}

static void fill_action(void *to)
{
    const uint64_t handlers[] = {0, 1, (uintptr_t)ignore_signal, (uintptr_t)ignore_signal,
                                 interesting_number()};
    struct signal_action action = {
        .flags = ACTION_RESTORER | (once_in(2) ? interesting_number() & 0xdc000007 : 0),
        .restorer = signal_return,
        .blocked = once_in(2) ? random_set() : 0,
    };
    uint64_t handler = handlers[below(ARRAY_SIZE(handlers))];
    memcpy(&action.handler, &handler, sizeof(handler));
    if (once_in(16))
        fill_words(&action, sizeof(action));
    memcpy(to, &action, sizeof(action));
}

static void fill_part(void *to)
{
    uint64_t size = make_size();
    put(to, 0, make_pointer(size), 8);
    put(to, 8, size, 8);
}

static void fill_poll(void *to)
{
    put(to, 0, make_descriptor(), 4);
    put(to, 4, below(0x4000), 2);
    put(to, 6, 0, 2);
}

/* A set and its size, for pselect6(). */
static void fill_set_argument(void *to)
{
    put(to, 0, once_in(4) ? 0 : make_pointer(8), 8);
    put(to, 8, once_in(8) ? interesting_number() : 8, 8);
}

static void fill_stack(void *to)
{
    uint64_t size = make_size();
    put(to, 0, make_pointer(size), 8);
    put(to, 8, once_in(4) ? interesting_number() : 0, 4);
    put(to, 12, 0, 4);
    put(to, 16, size, 8);
}

/* A set of low descriptors; some are bad. */
static void fill_descriptors(void *to, size_t size)
{
    put(to, 0, once_in(4) ? random_set() : below(1 << 15), 8);
    for (size_t at = 8; at < size && once_in(8); at += 8)
        put(to, at, random_set() & random_word(), 8);
}

/* What the table of types says of a structure, with values of these kinds. */
static void fill_fields(void *to, enum call_type type)
{
    for (const struct call_field *field = call_fields; field->type != TYPE_NONE; field++) {
        if (field->type == type && !once_in(4))
            put(to, field->at, make_value(&field->value), field->size);
    }
}

void fill_structure(void *to, enum call_type type, size_t size)
{
    enum { MICROSECONDS = 1000000, NANOSECONDS = 1000000000 };
    switch (type) {
    case TYPE_timespec:
        fill_time(to, NANOSECONDS);
        break;
    case TYPE_timeval:
        fill_time(to, MICROSECONDS);
        break;
    case TYPE_itimerval:
        fill_time(to, MICROSECONDS);
        fill_time((char *)to + 16, MICROSECONDS);
        break;
    case TYPE_sigaction:
        fill_action(to);
        break;
    case TYPE_iovec:
        fill_part(to);
        break;
    case TYPE_pollfd:
        fill_poll(to);
        break;
    case TYPE_sigset_argument:
        fill_set_argument(to);
        break;
    case TYPE_stack:
        fill_stack(to);
        break;
    case TYPE_fd_set:
        fill_descriptors(to, size);
        break;
    case TYPE_sigset:
        put(to, 0, once_in(2) ? random_set() : UINT64_C(1) << below(64), 8);
        break;
    default:
        fill_words(to, size);
        fill_fields(to, type);
        break;
    }
}
