/*
 * Two parsers in a row: lib/ecma48.c finds the control sequences, and the other bytes go through
 * lib/utf8.c. Two more bits complete the state: after ESC O one more letter belongs to the key, and
 * after CR an LF is ignored.
 *
 * A byte can complete two keys. It may show that the character before it is malformed, which is
 * then U+FFFD, and it may be a key itself. So the keys' text is always UTF-8 without control
 * characters, and may be echoed to any terminal.
 */
#include <assert.h>
#include <kernel/monitor/key_parser.h>
#include <lib/width.h>

enum { DELETE = 0x7f };

#define CONTROL(letter) ((letter)&0x1f)

/* The keys of the control characters; EDIT_TEXT stands for none. */
static const uint8_t controls[32] = {
    [CONTROL('A')] = EDIT_HOME,          [CONTROL('B')] = EDIT_LEFT,
    [CONTROL('C')] = EDIT_INTERRUPT,     [CONTROL('D')] = EDIT_DELETE,
    [CONTROL('E')] = EDIT_END,           [CONTROL('F')] = EDIT_RIGHT,
    [CONTROL('H')] = EDIT_BACKSPACE,     [CONTROL('I')] = EDIT_TAB,
    [CONTROL('J')] = EDIT_ENTER,         [CONTROL('K')] = EDIT_KILL_TO_END,
    [CONTROL('L')] = EDIT_CLEAR,         [CONTROL('M')] = EDIT_ENTER,
    [CONTROL('N')] = EDIT_NEWER,         [CONTROL('P')] = EDIT_OLDER,
    [CONTROL('U')] = EDIT_KILL_TO_START, [CONTROL('W')] = EDIT_KILL_WORD_LEFT,
};

/* A key's second parameter is one more than the sum of its modifiers (xterm). */
enum { SHIFT = 1, ALT = 2, CTRL = 4, META = 8, MOST_MODIFIERS = 1 + SHIFT + ALT + CTRL + META };

/* The keys of the sequences ESC [ ... final; `number` is the first parameter if the final is ~. */
static const struct sequence {
    char final;
    uint8_t number;
    uint8_t plain;   /* enum edit_code; EDIT_TEXT stands for none */
    uint8_t by_word; /* with Ctrl or Alt */
} sequences[] = {
    {'A', 0, EDIT_OLDER, EDIT_TEXT},
    {'B', 0, EDIT_NEWER, EDIT_TEXT},
    {'C', 0, EDIT_RIGHT, EDIT_WORD_RIGHT},
    {'D', 0, EDIT_LEFT, EDIT_WORD_LEFT},
    {'F', 0, EDIT_END, EDIT_TEXT},
    {'H', 0, EDIT_HOME, EDIT_TEXT},
    /* The numbers of the VT220, the Linux console and rxvt. */
    {'~', 1, EDIT_HOME, EDIT_TEXT},
    {'~', 3, EDIT_DELETE, EDIT_KILL_WORD_RIGHT},
    {'~', 4, EDIT_END, EDIT_TEXT},
    {'~', 7, EDIT_HOME, EDIT_TEXT},
    {'~', 8, EDIT_END, EDIT_TEXT},
};

static unsigned one(struct key keys[KEYS_PER_BYTE], uint8_t code)
{
    if (code == EDIT_TEXT)
        return 0;
    keys[0] = (struct key){.code = code};
    return 1;
}

static unsigned find_key(char final, unsigned number, unsigned modifiers,
                         struct key keys[KEYS_PER_BYTE])
{
    if (final == '~' && modifiers == SHIFT && (number == 5 || number == 6))
        return one(keys, number == 5 ? EDIT_VIEW_BACK : EDIT_VIEW_FORWARD);
    for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
        if (sequences[i].final == final && (final != '~' || sequences[i].number == number))
            return one(keys, modifiers & (CTRL | ALT) ? sequences[i].by_word : sequences[i].plain);
    }
    return 0;
}

