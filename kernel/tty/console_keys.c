/*
 * Linux's usual map (drivers/tty/vt/defkeymap.map): a key sends the same with Shift and Ctrl as
 * without, except for function keys. With Shift, F1 to F8 are F13 to F20. F9 to F12 with Shift, and
 * all of them with Ctrl, would be F21 and above, which send nothing.
 */
#include <kernel/tty/console_keys.h>
#include <lib/format.h>
#include <lib/string.h>

enum { SHIFT = 1, CONTROL = 4 }; /* in xterm's parameter, less 1 */
enum { FUNCTION_KEYS = 12, SHIFTED_KEYS = 8 };

/* The parts of a key: ESC [ or ESC O, an optional number, an optional parameter for the modifiers,
 * a final byte. */
struct key {
    unsigned number, modifiers;
    char final;
};

/* Reads a number of up to three digits, as many as a key has. */
static const char *read_number(const char *at, const char *end, unsigned *number)
{
    for (; at < end && *at >= '0' && *at <= '9' && *number < 100; at++)
        *number = *number * 10 + (unsigned)(*at - '0');
    return at;
}

/* Parses a key. Returns false for other text, such as a character with Alt. */
static bool read_key(const char *bytes, unsigned count, struct key *key)
{
    const char *at = bytes + 2, *end = bytes + count;
    unsigned parameter = 0;
    *key = (struct key){0};
    if (count < 3 || bytes[0] != '\033' || (bytes[1] != '[' && bytes[1] != 'O'))
        return false;
    at = read_number(at, end, &key->number);
    if (at < end && *at == ';') {
        at = read_number(at + 1, end, &parameter);
        key->modifiers = parameter ? parameter - 1 : 0;
    }
    if (at + 1 != end)
        return false;
    key->final = *at;
    return true;
}

/* The number of a function key, 1 to 12; 0 for other keys. */
static unsigned function_key(const struct key *key)
{
    static const uint8_t numbers[] = {15, 17, 18, 19, 20, 21, 23, 24};
    if (key->final >= 'P' && key->final <= 'S')
        return 1 + (unsigned)(key->final - 'P');
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (key->final == '~' && key->number == numbers[i])
            return 5 + i;
    }
    return 0;
}

static unsigned put_function_key(const struct key *key, unsigned number, char *to)
{
    static const uint8_t plain[FUNCTION_KEYS + 1] = {[6] = 17, 18, 19, 20, 21, 23, 24};
    static const uint8_t shifted[SHIFTED_KEYS + 1] = {[1] = 25, 26, 28, 29, 31, 32, 33, 34};
    bool has_shift = key->modifiers & SHIFT;
    if (key->modifiers & CONTROL || (has_shift && number > SHIFTED_KEYS))
        return 0;
    if (has_shift)
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[%u~", shifted[number]);
    unsigned code = number <= FUNCTION_KEYS ? plain[number] : 0;
    if (code == 0) /* F1 to F5 */
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[[%c", 'A' + (int)number - 1);
    return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[%u~", code);
}

unsigned console_key(const char *bytes, unsigned count, char to[CONSOLE_KEY_MAX])
{
    struct key key;
    unsigned number;
    if (!read_key(bytes, count, &key)) {
        count = MIN(count, (unsigned)CONSOLE_KEY_MAX);
        memcpy(to, bytes, count);
        return count;
    }
    if ((number = function_key(&key)))
        return put_function_key(&key, number, to);
    switch (key.final) {
    case 'H': /* home, end, Tab with Shift */
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[1~");
    case 'F':
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[4~");
    case 'E': /* the keypad's 5, without NumLock */
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[G");
    case 'Z':
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033\t");
    case '~':
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[%u~", key.number);
    default:
        return (unsigned)snprintf(to, CONSOLE_KEY_MAX, "\033[%c", key.final);
    }
}
