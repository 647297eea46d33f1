#include <assert.h>
#include <lib/cp437.h>
#include <lib/terminal_charset.h>

/* The code points of the line-drawing set that are not ASCII's. Below the underscore stand those of
 * the VT220 that the Linux console knows, too. */
static const uint16_t line_drawing[128] = {
    ['+'] = 0x2192, [','] = 0x2190, ['-'] = 0x2191, ['.'] = 0x2193, ['0'] = 0x2588, ['_'] = 0x00a0,
    ['`'] = 0x25c6, ['a'] = 0x2592, ['b'] = 0x2409, ['c'] = 0x240c, ['d'] = 0x240d, ['e'] = 0x240a,
    ['f'] = 0x00b0, ['g'] = 0x00b1, ['h'] = 0x2591, ['i'] = 0x240b, ['j'] = 0x2518, ['k'] = 0x2510,
    ['l'] = 0x250c, ['m'] = 0x2514, ['n'] = 0x253c, ['o'] = 0x23ba, ['p'] = 0x23bb, ['q'] = 0x2500,
    ['r'] = 0x23bc, ['s'] = 0x23bd, ['t'] = 0x251c, ['u'] = 0x2524, ['v'] = 0x2534, ['w'] = 0x252c,
    ['x'] = 0x2502, ['y'] = 0x2264, ['z'] = 0x2265, ['{'] = 0x03c0, ['|'] = 0x2260, ['}'] = 0x00a3,
    ['~'] = 0x00b7,
};

void terminal_update_plain(struct terminal *terminal)
{
    bool drawing = terminal->cursor.line_drawing[terminal->cursor.set];
    terminal->plain = !terminal->insert && !drawing && terminal->cursor.pen.font != HIGH_PC_FONT;
}

void terminal_designate_set(struct terminal *terminal, unsigned set, bool drawing)
{
    ASSERT(set < ARRAY_SIZE(terminal->cursor.line_drawing));
    terminal->cursor.line_drawing[set] = drawing;
    terminal_update_plain(terminal);
}

void terminal_select_set(struct terminal *terminal, unsigned set)
{
    ASSERT(set < ARRAY_SIZE(terminal->cursor.line_drawing));
    terminal->cursor.set = (uint8_t)set;
    terminal_update_plain(terminal);
}

void terminal_set_insert(struct terminal *terminal, bool on)
{
    terminal->insert = on;
    terminal_update_plain(terminal);
}

uint32_t terminal_pc_character(const struct terminal *terminal, uint8_t byte)
{
    enum { NUL, BS = 8, LF = 10, FF = 12, CR, SO, SI, ESC = 27 };
    const uint32_t controls =
        1u << NUL | 1u << BS | 1u << LF | 1u << FF | 1u << CR | 1u << SO | 1u << SI | 1u << ESC;
    if (terminal->cursor.pen.font == USUAL_FONT || (byte < ' ' && controls >> byte & 1))
        return 0;
    return cp437_code(terminal->cursor.pen.font == HIGH_PC_FONT ? byte ^ 0x80 : byte);
}

uint32_t terminal_translate(const struct terminal *terminal, uint32_t code)
{
    bool drawing = terminal->cursor.line_drawing[terminal->cursor.set];
    return drawing && code < ARRAY_SIZE(line_drawing) && line_drawing[code] ? line_drawing[code]
                                                                            : code;
}
