/*
 * "XTerm Control Sequences", PC-style function keys. A key has a final byte (ESC [ A) or a number
 * (ESC [ 2 ~); F1 to F4 begin with ESC O instead of ESC [. With modifiers, there is a second
 * parameter: 1 plus a bit for each modifier. A key with a final byte then has 1 as the first.
 */
#include <assert.h>
#include <drivers/key_sequence.h>
#include <drivers/modifiers.h>

enum { ESCAPE = 0x1b, DELETE = 0x7f };

static const char controls[KEY_COUNT] = {
    [KEY_ESCAPE] = ESCAPE, [KEY_BACKSPACE] = DELETE,  [KEY_TAB] = '\t',
    [KEY_ENTER] = '\r',    [KEY_KEYPAD_ENTER] = '\r',
};

/* Letters are final bytes, small values are numbers. */
static const uint8_t sequences[KEY_COUNT] = {
    [KEY_UP] = 'A',  [KEY_DOWN] = 'B', [KEY_RIGHT] = 'C',  [KEY_LEFT] = 'D',  [KEY_HOME] = 'H',
    [KEY_END] = 'F', [KEY_INSERT] = 2, [KEY_DELETE] = 3,   [KEY_PAGE_UP] = 5, [KEY_PAGE_DOWN] = 6,
    [KEY_F1] = 'P',  [KEY_F2] = 'Q',   [KEY_F3] = 'R',     [KEY_F4] = 'S',    [KEY_F5] = 15,
    [KEY_F6] = 17,   [KEY_F7] = 18,    [KEY_F8] = 19,      [KEY_F9] = 20,     [KEY_F10] = 21,
    [KEY_F11] = 23,  [KEY_F12] = 24,   [KEY_MIDDLE] = 'E',
};

static unsigned put_number(char *bytes, unsigned number)
{
    unsigned length = 0;
    if (number >= 10)
        bytes[length++] = (char)('0' + number / 10);
    bytes[length++] = (char)('0' + number % 10);
    return length;
}

static unsigned control(uint8_t key, unsigned modifiers, char *bytes)
{
    unsigned length = 0;
    if (modifiers & MODIFIERS_ALT)
        bytes[length++] = ESCAPE;
    bytes[length++] = controls[key];
    return length;
}

static unsigned back_tab(char *bytes)
{
    bytes[0] = ESCAPE;
    bytes[1] = '[';
    bytes[2] = 'Z';
    return 3;
}

static unsigned modifier_parameter(unsigned modifiers)
{
    return 1 + (modifiers & MODIFIERS_SHIFT ? 1 : 0) + (modifiers & MODIFIERS_ALT ? 2 : 0) +
           (modifiers & MODIFIERS_CONTROL ? 4 : 0);
}

unsigned key_sequence(uint8_t key, unsigned modifiers, char *bytes)
{
    if (key == KEY_TAB && modifiers & MODIFIERS_SHIFT)
        return back_tab(bytes);
    if (controls[key])
        return control(key, modifiers, bytes);
    uint8_t code = sequences[key];
    if (!code)
        return 0;
    bool letter = code >= 'A';
    unsigned parameter = modifier_parameter(modifiers);
    bool f1_to_f4 = code >= 'P';
    unsigned length = 0;
    bytes[length++] = ESCAPE;
    bytes[length++] = f1_to_f4 && parameter == 1 ? 'O' : '[';
    if (!letter || parameter > 1)
        length += put_number(bytes + length, letter ? 1 : code);
    if (parameter > 1) {
        bytes[length++] = ';';
        length += put_number(bytes + length, parameter);
    }
    bytes[length++] = (char)(letter ? code : '~');
    ASSERT(length <= KEY_SEQUENCE_MAX);
    return length;
}
