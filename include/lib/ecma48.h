/*
 * A parser for the control sequences of terminals (ECMA-48, fifth edition, section 5). It takes
 * bytes and reports what each one completes; the caller knows the sequences' meanings. A malformed
 * sequence is dropped, and so are the strings that some sequences open (OSC, DCS, APC, PM, SOS),
 * but for the Linux console's two commands for its palette.
 * The text may be UTF-8; bytes above 0x7f are never control functions.
 */
#ifndef LIB_ECMA48_H
#define LIB_ECMA48_H

#include <types.h>

enum ecma48_event {
    ECMA48_NOTHING,  /* the byte is part of an unfinished or malformed sequence, or of a string */
    ECMA48_PRINT,    /* the byte is a character to show, or a byte of one */
    ECMA48_CONTROL,  /* the byte is a control character (0x00-0x1f, 0x7f) */
    ECMA48_SEQUENCE, /* the byte is the final byte of a control sequence, ESC [ ... */
    ECMA48_ESCAPE_SEQUENCE, /* the byte is the final byte of another escape sequence, ESC ... */
    ECMA48_COLOUR_SET,      /* the byte is the last digit of ESC ] P and a colour */
    ECMA48_COLOURS_RESET,   /* the byte is the R of ESC ] R */
};

enum {
    ECMA48_PARAMETERS = 16, /* of a sequence; further ones are dropped */
    ECMA48_PARAMETER_MAX = 9999,
    ECMA48_STRING_MAX = 4096, /* bytes; a longer string ends here */
};

/* All zeros is the initial state. */
struct ecma48 {
    enum {
        ECMA48_GROUND,
        ECMA48_ESCAPE,
        ECMA48_CSI,
        ECMA48_IGNORE,
        ECMA48_OSC,     /* after ESC ] */
        ECMA48_PALETTE, /* after ESC ] P */
        ECMA48_STRING,
    } state;

    /* Of the sequence that is being read, or was completed last. */
    char prefix;       /* one of < = > ?, which marks a private sequence; 0 for none */
    char intermediate; /* the byte (0x20-0x2f) before its final one; 0 for none */
    uint8_t count;     /* of parameters, empty ones included; <= ECMA48_PARAMETERS */
    uint16_t colons;   /* bit i: a colon joins parameter i to the one before it */
    uint16_t parameters[ECMA48_PARAMETERS]; /* each <= ECMA48_PARAMETER_MAX */
    bool full; /* a separator came after the last parameter that has room */

    uint16_t length; /* bytes of the string that is being dropped, or digits of the colour */
    uint32_t colour; /* its number, 0 to 15 in ECMA-48's order, and 0xrrggbb below */
};

/* Takes the next byte. Any context, one parser for each stream. */
enum ecma48_event ecma48_feed(struct ecma48 *parser, char byte);

/* Is the next byte one of a string, or of a command after ESC ]? Any context. */
static inline bool ecma48_in_string(const struct ecma48 *parser)
{
    return parser->state >= ECMA48_OSC;
}

/* Returns parameter `index` of the sequence that was completed last, or `otherwise` when it is
 * missing or zero. Any context. */
unsigned ecma48_parameter(const struct ecma48 *parser, unsigned index, unsigned otherwise);

#endif
