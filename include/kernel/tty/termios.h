/*
 * A terminal's settings as programs see them: Linux's struct termios and its bits
 * (include/uapi/asm-generic/termbits.h). Only those are named that Cairn acts upon, or that are set
 * at the start; the others are kept as a program sets them.
 */
#ifndef KERNEL_TTY_TERMIOS_H
#define KERNEL_TTY_TERMIOS_H

#include <types.h>

enum { TERMIOS_CHARACTERS = 19 };

/* As the kernel of Linux has it; its libraries have a longer one. */
struct termios {
    uint32_t input;                         /* enum termios_input */
    uint32_t output;                        /* enum termios_output */
    uint32_t control;                       /* enum termios_control */
    uint32_t local;                         /* enum termios_local */
    uint8_t line;                           /* the number of the line discipline, 0 */
    uint8_t characters[TERMIOS_CHARACTERS]; /* by enum termios_character; 0: there is none */
};
_Static_assert(sizeof(struct termios) == 36, "Linux: include/uapi/asm-generic/termbits.h");

enum termios_character {
    VINTR,
    VQUIT,
    VERASE,
    VKILL,
    VEOF,
    VTIME, /* no character, but a time in tenths of a second; see VMIN */
    VMIN,  /* no character, but how many bytes a read waits for in raw mode */
    VSWTC,
    VSTART,
    VSTOP,
    VSUSP,
    VEOL,
    VREPRINT,
    VDISCARD,
    VWERASE,
    VLNEXT,
    VEOL2,
};

enum termios_input {
    PARMRK = 0x0008, /* the byte 0xff is read as two of them */
    ISTRIP = 0x0020, /* bit 7 of each byte is cleared */
    INLCR = 0x0040,  /* NL becomes CR */
    IGNCR = 0x0080,  /* CR is dropped */
    ICRNL = 0x0100,  /* CR becomes NL */
    IUCLC = 0x0200,  /* with IEXTEN, capitals become small letters */
    IXON = 0x0400,   /* VSTOP stops the output, VSTART starts it */
    IXANY = 0x0800,  /* so does any character */
    IUTF8 = 0x4000,  /* characters are UTF-8, and are erased as a whole */
};

enum termios_output {
    OPOST = 0x0001,  /* the others count only with this */
    OLCUC = 0x0002,  /* small letters become capitals */
    ONLCR = 0x0004,  /* NL is sent as CR NL */
    OCRNL = 0x0008,  /* CR is sent as NL */
    ONOCR = 0x0010,  /* no CR is sent in column 0 */
    ONLRET = 0x0020, /* NL does the work of CR, too */
    TABDLY = 0x1800, /* both bits: a tab is sent as spaces */
};

enum termios_control {
    B38400 = 0x000f,
    CSIZE = 0x0030,
    PARENB = 0x0100,
    B115200 = 0x1002,
    CS8 = 0x0030,
    CREAD = 0x0080,
    HUPCL = 0x0400,
    CLOCAL = 0x0800,
};

/* How bytes go over the line, which a device may not be able to change. */
#define TERMIOS_LINE (~(uint32_t)(HUPCL | CREAD | CLOCAL))

enum termios_local {
    ISIG = 0x0001,    /* VINTR, VQUIT and VSUSP send signals */
    ICANON = 0x0002,  /* input is read in lines, which can be edited */
    ECHO = 0x0008,    /* what is typed is shown */
    ECHOE = 0x0010,   /* VERASE and VWERASE take the character off the screen */
    ECHOK = 0x0020,   /* VKILL begins a new line, unless ... */
    ECHOKE = 0x0800,  /* ... it takes the line off the screen */
    ECHONL = 0x0040,  /* NL is shown even without ECHO */
    ECHOCTL = 0x0200, /* control characters are shown as ^X */
    ECHOPRT = 0x0400, /* what is erased is printed between \ and / */
    NOFLSH = 0x0080,  /* a signal leaves the input as it is */
    TOSTOP = 0x0100,  /* output of a background process stops it */
    IEXTEN = 0x8000,  /* VWERASE, VREPRINT, VLNEXT and VEOL2 work */
};

/* The settings of a new terminal. */
#define TERMIOS_INITIAL                                                                            \
    {                                                                                              \
        .input = ICRNL | IXON | IUTF8, .output = OPOST | ONLCR,                                    \
        .control = B38400 | CS8 | CREAD | HUPCL,                                                   \
        .local = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN, .characters = { \
            [VINTR] = 0x03,                                                                        \
            [VQUIT] = 0x1c,                                                                        \
            [VERASE] = 0x7f,                                                                       \
            [VKILL] = 0x15,                                                                        \
            [VEOF] = 0x04,                                                                         \
            [VMIN] = 1,                                                                            \
            [VSTART] = 0x11,                                                                       \
            [VSTOP] = 0x13,                                                                        \
            [VSUSP] = 0x1a,                                                                        \
            [VREPRINT] = 0x12,                                                                     \
            [VDISCARD] = 0x0f,                                                                     \
            [VWERASE] = 0x17,                                                                      \
            [VLNEXT] = 0x16                                                                        \
        }                                                                                          \
    }

#endif
