#include "fake_uart16550.h"

#include <drivers/uart16550.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"

enum {
    DLAB = 0x80,
    LOOPBACK = 0x10,
    READY = 0x01,
    OVERRUN = 0x02,
    BREAK = 0x10,
    TRANSMITTER_EMPTY = 0x60
};

struct fake_uart chip;

static void set_line(void)
{
    uint8_t enabled = chip.registers[INTERRUPT_ENABLE];
    bool line = (enabled & RECEIVED_INTERRUPT && chip.waiting) ||
                (enabled & EMPTY_INTERRUPT && chip.empty_pending);
    chip.edges += line && !chip.line;
    chip.line = line;
}

void fake_uart_arrive(uint8_t byte)
{
    if (chip.waiting == FIFO)
        chip.overrun = true;
    else
        chip.arrived[chip.waiting++] = byte;
    set_line();
}

void fake_uart_empty(void)
{
    if (!chip.in_fifo)
        return;
    chip.in_fifo = chip.delays = 0;
    chip.empty_pending = !chip.no_empty;
    set_line();
}

static void send(uint8_t byte)
{
    EXPECT(chip.in_fifo < FIFO && chip.sent_count < sizeof(chip.sent) - 1);
    chip.sent[chip.sent_count++] = (char)byte;
    chip.in_fifo++;
    if (chip.meanwhile)
        fake_uart_arrive('a');
    chip.meanwhile = false;
    chip.empty_pending = false;
    set_line();
    if (!chip.busy)
        fake_uart_empty();
}

static void wait(void)
{
    chip.waits++;
    if (chip.busy && ++chip.delays >= chip.busy)
        fake_uart_empty();
}

static uint8_t read_data(void)
{
    uint8_t byte = chip.arrived[0];
    chip.waiting -= chip.waiting > 0;
    memmove(chip.arrived, chip.arrived + 1, FIFO - 1);
    set_line();
    return byte;
}

static uint8_t read_status(void)
{
    uint8_t status = (uint8_t)((chip.in_fifo ? 0 : TRANSMITTER_EMPTY) | (chip.waiting ? READY : 0) |
                               (chip.overrun ? OVERRUN : 0) | (chip.broken ? BREAK : 0));
    chip.overrun = chip.broken = false;
    return status;
}

/* The cause that is pending, the receiver's first. To read that the transmitter is empty clears
 * this cause. */
static uint8_t read_identity(void)
{
    uint8_t enabled = chip.registers[INTERRUPT_ENABLE];
    if (enabled & RECEIVED_INTERRUPT && chip.waiting)
        return 0xc4;
    if (!(enabled & EMPTY_INTERRUPT) || !chip.empty_pending)
        return 0xc1;
    chip.empty_pending = false;
    set_line();
    return 0xc2;
}

static uint8_t read(uint16_t port)
{
    switch (port - COM1_PORT) {
    case DATA:
        return read_data();
    case INTERRUPT_IDENTITY:
        return read_identity();
    case LINE_STATUS:
        return read_status();
    default:
        return 0xff;
    }
}

static void write(uint16_t port, uint8_t value)
{
    unsigned reg = port - COM1_PORT;
    if (reg > 7)
        return;
    if (reg < 2 && chip.registers[LINE_CONTROL] & DLAB) {
        chip.divisor[reg] = value;
        return;
    }
    uint8_t before = chip.registers[reg];
    chip.registers[reg] = value;
    if (reg == INTERRUPT_ENABLE && ~before & value & EMPTY_INTERRUPT && !chip.in_fifo)
        chip.empty_pending = !chip.no_empty;
    if (reg == INTERRUPT_ENABLE)
        set_line();
    if (reg == DATA && chip.registers[MODEM_CONTROL] & LOOPBACK)
        fake_uart_arrive(value);
    else if (reg == DATA)
        send(value);
}

void fake_uart_reset(void)
{
    memset(&chip, 0, sizeof(chip));
    fake_ports_set((struct fake_device){.read = read, .write = write, .wait = wait});
}
