/*
 *               [             final byte
 *     ESCAPE -------> CSI -----------------> a sequence
 *      | |             | a misplaced byte
 *      | | P _ ^ X     +-------> IGNORE ---> nothing, at the final byte
 *      | +--------> STRING ----------------> nothing, at BEL, or at ESC \ as at any ESC
 *      | | ]          ^ any other byte
 *      | +--------> OSC -------------------> colours reset, at R
 *      |             +---------> PALETTE --> colour set, at the 7th hexadecimal digit
 *      |               P
 *      +-----------------------------------> an escape sequence
 *
 * In every state, ESC begins a new sequence, and CAN and SUB end the current one. Any other control
 * character is reported at once and leaves the state as it is, except within a string. So an ESC
 * leaves every state that any input can lead to.
 */
#include <lib/ecma48.h>
#include <lib/string.h>

enum { BELL = 0x07, CANCEL = 0x18, SUBSTITUTE = 0x1a, ESCAPE = 0x1b, DELETE = 0x7f };

enum { PALETTE_DIGITS = 7 };

static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' || byte == DELETE;
}

/* The three kinds of bytes that a sequence consists of (ECMA-48 5.4). */
static bool is_parameter(char byte)
{
    return byte >= 0x30 && byte <= 0x3f;
}

static bool is_intermediate(char byte)
{
    return byte >= 0x20 && byte <= 0x2f;
}

static bool is_final(char byte)
{
    return byte >= 0x40 && byte <= 0x7e;
}

static enum ecma48_event end(struct ecma48 *parser, enum ecma48_event event)
{
    parser->state = ECMA48_GROUND;
    return event;
}

static void begin(struct ecma48 *parser)
{
    parser->state = ECMA48_ESCAPE;
    parser->prefix = parser->intermediate = 0;
    parser->count = 0;
    parser->colons = 0;
    parser->full = false;
    parser->parameters[0] = 0;
    parser->length = 0;
}

static void add_digit(struct ecma48 *parser, unsigned digit)
{
    if (parser->full)
        return;
    if (parser->count == 0)
        parser->count = 1;
    uint16_t *parameter = &parser->parameters[parser->count - 1];
    *parameter = (uint16_t)MIN(*parameter * 10u + digit, (unsigned)ECMA48_PARAMETER_MAX);
}

static void add_parameter(struct ecma48 *parser, char separator)
{
    unsigned count = MAX(parser->count, 1u);
    if (count == ECMA48_PARAMETERS) {
        parser->full = true;
        return;
    }
    parser->parameters[count] = 0;
    parser->colons |= (uint16_t)((separator == ':') << count);
    parser->count = (uint8_t)(count + 1);
}

/* This function and the next one return false when the byte is misplaced. */
static bool parameter_byte(struct ecma48 *parser, char byte)
{
    if (parser->intermediate)
        return false;
    if (byte <= '9')
        add_digit(parser, (unsigned)(byte - '0'));
    else if (byte <= ';')
        add_parameter(parser, byte);
    else if (parser->count || parser->prefix)
        return false;
    else
        parser->prefix = byte;
    return true;
}

static bool intermediate_byte(struct ecma48 *parser, char byte)
{
    bool first = !parser->intermediate; /* no known sequence has two */
    parser->intermediate = byte;
    return first;
}

/* Takes a byte before the final one. False when it is not allowed there. */
static bool inner_byte(struct ecma48 *parser, char byte)
{
    if (is_intermediate(byte))
        return intermediate_byte(parser, byte);
    return is_parameter(byte) && parameter_byte(parser, byte);
}

static enum ecma48_event sequence_byte(struct ecma48 *parser, char byte)
{
    if (is_final(byte))
        return end(parser, ECMA48_SEQUENCE);
    if (!inner_byte(parser, byte))
        parser->state = ECMA48_IGNORE;
    return ECMA48_NOTHING;
}

static enum ecma48_event escape_byte(struct ecma48 *parser, char byte)
{
    if ((unsigned char)byte >= 0x80) /* the ESC began no sequence */
        return end(parser, ECMA48_PRINT);
    if (is_intermediate(byte)) {
        parser->intermediate = byte;
        return ECMA48_NOTHING;
    }
    if (!parser->intermediate && byte == '[') {
        parser->state = ECMA48_CSI;
        return ECMA48_NOTHING;
    }
    if (!parser->intermediate && strchr("]P_^X", byte)) { /* OSC DCS APC PM SOS (5.6) */
        parser->state = byte == ']' ? ECMA48_OSC : ECMA48_STRING;
        return ECMA48_NOTHING;
    }
    return end(parser, ECMA48_ESCAPE_SEQUENCE);
}

/* A string ends with ST (ESC \, which is an escape sequence like any other), or with BEL, which
 * programs for xterm use. */
static enum ecma48_event string_byte(struct ecma48 *parser, char byte)
{
    if (byte == BELL || ++parser->length >= ECMA48_STRING_MAX)
        parser->state = ECMA48_GROUND;
    return ECMA48_NOTHING;
}

/* The byte after ESC ]. The Linux console has two commands that no ST ends: R, and P with the
 * colour in 7 hexadecimal digits (console_codes(4)). */
static enum ecma48_event command_byte(struct ecma48 *parser, char byte)
{
    if (byte == 'R')
        return end(parser, ECMA48_COLOURS_RESET);
    parser->colour = 0;
    parser->state = byte == 'P' ? ECMA48_PALETTE : ECMA48_STRING;
    return byte == 'P' ? ECMA48_NOTHING : string_byte(parser, byte);
}

/* The value of a hexadecimal digit; -1: it is none. */
static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char small = (char)(byte | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* Another byte than a digit ends the command, which then does nothing, as on Linux. */
static enum ecma48_event palette_byte(struct ecma48 *parser, char byte)
{
    int digit = hex_digit(byte);
    if (digit < 0)
        return end(parser, ECMA48_NOTHING);
    parser->colour = parser->colour << 4 | (uint32_t)digit;
    if (++parser->length < PALETTE_DIGITS)
        return ECMA48_NOTHING;
    return end(parser, ECMA48_COLOUR_SET);
}

enum ecma48_event ecma48_feed(struct ecma48 *parser, char byte)
{
    if (byte == ESCAPE) {
        begin(parser);
        return ECMA48_NOTHING;
    }
    if (byte == CANCEL || byte == SUBSTITUTE)
        return end(parser, ECMA48_NOTHING);
    if (parser->state == ECMA48_STRING)
        return string_byte(parser, byte);
    if (parser->state == ECMA48_OSC)
        return command_byte(parser, byte);
    if (is_control(byte)) /* within a sequence, too */
        return ECMA48_CONTROL;
    switch (parser->state) {
    case ECMA48_ESCAPE:
        return escape_byte(parser, byte);
    case ECMA48_CSI:
        return sequence_byte(parser, byte);
    case ECMA48_IGNORE:
        return is_final(byte) ? end(parser, ECMA48_NOTHING) : ECMA48_NOTHING;
    case ECMA48_PALETTE:
        return palette_byte(parser, byte);
    default:
        return ECMA48_PRINT;
    }
}

unsigned ecma48_parameter(const struct ecma48 *parser, unsigned index, unsigned otherwise)
{
    return index < parser->count && parser->parameters[index] ? parser->parameters[index]
                                                              : otherwise;
}
