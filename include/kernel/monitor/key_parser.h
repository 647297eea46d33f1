/*
 * From bytes as a terminal sends them to what they ask the line editor to do: characters of UTF-8,
 * control characters, and the sequences of cursor and function keys. Each source of bytes has a
 * parser of its own, so that two that type at once do not break each other's sequences.
 *
 * Pure: knows neither the line nor the console.
 */
#ifndef KERNEL_MONITOR_KEY_PARSER_H
#define KERNEL_MONITOR_KEY_PARSER_H

#include <lib/ecma48.h>
#include <lib/utf8.h>

enum edit_code {
    EDIT_TEXT, /* a character: `length` bytes in `text` */
    EDIT_ENTER,
    EDIT_TAB,
    EDIT_BACKSPACE,
    EDIT_DELETE,
    EDIT_LEFT,
    EDIT_RIGHT,
    EDIT_WORD_LEFT,
    EDIT_WORD_RIGHT,
    EDIT_HOME,
    EDIT_END,
    EDIT_OLDER, /* up */
    EDIT_NEWER, /* down */
    EDIT_KILL_TO_START,
    EDIT_KILL_TO_END,
    EDIT_KILL_WORD_LEFT,
    EDIT_KILL_WORD_RIGHT,
    EDIT_CLEAR,     /* the screen */
    EDIT_INTERRUPT, /* Ctrl-C */
    EDIT_VIEW_BACK, /* the console's, by half a screen */
    EDIT_VIEW_FORWARD,
    EDIT_WIDTH, /* a terminal's answer: it has `columns` */
};

struct key {
    uint8_t code; /* enum edit_code */
    uint8_t length;
    uint16_t columns;
    char text[UTF8_MAX]; /* printable, but perhaps a malformed part of UTF-8 */
};

/* All zeros is the state at the start. */
struct key_parser {
    struct ecma48 sequence;
    struct utf8 utf8;
    struct key character; /* as much of it as has come */
    bool after_return;    /* the byte before was CR */
    bool after_ss3;       /* ESC O came before, which begins a few keys of some terminals */
    bool special;         /* one of the above is not as it was at the start */
};

enum { KEYS_PER_BYTE = 2 };

/* Is the next byte a printable character of ASCII, a key by itself and nothing else? Then it need
 * not be fed. Inline, for that is what nearly all bytes are. */
static inline bool key_parser_is_plain(const struct key_parser *parser, char byte)
{
    return byte >= ' ' && byte <= '~' && !parser->special;
}

/* Takes the next byte. Returns how many keys it completes, and which: 0, 1, or 2 when it both ends
 * a broken character and is something itself. CR, LF and CR LF are one EDIT_ENTER each, whatever
 * was incomplete before. */
unsigned key_parser_feed(struct key_parser *parser, char byte, struct key keys[KEYS_PER_BYTE]);

#endif
