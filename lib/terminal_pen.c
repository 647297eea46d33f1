/*
 * A sequence has a list of parameters, and most of them are a code on its own: a colour, or bold.
 * The codes 38 and 48 are followed by the values of a colour, for which one of the 16 is taken as
 * on the Linux console. There are two notations for these values; read_any() reads both.
 */
#include <lib/colour.h>
#include <lib/terminal_pen.h>

enum sgr {
    SGR_RESET = 0,
    SGR_BOLD = 1,
    SGR_DIM = 2,
    SGR_ITALIC = 3,
    SGR_UNDERLINE = 4,
    SGR_BLINK = 5,
    SGR_INVERSE = 7,
    SGR_USUAL_FONT = 10, /* and the two after it */
    SGR_TWO_UNDERLINES = 21,
    SGR_NOT_BOLD_OR_DIM = 22,
    SGR_NOT_ITALIC = 23,
    SGR_NOT_UNDERLINE = 24,
    SGR_NOT_BLINK = 25,
    SGR_NOT_INVERSE = 27,
    SGR_FOREGROUND = 30, /* and the seven after it */
    SGR_FOREGROUND_ANY = 38,
    SGR_FOREGROUND_DEFAULT = 39,
    SGR_BACKGROUND = 40,
    SGR_BACKGROUND_ANY = 48,
    SGR_BACKGROUND_DEFAULT = 49,
    SGR_FOREGROUND_BRIGHT = 90,
    SGR_BACKGROUND_BRIGHT = 100,
};

/* What a display cannot show is a colour, as on the Linux console with a VGA. */
static unsigned shown_foreground(struct terminal_pen pen)
{
    enum { DARK_GREY = BLACK | BRIGHT };
    if (pen.italic)
        return GREEN;
    if (pen.underline)
        return CYAN;
    return pen.dim ? DARK_GREY : pen.foreground;
}

/* When colours are exchanged, a bright one stays where it is. */
terminal_cell_t terminal_pen_colours(struct terminal_pen pen)
{
    unsigned foreground = shown_foreground(pen), background = pen.background;
    if (pen.inverse) {
        unsigned bits = (foreground ^ background) & (BRIGHT - 1);
        foreground ^= bits;
        background ^= bits;
    }
    return CELL_COLOURS(foreground | (pen.bold ? BRIGHT : 0u),
                        background | (pen.blink ? BRIGHT : 0u));
}

terminal_cell_t terminal_pen_blank(struct terminal_pen pen)
{
    return CELL_COLOURS(pen.foreground, pen.background | (pen.blink ? BRIGHT : 0u)) | ' ';
}

/* Returns the first parameter after `at` that is not joined to it by colons. */
static unsigned end_of_group(const struct ecma48 *sequence, unsigned at)
{
    do
        at++;
    while (at < sequence->count && (sequence->colons >> at & 1));
    return at;
}

/* One of the three parts of a colour, or a colour of 256: the parameter's low byte. */
static unsigned byte_parameter(const struct ecma48 *sequence, unsigned index)
{
    return ecma48_parameter(sequence, index, 0) & 0xff;
}

static unsigned red_of(uint32_t rgb)
{
    return rgb >> 16 & 0xff;
}

static unsigned green_of(uint32_t rgb)
{
    return rgb >> 8 & 0xff;
}

static unsigned blue_of(uint32_t rgb)
{
    return rgb & 0xff;
}

/* The parts that are more than half of the largest one make the colour, and that one makes it
 * bright: bold, which is the same. */
static void set_foreground(struct terminal_pen *pen, uint32_t rgb)
{
    unsigned red_or_green = MAX(red_of(rgb), green_of(rgb));
    unsigned largest = MAX(red_or_green, blue_of(rgb));
    pen->foreground = (uint8_t)((red_of(rgb) > largest / 2 ? RED : 0) |
                                (green_of(rgb) > largest / 2 ? GREEN : 0) |
                                (blue_of(rgb) > largest / 2 ? BLUE : 0));
    bool is_dark_grey = pen->foreground == LIGHT_GREY && largest <= 0x55;
    if (is_dark_grey)
        pen->foreground = BLACK;
    pen->bold = is_dark_grey || largest > 0xaa;
    pen->dim = false;
}

