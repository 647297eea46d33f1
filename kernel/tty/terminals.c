/*
 * The device numbers of terminals, and what an open of each leads to. Three of them name no fixed
 * terminal: tty0 and console lead to the virtual terminal that is shown, tty to the caller's own.
 */
#include <fs/device.h>
#include <kernel/log/log.h>
#include <kernel/tty/controls.h>
#include <kernel/tty/pty.h>
#include <kernel/tty/serial_terminal.h>
#include <kernel/tty/terminals.h>
#include <kernel/tty/virtual_terminal.h>

/* Linux's numbers (Documentation/admin-guide/devices.txt). */
enum {
    TTY0 = DEVICE_NUMBER(4, 0),
    TTY1 = DEVICE_NUMBER(4, 1),
    TTY6 = DEVICE_NUMBER(4, VIRTUAL_TERMINALS),
    TTYS0 = DEVICE_NUMBER(4, 64),
    TTY = DEVICE_NUMBER(5, 0),
    CONSOLE = DEVICE_NUMBER(5, 1),
};

static bool quiet_log; /* the next open makes the log show errors only */
static bool has_display;

/* The terminal behind a device's number, or NULL. */
static struct tty *find(uint32_t number)
{
    if (number == TTYS0 || (number == CONSOLE && !has_display && serial_terminal()))
        return serial_terminal();
    if (number == TTY)
        return tty_of_current();
    if (number == TTY0 || number == CONSOLE)
        return virtual_terminal(MAX(virtual_terminal_shown(), 1u));
    return virtual_terminal(number - TTY0);
}

/* As on Linux, a terminal that is opened for reading may become the controlling terminal. */
static void take(const struct file *file, struct tty *tty, uint32_t number)
{
    bool is_own = number != TTY0 && number != TTY && number != CONSOLE;
    if (is_own && !(file->flags & O_NOCTTY) && (file->flags & O_ACCMODE) != O_WRONLY)
        (void)tty_take(tty, false); /* it is no error if it may not */
}

static enum error open(struct file *file)
{
    uint32_t number = file->inode->rdev;
    struct tty *tty = find(number);
    if (!tty)
        return ERROR_NO_UNIT;
    if (quiet_log)
        log_set_level(LOG_ERROR);
    quiet_log = false;
    tty_file_init(file, tty, number == CONSOLE);
    take(file, tty, number);
    return OK;
}

static const struct file_operations operations = {
    .open = open, .read = tty_read, .write = tty_write, .poll = tty_poll, .ioctl = tty_ioctl};

static struct device devices_of_terminals[] = {
    {.name = "console", .number = CONSOLE, .mode = 0600},
    {.name = "tty", .number = TTY, .mode = 0666},
    {.name = "tty0", .number = TTY0, .mode = 0620},
    {.name = "tty1", .number = TTY1, .mode = 0620},
    {.name = "tty2", .number = TTY1 + 1, .mode = 0620},
    {.name = "tty3", .number = TTY1 + 2, .mode = 0620},
    {.name = "tty4", .number = TTY1 + 3, .mode = 0620},
    {.name = "tty5", .number = TTY1 + 4, .mode = 0620},
    {.name = "tty6", .number = TTY6, .mode = 0620},
    {.name = "ttyS0", .number = TTYS0, .mode = 0660},
};

void terminals_start(struct screen *screen, struct uart16550 *uart, bool quiet)
{
    quiet_log = quiet;
    has_display = screen != NULL;
    virtual_terminals_start(screen);
    if (uart)
        serial_terminal_start(uart);
    for (size_t i = 0; i < ARRAY_SIZE(devices_of_terminals); i++) {
        devices_of_terminals[i].operations = &operations;
        device_add(&devices_of_terminals[i]);
    }
    ptys_start();
}
