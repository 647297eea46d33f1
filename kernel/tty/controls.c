/*
 * As on Linux, a background process that changes a terminal is treated like one that writes to it:
 * job control may stop it.
 */
#include <kernel/tty/controls.h>
#include <mm/user_copy.h>

/* The arguments of TCXONC and TCFLSH. */
enum { TCOOFF, TCOON, TCIOFF, TCION };
enum { TCIFLUSH, TCOFLUSH, TCIOFLUSH };

enum error tty_give_number(uint64_t address, int number)
{
    return copy_to_user(address, &number, sizeof(number));
}

/* --- Settings --------------------------------------------------------------------------------- */

void tty_set_termios(struct tty *tty, const struct termios *termios)
{
    const uint32_t fixed = tty->device->fixed_control;
    struct termios new = *termios;
    new.control = (termios->control & ~fixed) | (tty->discipline.termios.control & fixed);
    line_discipline_set_termios(&tty->discipline, &new);
    tty_wake(tty); /* a read may have enough by the new settings */
}

static enum error set_termios(struct file *file, enum tty_request request, uint64_t address)
{
    struct tty *tty = tty_of_file(file);
    struct termios termios;
    enum error error = tty_check_foreground(tty, TTY_SIGNAL_OUTPUT);
    if (!error)
        error = copy_from_user(&termios, address, sizeof(termios));
    if (!error && request != TCSETS)
        error = tty_wait_until_sent(file);
    if (error)
        return error;
    if (request == TCSETSF)
        line_discipline_flush(&tty->discipline);
    tty_set_termios(tty, &termios);
    return OK;
}

static enum error set_size(struct tty *tty, uint64_t address)
{
    struct window_size size;
    enum error error = copy_from_user(&size, address, sizeof(size));
    if (!error)
        tty_set_size(tty, size);
    return error;
}

/* --- Flow ------------------------------------------------------------------------------------- */

/* Sends VSTART or VSTOP to the device, which stops and starts the other end. */
static void send_character(struct tty *tty, enum termios_character character)
{
    char byte = (char)tty->discipline.termios.characters[character];
    if (byte)
        tty->device->write(tty, &byte, 1);
}

static enum error control_flow(struct tty *tty, uint64_t action)
{
    enum error error = tty_check_foreground(tty, TTY_SIGNAL_OUTPUT);
    if (error)
        return error;
    switch (action) {
    case TCOOFF:
        line_discipline_stop(&tty->discipline);
        return OK;
    case TCOON:
        line_discipline_start(&tty->discipline);
        tty_wake(tty);
        return OK;
    case TCIOFF:
        send_character(tty, VSTOP);
        return OK;
    case TCION:
        send_character(tty, VSTART);
        return OK;
    default:
        return ERROR_INVALID;
    }
}

/* Drops input. Output is shown or on its way to the device already, so there is none to drop. */
static enum error flush(struct tty *tty, uint64_t what)
{
    enum error error = tty_check_foreground(tty, TTY_SIGNAL_OUTPUT);
    if (error)
        return error;
    if (what > TCIOFLUSH)
        return ERROR_INVALID;
    if (what != TCOFLUSH)
        line_discipline_flush(&tty->discipline);
    tty_wake(tty); /* there is room for more */
    return OK;
}

/* TCSBRK, which tcdrain() uses: waits for the output. No break is sent. */
static enum error drain(struct file *file)
{
    enum error error = tty_check_foreground(tty_of_file(file), TTY_SIGNAL_OUTPUT);
    return error ? error : tty_wait_until_sent(file);
}

/* Types a byte. A process may do so at its own terminal, a privileged one at any. */
static enum error type_byte(struct tty *tty, uint64_t address)
{
    uint8_t byte;
    if (tty_of_current() != tty && !tty_hooks()->current_is_privileged())
        return ERROR_NOT_PERMITTED;
    enum error error = copy_from_user(&byte, address, sizeof(byte));
    if (!error)
        tty_input(tty, &byte, 1);
    return error;
}

/* The only line discipline is number 0, Linux's N_TTY. */
static enum error set_discipline(uint64_t address)
{
    int number = 0;
    enum error error = copy_from_user(&number, address, sizeof(number));
    return !error && number != 0 ? ERROR_INVALID : error;
}

/* --- Sessions --------------------------------------------------------------------------------- */

static enum error set_foreground(struct tty *tty, uint64_t address)
{
    int group;
    enum error error = copy_from_user(&group, address, sizeof(group));
    return error ? error : tty_set_foreground(tty, group);
}

/* Gives the number of the foreground group or of the session to a process of the session. */
static enum error give_owner(struct tty *tty, int number, uint64_t address)
{
    return tty_of_current() == tty ? tty_give_number(address, number) : ERROR_NOT_TERMINAL;
}

/* A terminal that is open for writing alone may not be taken, except by a privileged process. */
static enum error take(const struct file *file, bool steal)
{
    struct tty *tty = tty_of_file(file);
    if ((file->flags & O_ACCMODE) == O_WRONLY && tty_of_current() != tty &&
        !tty_hooks()->current_is_privileged())
        return ERROR_NOT_PERMITTED;
    return tty_take(tty, steal);
}

static enum error leave(struct tty *tty)
{
    if (tty_of_current() != tty)
        return ERROR_NOT_TERMINAL;
    tty_leave(tty);
    return OK;
}

static enum error control(struct file *file, unsigned request, uint64_t argument, int64_t *result)
{
    struct tty *tty = tty_of_file(file);
    switch (request) {
    case TCGETS:
        return copy_to_user(argument, &tty->discipline.termios, sizeof(struct termios));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set_termios(file, (enum tty_request)request, argument);
    case TIOCGWINSZ:
        return copy_to_user(argument, &tty->size, sizeof(tty->size));
    case TIOCSWINSZ:
        return set_size(tty, argument);
    case TCSBRK:
    case TCSBRKP:
        return drain(file);
    case TCXONC:
        return control_flow(tty, argument);
    case TCFLSH:
        return flush(tty, argument);
    case FIONREAD:
        return tty_give_number(argument, (int)line_discipline_available(&tty->discipline));
    case TIOCOUTQ:
        return tty_give_number(argument, 0); /* as Linux's pseudo-terminals do */
    case TIOCSTI:
        return type_byte(tty, argument);
    case TIOCGETD:
        return tty_give_number(argument, 0);
    case TIOCSETD:
        return set_discipline(argument);
    case TIOCGPGRP:
        return give_owner(tty, tty->foreground, argument);
    case TIOCGSID:
        return give_owner(tty, tty->session, argument);
    case TIOCSPGRP:
        return set_foreground(tty, argument);
    case TIOCSCTTY:
        return take(file, argument == 1);
    case TIOCNOTTY:
        return leave(tty);
    default:
        return tty->device->ioctl ? tty->device->ioctl(tty, request, argument, result)
                                  : ERROR_NOT_TERMINAL;
    }
}

enum error tty_ioctl(struct file *file, unsigned request, uint64_t argument, int64_t *result)
{
    *result = 0;
    if (tty_file_is_dead(file))
        return request == TIOCSPGRP ? ERROR_NOT_TERMINAL : ERROR_DEVICE;
    return control(file, request, argument, result);
}
