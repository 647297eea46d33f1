/*
 * The serial port's driver against a model of the chip: how the driver sets it up, what the chip
 * sends and when, and what becomes of bytes that arrive while no task reads.
 */
#include <drivers/uart16550.h>
#include <kernel/cpu/control.h>
#include <kernel/task/executor.h>
#include <lib/random.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "fake_uart16550.h"
#include "support.h"

enum { UNSENT = 1024, STUCK_LOOKS = 32 /* half a second, at 16 ms a look */ };

static uint8_t received_storage[8], unsent_storage[UNSENT];
static struct uart16550 uart;

/* The interrupt controller passes edges on. */
static void run_interrupts(void)
{
    while (chip.edges) {
        chip.edges = 0;
        uart16550_interrupt(&uart);
    }
}

/* The console's sink of a port that has not been started. */
static void init(void)
{
    host_log[0] = '\0';
    fake_uart_reset();
    uart = (struct uart16550)UART16550_INIT(uart, received_storage, unsent_storage);
    EXPECT_EQ(uart16550_init(&uart, COM1_PORT), OK);
}

/* A port at work, whose transmitter sends nothing by itself. */
static void start(void)
{
    init();
    uart16550_start(&uart);
    chip.busy = UINT_MAX;
    chip.waits = 0;
}

static void put(const char *text)
{
    uart.sink.write(&uart.sink, text, strlen(text));
}

/* Has the chip send all that there is, by interrupts alone. */
static void send_by_interrupts(void)
{
    while (chip.in_fifo) {
        fake_uart_empty();
        run_interrupts();
    }
}

TEST(uart16550, is_set_to_115200_8n1)
{
    init();
    EXPECT_EQ(chip.divisor[0], 1);
    EXPECT_EQ(chip.divisor[1], 0);
    EXPECT_EQ(chip.registers[LINE_CONTROL], 0x03);
    EXPECT_EQ(chip.registers[MODEM_CONTROL], 0x0b); /* DTR, RTS and the interrupt line */
    EXPECT_EQ(chip.registers[FIFO_CONTROL] & 1, 1);
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], 0);
    uart16550_start(&uart);
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], RECEIVED_INTERRUPT);
}

/* --- Sending -------------------------------------------------------------------------------- */

static void expect_sent(const char *text, const char *sent)
{
    init();
    chip.busy = 3;
    put(text);
    uart.sink.drain(&uart.sink);
    EXPECT_STR(chip.sent, sent);
    EXPECT_EQ(uart.lost, 0);
    EXPECT_EQ(chip.in_fifo, 0); /* to the last byte */
}

TEST(uart16550, sends_lines_a_fifo_at_a_time)
{
    expect_sent("no line", "no line");
    expect_sent("\n", "\r\n");
    expect_sent("a\n\nb", "a\r\n\r\nb");
    expect_sent("fifteen letters\nand more than the FIFO takes",
                "fifteen letters\r\nand more than the FIFO takes");
}

/* However far the line lags behind, a write reads the status once and waits for nothing. */
TEST(uart16550, a_write_does_not_wait_for_the_line)
{
    start();
    put("fills the FIFO, ");
    for (unsigned i = 0; i < 20; i++) {
        uint64_t before = fake_ports_accesses();
        put("and some more\n");
        EXPECT(fake_ports_accesses() - before <= 2);
    }
    EXPECT_EQ(chip.sent_count, FIFO);
    EXPECT_EQ(chip.waits, 0);
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], RECEIVED_INTERRUPT | EMPTY_INTERRUPT);
    send_by_interrupts();
    EXPECT_EQ(chip.sent_count, FIFO + 20 * 15);
    EXPECT_STR(chip.sent + FIFO + 19 * 15, "and some more\r\n");
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], RECEIVED_INTERRUPT); /* nothing more to send */
    EXPECT_EQ(chip.waits, 0);
    EXPECT_EQ(uart.lost, 0);
}

static uint64_t random;

/* The transmitter gets empty and bytes arrive at any moment, even within a write. */
static void interrupt_at_random(void)
{
    if (random_next(&random) % 4 == 0)
        fake_uart_empty();
    if (random_next(&random) % 16 == 0)
        fake_uart_arrive('x');
    host_masked = true;
    run_interrupts();
    host_masked = false;
}