/* A background is never bright. */
static void set_background(struct terminal_pen *pen, uint32_t rgb)
{
    pen->background =
        (uint8_t)((red_of(rgb) >= 0x80 ? RED : 0) | (green_of(rgb) >= 0x80 ? GREEN : 0) |
                  (blue_of(rgb) >= 0x80 ? BLUE : 0));
}

/* Reads the colour after a 38 or 48: 5 and one of 256 colours, or 2 and red, green and blue. They
 * are separated by semicolons (xterm) or by colons (ISO 8613-6, where a colour space may stand
 * before the red). An incomplete colour is ignored. Returns the index of the next parameter. */
static unsigned read_any(struct terminal_pen *pen, const struct ecma48 *sequence, unsigned at,
                         void (*set)(struct terminal_pen *pen, uint32_t rgb))
{
    unsigned group_end = end_of_group(sequence, at);
    bool colons = group_end > at + 1;
    unsigned kind = ecma48_parameter(sequence, at + 1, 0);
    unsigned values = kind == 5 ? 1 : kind == 2 ? 3 : 0;
    unsigned end = colons || !values ? group_end : at + 2 + values;
    if (!values || at + 2 + values > (colons ? group_end : sequence->count))
        return end;
    if (kind == 5)
        set(pen, colour_of_256(byte_parameter(sequence, at + 2)));
    else
        set(pen, byte_parameter(sequence, end - 3) << 16 | byte_parameter(sequence, end - 2) << 8 |
                     byte_parameter(sequence, end - 1));
    return end;
}

/* False for a code that selects a colour, or nothing. */
static bool select_style(struct terminal_pen *pen, unsigned code)
{
    switch (code) {
    case SGR_BOLD:
    case SGR_DIM:
    case SGR_NOT_BOLD_OR_DIM:
        pen->bold = code == SGR_BOLD;
        pen->dim = code == SGR_DIM;
        return true;
    case SGR_ITALIC:
    case SGR_NOT_ITALIC:
        pen->italic = code == SGR_ITALIC;
        return true;
    case SGR_UNDERLINE:
    case SGR_TWO_UNDERLINES:
    case SGR_NOT_UNDERLINE:
        pen->underline = code != SGR_NOT_UNDERLINE;
        return true;
    case SGR_BLINK:
    case SGR_NOT_BLINK:
        pen->blink = code == SGR_BLINK;
        return true;
    case SGR_INVERSE:
    case SGR_NOT_INVERSE:
        pen->inverse = code == SGR_INVERSE;
        return true;
    default:
        return false;
    }
}

static void select_one(struct terminal_pen *pen, unsigned code)
{
    unsigned colour = code % 10;
    if (select_style(pen, code))
        return;
    if (code == SGR_RESET)
        *pen = (struct terminal_pen){.foreground = LIGHT_GREY, .font = pen->font};
    else if (code - colour == SGR_USUAL_FONT && colour <= HIGH_PC_FONT)
        pen->font = (uint8_t)colour;
    else if (code == SGR_FOREGROUND_DEFAULT)
        pen->foreground = LIGHT_GREY;
    else if (code == SGR_BACKGROUND_DEFAULT)
        pen->background = BLACK;
    else if (colour > 7)
        return;
    else if (code - colour == SGR_FOREGROUND)
        pen->foreground = colour_of_ecma48(colour);
    else if (code - colour == SGR_BACKGROUND)
        pen->background = colour_of_ecma48(colour);
    else if (code - colour == SGR_FOREGROUND_BRIGHT)
        pen->foreground = colour_of_ecma48(colour) | BRIGHT;
    else if (code - colour == SGR_BACKGROUND_BRIGHT)
        pen->background = colour_of_ecma48(colour) | BRIGHT;
}

void terminal_pen_select(struct terminal_pen *pen, const struct ecma48 *sequence)
{
    unsigned at = 0;
    do { /* a sequence without parameters is a 0 */
        unsigned code = ecma48_parameter(sequence, at, 0);
        if (code == SGR_FOREGROUND_ANY) {
            at = read_any(pen, sequence, at, set_foreground);
        } else if (code == SGR_BACKGROUND_ANY) {
            at = read_any(pen, sequence, at, set_background);
        } else {
            unsigned end = end_of_group(sequence, at);
            if (end == at + 1) /* a code with values of its own is a kind of underline */
                select_one(pen, code);
            at = end;
        }
    } while (at < sequence->count);
}
