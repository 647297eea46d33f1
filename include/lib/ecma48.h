/*
 * A parser for the control sequences of terminals (ECMA-48, fifth edition, section 5). It takes
 * bytes and says what each one completes; what a sequence means is up to the caller. A malformed or
 * overlong sequence completes nothing.
 */
#ifndef LIB_ECMA48_H
#define LIB_ECMA48_H

#include <types.h>

enum ecma48_event {
    ECMA48_NOTHING,  /* the byte was part of something unfinished, or of something malformed */
    ECMA48_PRINT,    /* the byte is a character to show */
    ECMA48_CONTROL,  /* the byte is a control character (0x00-0x1f, 0x7f) */
    ECMA48_SEQUENCE, /* the byte is the final byte of a control sequence, ESC [ ... */
};

enum { ECMA48_PARAMETERS = 8, ECMA48_PARAMETER_MAX = 9999 };

/* All zeros is the state at the start. */
struct ecma48 {
    enum { ECMA48_GROUND, ECMA48_ESCAPE, ECMA48_CSI, ECMA48_IGNORE } state;
    unsigned count; /* parameters begun */
    uint16_t parameters[ECMA48_PARAMETERS];
};

/* Takes the next byte. Any context, one parser a stream. */
enum ecma48_event ecma48_feed(struct ecma48 *parser, char byte);

/* Parameter `index` of the sequence just completed; `otherwise` when it was left out or zero. */
unsigned ecma48_parameter(const struct ecma48 *parser, unsigned index, unsigned otherwise);

#endif
