#include <lib/ecma48.h>

enum { ESCAPE = 0x1b, CANCEL = 0x18, SUBSTITUTE = 0x1a, DELETE = 0x7f };

static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' || byte == DELETE;
}

static void add_digit(struct ecma48 *parser, unsigned digit)
{
    if (parser->count == 0)
        parser->count = 1;
    uint16_t *parameter = &parser->parameters[parser->count - 1];
    *parameter = (uint16_t)MIN(*parameter * 10u + digit, (unsigned)ECMA48_PARAMETER_MAX);
}

static enum ecma48_event sequence_byte(struct ecma48 *parser, char byte)
{
    if (byte >= '0' && byte <= '9') {
        add_digit(parser, (unsigned)(byte - '0'));
    } else if (byte == ';' && parser->count < ECMA48_PARAMETERS) {
        parser->count = MAX(parser->count, 1u) + 1;
        parser->parameters[parser->count - 1] = 0;
    } else if (byte >= 0x40 && byte <= 0x7e) {
        parser->state = ECMA48_GROUND;
        return ECMA48_SEQUENCE;
    } else { /* private or intermediate bytes: nothing that is known here */
        parser->state = ECMA48_IGNORE;
    }
    return ECMA48_NOTHING;
}

static enum ecma48_event escape_byte(struct ecma48 *parser, char byte)
{
    if (byte == '[') {
        parser->state = ECMA48_CSI;
        parser->count = 0;
        parser->parameters[0] = 0;
    } else if (byte < 0x20 || byte > 0x2f) { /* after an intermediate byte a final one follows */
        parser->state = ECMA48_GROUND;
    }
    return ECMA48_NOTHING;
}

enum ecma48_event ecma48_feed(struct ecma48 *parser, char byte)
{
    if (is_control(byte)) { /* acts in the midst of a sequence, too */
        if (byte == ESCAPE)
            parser->state = ECMA48_ESCAPE;
        else if (byte == CANCEL || byte == SUBSTITUTE)
            parser->state = ECMA48_GROUND;
        else
            return ECMA48_CONTROL;
        return ECMA48_NOTHING;
    }
    switch (parser->state) {
    case ECMA48_ESCAPE:
        return escape_byte(parser, byte);
    case ECMA48_CSI:
        return sequence_byte(parser, byte);
    case ECMA48_IGNORE:
        if (byte >= 0x40 && byte <= 0x7e)
            parser->state = ECMA48_GROUND;
        return ECMA48_NOTHING;
    default:
        return ECMA48_PRINT;
    }
}

unsigned ecma48_parameter(const struct ecma48 *parser, unsigned index, unsigned otherwise)
{
    return index < parser->count && parser->parameters[index] ? parser->parameters[index]
                                                              : otherwise;
}