TEST(uart16550, bytes_leave_in_the_order_in_which_they_were_written)
{
    static char expected[4 * UNSENT + 32];
    size_t length = 0;
    start();
    random = 13;
    host_interrupt = interrupt_at_random;
    for (unsigned i = 0; length < 4 * UNSENT; i++) {
        char text[32];
        snprintf(text, sizeof(text), "%u.", i);
        put(text);
        length += (size_t)snprintf(expected + length, sizeof(expected) - length, "%u.", i);
        for (unsigned j = 0; j < 8; j++)
            interrupts_enable();
    }
    host_interrupt = NULL;
    send_by_interrupts();
    EXPECT_STR(chip.sent, expected);
    EXPECT_EQ(uart.lost, 0);
}

/* The line may stay high from one cause to the next; a handler that left it so would be called no
 * more. */
TEST(uart16550, an_arrival_in_the_handler_is_not_forgotten)
{
    start();
    put("sixteen letters.and the rest");
    chip.meanwhile = true;
    fake_uart_empty();
    EXPECT_EQ(chip.edges, 1);
    run_interrupts();
    EXPECT(!chip.line);
    EXPECT_STR(chip.sent, "sixteen letters.and the rest");
    EXPECT_EQ(chip.waiting, 0);
}

TEST(uart16550, the_timer_sends_where_no_interrupt_comes)
{
    start();
    chip.no_empty = true;
    for (unsigned i = 0; i < 40; i++)
        put("a line of a log\n");
    for (unsigned i = 0; i < 100; i++) {
        fake_uart_empty();
        uart16550_watch(&uart);
    }
    EXPECT_EQ(chip.edges, 0);
    EXPECT_EQ(chip.sent_count, 40 * 17);
    EXPECT_EQ(uart.lost, 0);
    EXPECT_STR(host_log, "");
}

/* As a panic does it: what waits goes out first. */
TEST(uart16550, draining_keeps_the_order)
{
    start();
    for (unsigned i = 0; i < 50; i++)
        put("what has waited. ");
    chip.busy = 700; /* delays, for a FIFO */
    EXPECT_EQ(chip.sent_count, FIFO);
    host_masked = true;
    put("PANIC: reason\n");
    uart.sink.drain(&uart.sink);
    host_masked = false;
    EXPECT_EQ(chip.sent_count, 50 * 17 + 15);
    EXPECT_STR(chip.sent + 49 * 17, "what has waited. PANIC: reason\r\n");
    EXPECT_EQ(chip.in_fifo, 0);
}

static enum poll_result poll_nothing(struct task *task)
{
    (void)task;
    return POLL_PENDING;
}

static struct waker room_waker;
static unsigned times_with_room;

static enum poll_result poll_room(struct task *task)
{
    while (uart16550_poll_room(&uart, &room_waker, task) == POLL_READY) {
        times_with_room++;
        put("a command prints a line\n");
    }
    return POLL_PENDING;
}

/* A task that prints without end goes on as the line does, and loses nothing. */
TEST(uart16550, a_task_waits_for_room)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct task task = {.name = "writer", .poll = poll_room};
    start();
    room_waker = (struct waker){0};
    times_with_room = 0;
    executor_spawn(&executor, &task);
    executor_run_ready(&executor);
    EXPECT_EQ(times_with_room, (UNSENT / 4 + FIFO) / 25 + 1);
    for (unsigned i = 0; i < 100; i++) {
        fake_uart_empty();
        run_interrupts();
        executor_run_ready(&executor);
    }
    EXPECT(times_with_room > 100 * FIFO / 25);
    EXPECT_EQ(uart.lost, 0);
    task_cancel(&task);
    executor_run_ready(&executor);
    send_by_interrupts();
    EXPECT_EQ(chip.sent_count, times_with_room * 25);
}

static void watch(unsigned looks)
{
    for (unsigned i = 0; i < looks; i++)
        uart16550_watch(&uart);
}

/* A transmitter that has stopped holds nothing up: what the ring cannot hold is lost, and counted.
 */
