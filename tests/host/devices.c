/*
 * Drivers against devices that are absent, stuck, or liars: each costs a bounded wait and an error,
 * never the boot.
 */
#include <drivers/debug_console.h>
#include <drivers/i8042.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/uart16550.h>
#include <kernel/task/executor.h>
#include <kernel/task/sleep.h>
#include <lib/random.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"
#include "support.h"

enum { SECOND = 1000000 /* accesses */ };

static uint8_t read_zero(uint16_t port)
{
    (void)port;
    return 0;
}

static uint8_t read_ones(uint16_t port)
{
    (void)port;
    return 0xff;
}

static uint64_t random;

static uint8_t read_random(uint16_t port)
{
    (void)port;
    return (uint8_t)random_next(&random);
}

/* The status says that a byte waits, always. */
static uint8_t read_always_full(uint16_t port)
{
    return port == 0x64 ? 0x01 : 0x55;
}

/* The device asks for each byte again, always. */
static uint8_t read_always_again(uint16_t port)
{
    return port == 0x64 ? 0x01 : 0xfe;
}

/* The status says that the controller is busy, always. */
static uint8_t read_always_busy(uint16_t port)
{
    return port == 0x64 ? 0x02 : 0x00;
}

static uint64_t milliseconds; /* the length of the last set-up */

/* Sets the keyboard up, with a clock that ticks whenever the task waits. */
static enum error set_up_keyboard(void)
{
    struct executor executor = EXECUTOR_INIT(executor);
    clock_start(NANOSECONDS_PER_MILLISECOND, NULL, false);
    timers_start(&executor);
    executor_spawn(&executor, &ps2_keyboard_set_up);
    executor_run_ready(&executor);
    for (milliseconds = 0; !list_empty(&executor.tasks) && milliseconds < 10000; milliseconds++) {
        timers_tick(clock_tick());
        executor_run_ready(&executor);
    }
    return list_empty(&executor.tasks) ? (enum error)ps2_keyboard_set_up.result : ERROR_TIMEOUT;
}

TEST(devices, i8042_that_is_absent_is_no_device)
{
    fake_ports_set((struct fake_device){0});
    EXPECT_EQ(set_up_keyboard(), ERROR_NO_DEVICE);
    EXPECT(fake_ports_accesses() < 10);
}

static uint8_t last_command;

static void note_command(uint16_t port, uint8_t value)
{
    if (port == 0x64)
        last_command = value;
}

/* Even a controller that is always busy is asked: nothing can get worse. */
TEST(devices, i8042_is_asked_to_reset)
{
    fake_ports_set((struct fake_device){.read = read_always_busy, .write = note_command});
    i8042_reset_machine();
    EXPECT_EQ(last_command, 0xfe);
    EXPECT(fake_ports_accesses() < SECOND / 4);
    last_command = 0;
    fake_ports_set((struct fake_device){.read = read_zero, .write = note_command});
    i8042_reset_machine();
    EXPECT_EQ(last_command, 0xfe);
    EXPECT(fake_ports_accesses() < SECOND / 10);
}

TEST(devices, i8042_that_never_answers_is_given_up)
{
    fake_ports_set((struct fake_device){.read = read_zero});
    EXPECT_EQ(set_up_keyboard(), ERROR_TIMEOUT);
    EXPECT(milliseconds < 1000 && fake_ports_accesses() < 10000);
}

TEST(devices, i8042_that_is_always_busy_is_given_up)
{
    fake_ports_set((struct fake_device){.read = read_always_busy});
    EXPECT_EQ(set_up_keyboard(), ERROR_TIMEOUT);
    EXPECT(milliseconds < 1000 && fake_ports_accesses() < 10000);
}

TEST(devices, i8042_that_is_always_full_is_set_up)
{
    fake_ports_set((struct fake_device){.read = read_always_full});
    EXPECT_EQ(set_up_keyboard(), OK); /* wrong answers do not stop its scancodes */
    EXPECT(milliseconds < 1000 && fake_ports_accesses() < 10000);
}

TEST(devices, i8042_that_asks_again_for_ever_ends_in_time)
{
    fake_ports_set((struct fake_device){.read = read_always_again});
    set_up_keyboard();
    EXPECT(milliseconds < 1000 && fake_ports_accesses() < 10000);
}

TEST(devices, i8042_that_answers_at_random_ends_in_time)
{
    random = 42;
    for (unsigned round = 0; round < 2000; round++) {
        fake_ports_set((struct fake_device){.read = read_random});
        set_up_keyboard();
        EXPECT(milliseconds < 4000 && fake_ports_accesses() < 40000);
    }
}

/* A controller that works, with a keyboard that never answers. */
static uint8_t answer;
static bool answer_waits, config_follows;

static uint8_t read_controller(uint16_t port)
{
    if (port == 0x64)
        return answer_waits;
    answer_waits = false;
    return answer;
}

static void give(uint8_t byte)
{
    answer = byte;
    answer_waits = true;
}

static void write_controller(uint16_t port, uint8_t value)
{
    if (port != 0x64) {
        config_follows = false;
        return;
    }
    if (value == 0x20)
        give(0x00);
    else if (value == 0xaa)
        give(0x55);
    else if (value == 0xab)
        give(0x00);
    config_follows = value == 0x60;
}

