/*
 * Decodes the bytes that a terminal sends to keys of the line editor: characters of UTF-8, control
 * characters, and the sequences of cursor and function keys. Each source of bytes has a parser of
 * its own, so that sequences of two sources do not mix. Pure.
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
    char text[UTF8_MAX]; /* a character, never a control character */
};

/* All zeros is the initial state. */
struct key_parser {
    struct ecma48 sequence;
    struct utf8 utf8;
    bool after_return; /* the previous byte was CR */
    bool after_ss3;    /* the previous bytes were ESC O, which begins some terminals' keys */
    bool special;      /* one of the above is not in its initial state */
};

enum { KEYS_PER_BYTE = 2 };

/* Is the next byte a printable character of ASCII that is a key by itself? Then key_parser_feed()
 * is not needed for it. Inline, as nearly all bytes are such. */
static inline bool key_parser_is_plain(const struct key_parser *parser, char byte)
{
    return byte >= ' ' && byte <= '~' && !parser->special;
}

/* Takes the next byte. Returns the number of keys that it completes, and the keys: 0, 1, or 2 if it
 * ends a malformed character and is a key itself. CR, LF and CR LF are one EDIT_ENTER each, even
 * after an incomplete sequence. */
unsigned key_parser_feed(struct key_parser *parser, char byte, struct key keys[KEYS_PER_BYTE]);

#endif
