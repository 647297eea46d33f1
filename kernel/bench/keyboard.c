/*
 * The keyboard, from the interrupt to the task that reads it. With command 0xd2 the controller
 * holds a byte as if the keyboard had sent it. Interrupts are masked while benches run, so an
 * instruction raises the interrupt; the figures contain it.
 */
#include <assert.h>
#include <drivers/irq.h>
#include <drivers/keyboard.h>
#include <drivers/ps2_keyboard.h>
#include <io.h>
#include <kernel/bench/bench.h>
#include <kernel/log/console.h>
#include <kernel/monitor/monitor.h>

enum { DATA = 0x60, STATUS = 0x64, COMMAND = 0x64, INPUT_FULL = 2, WRITE_KEYBOARD_OUTPUT = 0xd2 };

enum { SCANCODE_A = 0x1e, ROUNDS = 100 };

struct reader {
    struct task task;
    struct waker waker;
    struct keyboard keyboard;
    char bytes[KEYBOARD_BYTES];
    uint64_t received;
    uint64_t decoded_at;
};

static enum poll_result poll_reader(struct task *task)
{
    struct reader *reader = CONTAINER_OF(task, struct reader, task);
    uint8_t scancode;
    while (stream_poll(&ps2_keyboard_scancodes, &reader->waker, task, &scancode) == POLL_READY) {
        unsigned length = keyboard_type(&reader->keyboard, scancode, reader->bytes);
        reader->decoded_at = read_tsc();
        reader->received += length;
    }
    return POLL_PENDING;
}

static void wait_until_taken(void)
{
    for (unsigned i = 0; i < 1000 && (inb(STATUS) & INPUT_FULL); i++)
        io_delay();
}

static void put_scancode(uint8_t scancode)
{
    wait_until_taken();
    outb(COMMAND, WRITE_KEYBOARD_OUTPUT);
    wait_until_taken();
    outb(DATA, scancode);
}

static inline void raise_keyboard(void)
{
    __asm__ volatile("int %0" : : "i"(IRQ_FIRST_VECTOR + IRQ_KEYBOARD) : "memory");
}

/* While it is measured, the reader takes the place of the keyboard's usual reader. */
static struct list_node *start_reader(struct executor *executor, struct reader *reader)
{
    struct list_node *other = list_pop_front(&ps2_keyboard_scancodes.readers.wakers);
    task_init(&reader->task, "reader", poll_reader, NULL);
    executor_spawn(executor, &reader->task);
    executor_run_ready(executor);
    reader->received = 0; /* without what was typed before */
    return other;
}

static void end_reader(struct executor *executor, struct reader *reader, struct list_node *other)
{
    task_cancel(&reader->task);
    executor_run_ready(executor);
    if (other)
        list_push_back(&ps2_keyboard_scancodes.readers.wakers, other);
}

static void bench_one(void)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct reader reader = {.keyboard.layout = &layout_us};
    struct list_node *other = start_reader(&executor, &reader);
    uint64_t interrupt = 0, character = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        put_scancode(SCANCODE_A);
        uint64_t start = bench_start();
        raise_keyboard();
        interrupt += bench_stop(start);
        executor_run_ready(&executor);

        put_scancode(SCANCODE_A);
        start = bench_start();
        raise_keyboard();
        executor_run_ready(&executor);
        character += reader.decoded_at - start - bench_clock_cost;
    }
    ASSERT(reader.received == UINT64_C(2) * ROUNDS);
    bench_report("kbd.irq", interrupt / ROUNDS);
    bench_report("kbd.char", character / ROUNDS);
    end_reader(&executor, &reader, other);
}

/* Counts the scancodes that are lost when `count` arrive before the task runs. */
static void bench_burst(const char *name, unsigned count)
{
    struct executor executor = EXECUTOR_INIT(executor);
    struct reader reader = {.keyboard.layout = &layout_us};
    struct list_node *other = start_reader(&executor, &reader);
    for (unsigned i = 0; i < count; i++) {
        if (i % ROUNDS == 0)
            irq_renew_bursts(); /* as the timer does */
        put_scancode(SCANCODE_A);
        raise_keyboard();
    }
    executor_run_ready(&executor);
    bench_report_unit(name, count - reader.received, "scancodes");
    end_reader(&executor, &reader, other);
}

/* From the interrupt to the character on the screen and on COM1, through the monitor itself: its
 * tasks run, on the executor that they have. */
static void bench_echo(void)
{
    struct executor *executor = monitor_executor();
    if (!executor || executor_is_polling(executor)) {
        bench_report_missing("kbd.echo", "needs a boot of its own, with bench=kbd.echo");
        return;
    }
    monitor_start(executor);
    executor_run_ready(executor); /* the prompt */
    irq_renew_bursts();
    uint64_t total = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        put_scancode(SCANCODE_A);
        uint64_t start = bench_start();
        raise_keyboard();
        executor_run_ready(executor);
        total += bench_stop(start);
    }
    console_printf("\n");
    bench_report("kbd.echo", total / ROUNDS);
}

BENCH(keyboard, "kbd.")
{
    bench_echo();
    bench_one();
    bench_burst("kbd.burst.101", 101);
    bench_burst("kbd.burst.1000", 1000);
    bench_burst("kbd.burst.10000", 10000);
}
