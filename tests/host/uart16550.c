/*
 * The serial port's driver against a model of the chip: what it was told, and what becomes of bytes
 * that arrive while nobody reads.
 */
#include <drivers/uart16550.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"

enum { DATA, INTERRUPT_ENABLE, FIFO_CONTROL, LINE_CONTROL, MODEM_CONTROL, LINE_STATUS };
enum { DLAB = 0x80, LOOPBACK = 0x10, READY = 0x01, OVERRUN = 0x02, TRANSMITTER_EMPTY = 0x60 };

static struct {
    uint8_t registers[8];
    uint8_t divisor[2];
    uint8_t fifo[16];
    unsigned waiting;
    bool overrun;
    char sent[64];
    unsigned sent_count;
    unsigned room; /* in the transmitter's FIFO, until its status is read again */
} chip;

static void arrive(uint8_t byte)
{
    if (chip.waiting == sizeof(chip.fifo))
        chip.overrun = true;
    else
        chip.fifo[chip.waiting++] = byte;
}

static void send(uint8_t byte)
{
    EXPECT(chip.room > 0 && chip.sent_count < sizeof(chip.sent));
    chip.room--;
    chip.sent[chip.sent_count++] = (char)byte;
}

static uint8_t read_data(void)
{
    uint8_t byte = chip.fifo[0];
    chip.waiting -= chip.waiting > 0;
    memmove(chip.fifo, chip.fifo + 1, sizeof(chip.fifo) - 1);
    return byte;
}

static uint8_t read_status(void)
{
    uint8_t status = TRANSMITTER_EMPTY | (chip.waiting ? READY : 0) | (chip.overrun ? OVERRUN : 0);
    chip.overrun = false;
    chip.room = sizeof(chip.fifo);
    return status;
}

static uint8_t read(uint16_t port)
{
    if (port - COM1_PORT == DATA)
        return read_data();
    return port - COM1_PORT == LINE_STATUS ? read_status() : 0xc1;
}

static void write(uint16_t port, uint8_t value)
{
    unsigned reg = port - COM1_PORT;
    if (reg > 7)
        return;
    if (reg < 2 && chip.registers[LINE_CONTROL] & DLAB)
        chip.divisor[reg] = value;
    else
        chip.registers[reg] = value;
    if (reg != DATA || chip.registers[LINE_CONTROL] & DLAB)
        return;
    if (chip.registers[MODEM_CONTROL] & LOOPBACK)
        arrive(value);
    else
        send(value);
}

static uint8_t storage[8];
static struct uart16550 uart;

static void start(void)
{
    memset(&chip, 0, sizeof(chip));
    memset(&uart, 0, sizeof(uart));
    uart.received = (struct byte_stream)BYTE_STREAM_INIT(uart.received, storage, uart16550_resume);
    fake_ports_set((struct fake_device){.read = read, .write = write});
    EXPECT_EQ(uart16550_init(&uart, COM1_PORT), OK);
}

TEST(uart16550, is_set_to_115200_8n1)
{
    start();
    EXPECT_EQ(chip.divisor[0], 1);
    EXPECT_EQ(chip.divisor[1], 0);
    EXPECT_EQ(chip.registers[LINE_CONTROL], 0x03);
    EXPECT_EQ(chip.registers[MODEM_CONTROL], 0x0b); /* DTR, RTS and the interrupt line */
    EXPECT_EQ(chip.registers[FIFO_CONTROL] & 1, 1);
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], 0);
    uart16550_start(&uart);
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], 1);
}

static void expect_sent(const char *text, const char *sent)
{
    start();
    uart.sink.write(&uart.sink, text, strlen(text));
    EXPECT_EQ(chip.sent_count, strlen(sent));
    EXPECT_EQ(memcmp(chip.sent, sent, strlen(sent)), 0);
    EXPECT_EQ(uart.unsent, 0);
}

TEST(uart16550, sends_lines_a_fifo_at_a_time)
{
    expect_sent("no line", "no line");
    expect_sent("\n", "\r\n");
    expect_sent("a\n\nb", "a\r\n\r\nb");
    expect_sent("fifteen letters\nand more than the FIFO takes",
                "fifteen letters\r\nand more than the FIFO takes");
}

static enum poll_result poll_nothing(struct task *task)
{
    (void)task;
    return POLL_PENDING;
}

/* Eight bytes fit into the stream; the others wait in the chip until there is room again. */
TEST(uart16550, a_full_stream_keeps_the_rest_in_the_chip)
{
    struct task task = {.name = "reader", .poll = poll_nothing};
    struct waker waker = {0};
    uint8_t byte;
    start();
    uart16550_start(&uart);
    for (uint8_t i = 1; i <= 12; i++)
        arrive(i);
    uart16550_interrupt(&uart);
    EXPECT_EQ(chip.waiting, 4);
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], 0);
    for (uint8_t i = 1; i <= 12; i++) {
        EXPECT_EQ(stream_poll(&uart.received, &waker, &task, &byte), POLL_READY);
        EXPECT_EQ(byte, i);
        if (chip.registers[INTERRUPT_ENABLE])
            uart16550_interrupt(&uart);
    }
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], 1);
    EXPECT_EQ(uart.received.lost, 0);
}

TEST(uart16550, what_the_chip_has_dropped_is_counted)
{
    start();
    for (uint8_t i = 0; i < 17; i++)
        arrive(i);
    uart16550_interrupt(&uart);
    EXPECT_EQ(uart.received.lost, 1);
}
