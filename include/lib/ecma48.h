/*
 * A parser for the control sequences of terminals (ECMA-48, fifth edition, section 5). It takes
 * bytes and says what each one completes; what a sequence means is up to the caller. A malformed or
 * overlong sequence completes nothing, and neither do the strings that some sequences open (OSC,
 * DCS, APC, PM, SOS): they are passed over up to their end. The text may be UTF-8; its 8-bit bytes
 * are never control functions.
 */
#ifndef LIB_ECMA48_H
#define LIB_ECMA48_H

#include <types.h>

enum ecma48_event {
    ECMA48_NOTHING,  /* the byte was part of something unfinished, or of something malformed */
    ECMA48_PRINT,    /* the byte is a character to show, or a byte of one */
    ECMA48_CONTROL,  /* the byte is a control character (0x00-0x1f, 0x7f) */
    ECMA48_SEQUENCE, /* the byte is the final byte of a control sequence, ESC [ ... */
    ECMA48_ESCAPE_SEQUENCE, /* the byte is the final byte of another escape sequence, ESC ... */
};

enum {
    ECMA48_PARAMETERS = 16,
    ECMA48_PARAMETER_MAX = 9999,
    ECMA48_STRING_MAX = 4096, /* bytes; a string that has no end by then is given up */
};

/* All zeros is the state at the start. */
struct ecma48 {
    enum { ECMA48_GROUND, ECMA48_ESCAPE, ECMA48_CSI, ECMA48_IGNORE, ECMA48_STRING } state;

    /* Of the sequence just completed. */
    char prefix;       /* what marks it as private, one of < = > ?; 0 for none */
    char intermediate; /* the byte (0x20-0x2f) before its final one; 0 for none */
    uint8_t count;     /* of parameters that were begun */
    uint16_t colons;   /* bit i: parameter i follows a colon, it belongs to the one before it */
    uint16_t parameters[ECMA48_PARAMETERS];

    uint16_t length; /* of the string that is passed over */
};

/* Takes the next byte. Any context, one parser a stream. */
enum ecma48_event ecma48_feed(struct ecma48 *parser, char byte);

/* Parameter `index` of the sequence just completed; `otherwise` when it was left out or zero. Any
 * context. */
unsigned ecma48_parameter(const struct ecma48 *parser, unsigned index, unsigned otherwise);

#endif