TEST(devices, a_dead_keyboard_behind_a_good_controller_is_set_up)
{
    fake_ports_set((struct fake_device){.read = read_controller, .write = write_controller});
    EXPECT_EQ(set_up_keyboard(), OK); /* its scancodes may still come */
    EXPECT(milliseconds < 2000 && fake_ports_accesses() < 20000);
    EXPECT(!config_follows);
}

static uint8_t uart_received[16], uart_unsent[64];
static struct uart16550 uart;

static struct uart16550 *fresh_uart(void)
{
    uart = (struct uart16550)UART16550_INIT(uart, uart_received, uart_unsent);
    return &uart;
}

TEST(devices, uart_that_is_absent_is_no_device)
{
    fake_ports_set((struct fake_device){.read = read_ones});
    EXPECT_EQ(uart16550_init(fresh_uart(), COM1_PORT), ERROR_NO_DEVICE);
    fake_ports_set((struct fake_device){.read = read_zero});
    EXPECT_EQ(uart16550_init(fresh_uart(), COM1_PORT), ERROR_NO_DEVICE);
    EXPECT(fake_ports_accesses() < SECOND / 100);
}

/* A UART that passes the loopback test; `transmitter` is its "ready to send" and "empty" bits. */
static uint8_t uart_data, uart_modem, transmitter;
static unsigned uart_sent;

static uint8_t read_uart(uint16_t port)
{
    if (port == COM1_PORT + 5)
        return (uint8_t)(transmitter | (uart_modem & 0x10 ? 1 : 0));
    if (port == COM1_PORT + 2)
        return 0xc1;
    return uart_data;
}

static void write_uart(uint16_t port, uint8_t value)
{
    if (port == COM1_PORT) {
        uart_data = value;
        uart_sent++;
    } else if (port == COM1_PORT + 4) {
        uart_modem = value;
    }
}

static void put(const char *text)
{
    uart.sink.write(&uart.sink, text, strlen(text));
    uart.sink.drain(&uart.sink); /* as the console does it until interrupts come */
}

TEST(devices, uart_sends_a_fifo_full_for_each_look)
{
    fake_ports_set((struct fake_device){.read = read_uart, .write = write_uart});
    transmitter = 0x60;
    EXPECT_EQ(uart16550_init(fresh_uart(), COM1_PORT), OK);
    EXPECT_EQ(uart.fifo, 16);
    uart_sent = 0;
    uint64_t before = fake_ports_accesses();
    put("0123456789abcdef0123456789abcde\n");
    EXPECT_EQ(uart_sent, 33); /* \r\n */
    EXPECT_EQ(fake_ports_accesses() - before, 33 + 3 + 1);
}

TEST(devices, uart_that_is_stuck_loses_what_finds_no_room)
{
    fake_ports_set((struct fake_device){.read = read_uart, .write = write_uart});
    transmitter = 0;
    EXPECT_EQ(uart16550_init(fresh_uart(), COM1_PORT), OK);
    uart_sent = 0;
    for (unsigned i = 0; i < 1000; i++)
        put("a line\n");
    EXPECT_EQ(uart_sent, 0);
    EXPECT_EQ(uart.lost, 8000 - sizeof(uart_unsent)); /* with a \r each */
    EXPECT(strstr(host_log, "is slow or stuck") != NULL);
    EXPECT(fake_ports_accesses() < SECOND);
    transmitter = 0x60;
    put("");
    EXPECT_EQ(uart_sent, sizeof(uart_unsent));
    EXPECT_STR(host_log, "uart: port 0x3f8 sends again; it has lost 7936 bytes of output");
}

/* The line status reports an overrun once, with the byte after it. */
static uint8_t read_overrun(uint16_t port)
{
    static bool fetched;
    if (port != COM1_PORT + 5) {
        fetched = true;
        return 'x';
    }
    return fetched ? 0x20 : 0x23;
}

TEST(devices, uart_overrun_is_counted)
{
    fake_ports_set((struct fake_device){.read = read_overrun});
    fresh_uart()->port = COM1_PORT;
    uart16550_interrupt(&uart);
    EXPECT_EQ(uart.received.lost, 1);
    EXPECT_EQ(ring_count(&uart.received.ring), 1);
}

static char shown[16];
static unsigned shown_length;

static uint8_t read_debug_console(uint16_t port)
{
    return port == 0xe9 ? 0xe9 : 0xff;
}

static void write_debug_console(uint16_t port, uint8_t value)
{
    if (port == 0xe9 && shown_length < sizeof(shown))
        shown[shown_length++] = (char)value;
}

TEST(devices, debug_console_is_used_where_it_answers)
{
    struct console_sink *sink;
    fake_ports_set((struct fake_device){0});
    EXPECT_EQ(debug_console_init(&sink), ERROR_NO_DEVICE);
    fake_ports_set((struct fake_device){.read = read_debug_console, .write = write_debug_console});
    EXPECT_EQ(debug_console_init(&sink), OK);
    sink->write(sink, "a line\n", 7);
    EXPECT_EQ(shown_length, 7);
    EXPECT_EQ(memcmp(shown, "a line\n", 7), 0);
}
