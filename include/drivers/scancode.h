/*
 * From scancodes (set 1) to characters of a US keyboard.
 */
#ifndef DRIVERS_SCANCODE_H
#define DRIVERS_SCANCODE_H

#include <types.h>

/* What is held down and what is locked. All zeros is a keyboard that nobody has touched. */
struct scancode_decoder {
    bool extended; /* the byte before was E0 */
    uint8_t skip;  /* bytes left of the Pause key's sequence, E1 and two more */
    bool left_shift, right_shift;
    bool left_control, right_control;
    bool caps_lock, num_lock;
};

/* Takes the next scancode. Returns the character that its key types (Enter types \n, backspace \b),
 * or 0 when it types none: a release, a modifier, a key without a character. Any value is fine. */
char scancode_decode(struct scancode_decoder *decoder, uint8_t scancode);

#endif