static unsigned take_sequence(const struct ecma48 *sequence, char final,
                              struct key keys[KEYS_PER_BYTE])
{
    if (sequence->prefix || sequence->intermediate)
        return 0;
    unsigned first = ecma48_parameter(sequence, 0, 0), second = ecma48_parameter(sequence, 1, 1);
    if (final != 'R')
        return find_key(final, first, second - 1, keys);
    /* A cursor's position, or F3 with modifiers. */
    if (second <= MOST_MODIFIERS)
        return 0;
    keys[0] = (struct key){.code = EDIT_WIDTH, .columns = (uint16_t)second};
    return 1;
}

/* Alt and a letter. */
static unsigned take_escape(struct key_parser *parser, char final, struct key keys[KEYS_PER_BYTE])
{
    switch (final) {
    case 'O':
        parser->after_ss3 = true;
        return 0;
    case 'b':
        return one(keys, EDIT_WORD_LEFT);
    case 'f':
        return one(keys, EDIT_WORD_RIGHT);
    case 'd':
        return one(keys, EDIT_KILL_WORD_RIGHT);
    default:
        return 0;
    }
}

static unsigned take_control(struct key_parser *parser, char byte, struct key keys[KEYS_PER_BYTE])
{
    bool after_return = parser->after_return;
    parser->after_return = byte == '\r';
    if (byte == '\n' && after_return)
        return 0;
    uint8_t code = byte == DELETE ? EDIT_BACKSPACE : controls[(unsigned char)byte];
    parser->sequence = (struct ecma48){0}; /* a malformed one, or Alt and this */
    return one(keys, code);
}

/* Types a character. The control characters U+0080 to U+009F are no keys. */
static unsigned type(uint32_t code, struct key *key)
{
    if (character_is_control(code))
        return 0;
    *key = (struct key){.code = EDIT_TEXT};
    key->length = (uint8_t)utf8_encode(code, key->text);
    return 1;
}

static unsigned take_character(struct key_parser *parser, char byte, struct key keys[KEYS_PER_BYTE])
{
    uint32_t code;
    unsigned count = 0;
    enum utf8_event event = utf8_feed(&parser->utf8, (uint8_t)byte, &code);
    if (event == UTF8_BROKEN) {
        count = type(code, keys);
        event = utf8_feed(&parser->utf8, (uint8_t)byte, &code);
    }
    ASSERT(event != UTF8_BROKEN);
    if (event == UTF8_CHARACTER)
        count += type(code, &keys[count]);
    return count;
}

/* Takes a byte for which key_parser_is_plain() is false. */
static unsigned take_special(struct key_parser *parser, char byte, struct key keys[KEYS_PER_BYTE])
{
    bool after_ss3 = parser->after_ss3;
    parser->after_ss3 = false;
    enum ecma48_event event = ecma48_feed(&parser->sequence, byte);
    if (ecma48_in_string(&parser->sequence)) /* no key begins one */
        parser->sequence = (struct ecma48){0};
    if (event != ECMA48_CONTROL)
        parser->after_return = false;
    if (event == ECMA48_PRINT && after_ss3)
        return find_key(byte, 0, 0, keys);
    if (event == ECMA48_PRINT)
        return take_character(parser, byte, keys);
    unsigned count = parser->utf8.missing ? type(UTF8_REPLACEMENT, keys) : 0;
    parser->utf8 = (struct utf8){0};
    if (event == ECMA48_CONTROL)
        return count + take_control(parser, byte, &keys[count]);
    if (event == ECMA48_SEQUENCE)
        return count + take_sequence(&parser->sequence, byte, &keys[count]);
    if (event == ECMA48_ESCAPE_SEQUENCE && !parser->sequence.intermediate)
        return count + take_escape(parser, byte, &keys[count]);
    return count;
}

unsigned key_parser_feed(struct key_parser *parser, char byte, struct key keys[KEYS_PER_BYTE])
{
    if (key_parser_is_plain(parser, byte)) {
        keys[0] = (struct key){.code = EDIT_TEXT, .length = 1, .text = {byte}};
        return 1;
    }
    unsigned count = take_special(parser, byte, keys);
    parser->special = parser->sequence.state != ECMA48_GROUND || parser->utf8.missing ||
                      parser->after_return || parser->after_ss3;
    return count;
}
