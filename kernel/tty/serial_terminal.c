/*
 * A program's output goes into the port's ring only a little at a time. So Ctrl-C is not followed
 * by seconds of output.
 */
#include <assert.h>
#include <fs/device.h>
#include <kernel/tty/serial_terminal.h>

enum { UNSENT_MAX = 4096 /* bytes: a third of a second */ };

static struct tty terminal;
static struct uart16550 *uart; /* NULL: there is no terminal */

static void write(struct tty *tty, const char *bytes, size_t count)
{
    (void)tty;
    uart16550_send(uart, bytes, count);
}

/* While the console has the line, programs wait. */
static bool has_room(const struct tty *tty, bool all)
{
    (void)tty;
    return serial_terminal_has_line() && uart16550_has_sent(uart, all ? 0 : UNSENT_MAX);
}

static const struct tty_device device = {
    .write = write, .has_room = has_room, .fixed_control = TERMIOS_LINE};

struct tty *serial_terminal(void)
{
    return uart ? &terminal : NULL;
}

bool serial_terminal_has_line(void)
{
    return uart && uart->sink.log_only;
}

void serial_terminal_switch(void)
{
    ASSERT(uart);
    uart->sink.log_only = !uart->sink.log_only;
    uart16550_send(uart, "\r\n", 2);
    tty_wake(&terminal);
}

/* The size of the window stays 0: it is not known. */
void serial_terminal_start(struct uart16550 *new_uart)
{
    struct termios settings = TERMIOS_INITIAL;
    settings.control = B115200 | CS8 | CREAD | HUPCL | CLOCAL;
    uart = new_uart;
    terminal.device = &device;
    terminal.number = DEVICE_NUMBER(4, 64);
    tty_add(&terminal, &settings, &uart->writers);
    uart->sink.log_only = true;
}