TEST(uart16550, a_stuck_transmitter_is_not_waited_for)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct task task = {.name = "writer", .poll = poll_nothing};
    struct waker waker = {0};
    start();
    executor_spawn(&executor, &task);
    executor_run_ready(&executor);
    for (unsigned i = 0; i < UNSENT / 2; i++)
        put("x");
    EXPECT_EQ(uart16550_poll_room(&uart, &waker, &task), POLL_PENDING);
    EXPECT(!uart.sink.has_room(&uart.sink));
    watch(STUCK_LOOKS - 1);
    EXPECT_EQ(task.wakes, 0);
    EXPECT_STR(host_log, "");
    watch(1);
    EXPECT_EQ(task.wakes, 1);
    EXPECT_EQ(uart16550_poll_room(&uart, &waker, &task), POLL_READY);
    EXPECT(strstr(host_log, "is slow or stuck") != NULL);
    for (unsigned i = 0; i < UNSENT; i++)
        put("y");
    EXPECT_EQ(uart.lost, UNSENT / 2 - 1); /* the FIFO has one */
    watch(1000);
    EXPECT_EQ(chip.waits, 0);
    send_by_interrupts();
    EXPECT_EQ(chip.sent_count, UNSENT + 1);
    EXPECT_STR(host_log, "uart: port 0x3f8 sends again; it has lost 511 bytes of output");
    executor_run_ready(&executor);
    task_cancel(&task);
    executor_run_ready(&executor);
}

/* A short silence is not reported, either. */
TEST(uart16550, a_slow_transmitter_is_not_stuck)
{
    start();
    for (unsigned i = 0; i < UNSENT / 2; i++)
        put("x");
    while (chip.in_fifo) {
        watch(STUCK_LOOKS - 1);
        fake_uart_empty();
        run_interrupts();
    }
    EXPECT_EQ(chip.sent_count, UNSENT / 2);
    EXPECT_STR(host_log, "");
}

TEST(uart16550, a_terminals_bytes_are_sent_as_they_are)
{
    start();
    uart16550_send(&uart, "a\nb\r\n", 5);
    EXPECT(uart16550_has_sent(&uart, 0)); /* the FIFO has taken them */
    send_by_interrupts();
    EXPECT(uart16550_has_sent(&uart, 0));
    EXPECT_STR(chip.sent, "a\nb\r\n");
    for (unsigned i = 0; i < 40; i++)
        uart16550_send(&uart, "0123456789", 10);
    EXPECT(!uart16550_has_sent(&uart, 300));
    EXPECT(uart16550_has_sent(&uart, 400));
    watch(STUCK_LOOKS);
    EXPECT(uart16550_has_sent(&uart, 300)); /* it is stuck */
}

/* --- Receiving ------------------------------------------------------------------------------ */

/* Eight bytes fit into the stream; the others wait in the chip until there is room again. */
TEST(uart16550, a_full_stream_keeps_the_rest_in_the_chip)
{
    struct task task = {.name = "reader", .poll = poll_nothing};
    struct waker waker = {0};
    uint8_t byte;
    start();
    for (uint8_t i = 1; i <= 12; i++)
        fake_uart_arrive(i);
    run_interrupts();
    EXPECT_EQ(chip.waiting, 4);
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], 0);
    for (uint8_t i = 1; i <= 12; i++) {
        EXPECT_EQ(stream_poll(&uart.received, &waker, &task, &byte), POLL_READY);
        EXPECT_EQ(byte, i);
        run_interrupts();
    }
    EXPECT_EQ(chip.registers[INTERRUPT_ENABLE], RECEIVED_INTERRUPT);
    EXPECT_EQ(uart.received.lost, 0);
}

TEST(uart16550, what_the_chip_has_dropped_is_counted)
{
    start();
    for (uint8_t i = 0; i < 17; i++)
        fake_uart_arrive(i);
    put("x"); /* reads the status, too */
    uart16550_interrupt(&uart);
    EXPECT_EQ(uart.received.lost, 1);
}

TEST(uart16550, a_break_is_no_byte)
{
    struct task task = {.name = "reader", .poll = poll_nothing};
    struct waker waker = {0};
    uint8_t byte;
    start();
    fake_uart_arrive('a');
    fake_uart_arrive(0);
    chip.broken = true;
    put("x"); /* reads the status, too */
    run_interrupts();
    fake_uart_arrive(0);
    run_interrupts();
    EXPECT(uart16550_take_break(&uart));
    EXPECT(!uart16550_take_break(&uart));
    EXPECT_EQ(stream_poll(&uart.received, &waker, &task, &byte), POLL_READY);
    EXPECT_EQ(byte, 'a');
    EXPECT_EQ(stream_poll(&uart.received, &waker, &task, &byte), POLL_READY);
    EXPECT_EQ(byte, 0);
    EXPECT_EQ(ring_count(&uart.received.ring), 0);
}
