/*
 * The list of what is set up, in order. This is the only file that knows all the others: drivers
 * offer events, floors offer hooks, and here they are put together.
 */
#include <drivers/debug_exit.h>
#include <drivers/fw_cfg.h>
#include <drivers/pic8259.h>
#include <drivers/pit8254.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/uart16550.h>
#include <drivers/vga_text.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/gdt.h>
#include <kernel/cpu/trap.h>
#include <kernel/fault/fault.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <kernel/main.h>
#include <kernel/monitor/monitor.h>
#include <kernel/options.h>
#include <kernel/task/clock.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/heap_window.h>
#include <mm/kernel_space.h>

enum { TICKS_PER_SECOND = 1000 };

extern const struct boot_mode __start_boot_modes[], __stop_boot_modes[];

static uint8_t com1_storage[4096];
static struct uart16550 com1 = {
    .received = BYTE_STREAM_INIT(com1.received, com1_storage, uart16550_resume),
};
static uint64_t tick_nanoseconds;
static struct executor executor = EXECUTOR_INIT(executor);

static void timer_tick(void)
{
    clock_advance(tick_nanoseconds);
    monitor_tick();
}

static void com1_interrupt(void)
{
    uart16550_interrupt(&com1);
}

static void start_console(const struct boot_info *info)
{
    struct console_sink *screen;
    if (vga_text_init(&info->framebuffer, &screen) == OK)
        console_add_sink(screen);
    if (uart16550_init(&com1, COM1_PORT) == OK)
        console_add_sink(&com1.sink);
}

static void apply_loglevel(void)
{
    const char *word = options_get("loglevel");
    enum log_level level;
    if (!word)
        return;
    if (log_parse_level(word, &level) == OK)
        log_set_level(level);
    else
        log_warn("options: loglevel=%s is none of error, warning, info, debug", word);
}

static void apply_keymap(void)
{
    const char *name = options_get("keymap");
    if (name && strcmp(name, "us") != 0)
        log_warn("options: keymap=%s is not known; us is", name);
}

static const struct boot_mode *find_boot_mode(void)
{
    for (const struct boot_mode *mode = __start_boot_modes; mode < __stop_boot_modes; mode++) {
        if (options_get(mode->key))
            return mode;
    }
    return NULL;
}

static void apply_options(const struct boot_info *info)
{
    static const char *const known[] = {"heap", "heap_debug", "keymap", "loglevel",
                                        "test", "bench",      "panic"};
    options_init(info);
    apply_loglevel();
    apply_keymap();
    options_log_unknown(known, ARRAY_SIZE(known));
}

static void start_heap(void)
{
    const char *name = options_get("heap");
    bool debug = options_is_set("heap_debug");
    enum error error = heap_init(name, debug, &heap_window);
    if (error == ERROR_INVALID) {
        log_warn("options: heap=%s is none of bump, linked_list, fixed_block", name);
        error = heap_init(NULL, debug, &heap_window);
    }
    if (error)
        PANIC("no memory for the heap (%s)", error_name(error));
}

static void end_qemu_with_failure(void)
{
    debug_exit(DEBUG_EXIT_FAILURE);
}

/* The exit device cannot be detected, and on a real machine something else may be at its port. So
 * it is used only under QEMU, and only when somebody waits for a result. */
static bool may_end_qemu(void)
{
    const char *panic = options_get("panic");
    bool asked =
        options_get("test") || options_get("bench") || (panic && strcmp(panic, "exit") == 0);
    return asked && fw_cfg_present();
}

static void start_timer(void)
{
    pic8259_init();
    tick_nanoseconds = pit8254_init(TICKS_PER_SECOND);
    pic8259_set_handler(IRQ_TIMER, timer_tick);
    log_set_clock(clock_now);
    interrupts_enable();
}

static void start_keyboard(void)
{
    pic8259_set_handler(IRQ_KEYBOARD, ps2_keyboard_interrupt);
    enum error error = ps2_keyboard_init();
    if (error)
        log_warn("keyboard: no PS/2 keyboard (%s)", error_name(error));
    else
        monitor_read_keyboard(&executor, &ps2_keyboard_scancodes);
}

static void start_serial_input(void)
{
    if (!com1.present) {
        log_warn("uart: no COM1 at port 0x%x", COM1_PORT);
        return;
    }
    pic8259_set_handler(IRQ_COM1, com1_interrupt);
    uart16550_start(&com1);
    monitor_read_serial(&executor, &com1.received);
}

static NORETURN void run_boot_mode(const struct boot_mode *mode)
{
    bool success = mode->run(options_get(mode->key));
    if (may_end_qemu())
        debug_exit(success ? DEBUG_EXIT_SUCCESS : DEBUG_EXIT_FAILURE);
    halt_forever();
}

void kernel_main(const struct boot_info *info)
{
    start_console(info);
    log_write(LOG_ALWAYS, "boot: Cairn, started by %s",
              info->loader[0] ? info->loader : "a nameless loader");
    gdt_init();
    trap_init(fault_handle);
    apply_options(info);
    if (may_end_qemu())
        panic_set_end(end_qemu_with_failure);
    frames_init(info);
    kernel_space_init(info);
    start_heap();
    symbols_init(info);
    start_timer();
    start_serial_input();
    start_keyboard();

    kernel_space_seal();

    const struct boot_mode *mode = find_boot_mode();
    if (mode)
        run_boot_mode(mode);
    monitor_start(&executor);
    log_write(LOG_ALWAYS, "cairn: ready");
    executor_run(&executor);
}
