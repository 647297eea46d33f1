/*
 * Definitions that the files of the line discipline share: line_discipline.c takes input and gives
 * it to readers, line_editing.c edits the line, and line_output.c translates output and echoes.
 */
#ifndef KERNEL_TTY_LINE_PARTS_H
#define KERNEL_TTY_LINE_PARTS_H

#include <kernel/tty/line_discipline.h>

enum { DELETE = 0x7f, END_OF_FILE = '\0', PARITY_MARK = 0xff, TAB_COLUMNS = 8 };

/* Is it a control character of ASCII? */
static inline bool is_control(uint8_t byte)
{
    return byte < ' ' || byte == DELETE;
}

/* Is the flag set among those of input, output, or local ones? */
static inline bool has_input(const struct line_discipline *discipline, uint32_t flag)
{
    return discipline->termios.input & flag;
}
static inline bool has_output(const struct line_discipline *discipline, uint32_t flag)
{
    return discipline->termios.output & flag;
}
static inline bool has_local(const struct line_discipline *discipline, uint32_t flag)
{
    return discipline->termios.local & flag;
}

/* Is the byte the terminal's character for that purpose? */
static inline bool is_character(const struct line_discipline *discipline, uint8_t byte,
                                enum termios_character character)
{
    return byte && byte == discipline->termios.characters[character];
}

/* Is it a byte of a character of UTF-8, but not the first one? */
static inline bool is_continuation(const struct line_discipline *discipline, uint8_t byte)
{
    return has_input(discipline, IUTF8) && (byte & 0xc0) == 0x80;
}

/* The byte of the input at a position, which only grows. */
static inline uint8_t *input_byte(struct line_discipline *discipline, uint32_t position)
{
    return &discipline->input[position % LINE_DISCIPLINE_INPUT];
}

/* Does a line end with the byte at that position? And sets whether one does. */
static inline bool is_end(const struct line_discipline *discipline, uint32_t position)
{
    uint32_t place = position % LINE_DISCIPLINE_INPUT;
    return discipline->ends[place / 64] >> place % 64 & 1;
}
static inline void set_end(struct line_discipline *discipline, uint32_t position, bool is)
{
    uint32_t place = position % LINE_DISCIPLINE_INPUT;
    uint64_t bit = UINT64_C(1) << place % 64;
    discipline->ends[place / 64] &= ~bit;
    discipline->ends[place / 64] |= is ? bit : 0;
}

/* --- Echo, in line_output.c ------------------------------------------------------------------- */

/* Shows the echo that waits, unless the output is stopped. */
void echo_show(struct line_discipline *discipline);

/* Forgets the echo that waits. */
void echo_drop(struct line_discipline *discipline);

/* Makes room for a byte's echo. Returns false if there is none: while the output is stopped, only
 * as much is echoed as fits. */
bool echo_make_room(struct line_discipline *discipline);

/* Echoes a byte as if a program wrote it, except that 0xff is never translated: Linux uses that
 * byte for the commands in its queue of echoes. */
void echo_raw(struct line_discipline *discipline, uint8_t byte);
void echo_text(struct line_discipline *discipline, const char *text);

/* Echoes a byte, and a control character as ^X. */
void echo_byte(struct line_discipline *discipline, uint8_t byte);

/* Echoes a byte that goes into the line. */
void echo_typed(struct line_discipline *discipline, uint8_t byte);

/* Ends the row of erased characters that ECHOPRT shows. */
void echo_end_erasing(struct line_discipline *discipline);

/* --- Editing, in line_editing.c --------------------------------------------------------------- */

/* Takes a character that edits the line; false when it does not. In canonical mode. */
bool line_edit(struct line_discipline *discipline, uint8_t byte);

#endif
