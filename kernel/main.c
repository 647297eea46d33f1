/*
 * Sets everything up, in order. This is the only file that knows all the others: it connects the
 * events of drivers with the code that handles them.
 */
#include <assert.h>
#include <drivers/acpi.h>
#include <drivers/debug_console.h>
#include <drivers/debug_exit.h>
#include <drivers/fw_cfg.h>
#include <drivers/irq.h>
#include <drivers/pci.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/ps2_lights.h>
#include <drivers/reset.h>
#include <drivers/uart16550.h>
#include <drivers/usb/other_controllers.h>
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_set_up.h>
#include <io.h>
#include <kernel/cpu/canary.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/gdt.h>
#include <kernel/cpu/random.h>
#include <kernel/cpu/trap.h>
#include <kernel/displays.h>
#include <kernel/fault/fault.h>
#include <kernel/fault/machine_check.h>
#include <kernel/first_program.h>
#include <kernel/interrupts.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/log/symbols.h>
#include <kernel/main.h>
#include <kernel/monitor/monitor.h>
#include <kernel/options.h>
#include <kernel/process/process.h>
#include <kernel/process/terminal_hooks.h>
#include <kernel/process/user_thread.h>
#include <kernel/task/clock.h>
#include <kernel/task/sleep.h>
#include <kernel/task/watchdog.h>
#include <kernel/ticks.h>
#include <kernel/tty/terminals.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/heap.h>
#include <mm/heap_window.h>
#include <mm/kernel_space.h>
#include <section.h>

SECTION_ARRAY(struct boot_mode, boot_modes);

OPTION(bench);
OPTION(heap);
OPTION(heap_debug);
OPTION(keymap);
OPTION(loglevel);
OPTION(panic);
OPTION(test);

/* There is room for the longest output of a command, the whole log, and for earlier bytes that are
 * still unsent. */
static uint8_t com1_received[4096], com1_unsent[128 * 1024];
struct uart16550 com1 = UART16550_INIT(com1, com1_received, com1_unsent);
uint64_t memory_set_up_ticks;
static struct executor executor = EXECUTOR_INIT(executor);

/* Runs in the timer's interrupt handler, several times a second but not at each tick. */
static void do_periodic_work(uint64_t time, const struct trap_frame *frame)
{
    clock_check();
    irq_renew_bursts();
    uart16550_watch(&com1);
    monitor_tick();
    user_threads_tick();
    random_add(read_tsc());
    if (watchdog_look(time, frame->rip))
        log_flush(); /* the task that usually does it may never be polled again */
}

static void com1_interrupt(void *unused)
{
    (void)unused;
    uart16550_interrupt(&com1);
}

static RO_AFTER_INIT struct irq_handler keyboard_handler = {.name = "keyboard",
                                                            .run = ps2_keyboard_interrupt};
static RO_AFTER_INIT struct irq_handler com1_handler = {.name = "COM1", .run = com1_interrupt};

static bool has_i8042(void)
{
    return !acpi_fadt() || !acpi_fadt()->no_i8042;
}

static bool has_vga(void)
{
    return !acpi_fadt() || !acpi_fadt()->no_vga;
}

/* COM1 is probed, not assumed. */
static void start_serial_console(void)
{
    if (uart16550_init(&com1, COM1_PORT) == OK)
        console_add_sink(&com1.sink);
    struct console_sink *debug_console;
    if (debug_console_init(&debug_console) == OK)
        console_add_sink(debug_console);
}

static void apply_loglevel(void)
{
    enum log_level level;
    if (!option_loglevel)
        return;
    if (log_parse_level(option_loglevel, &level) == OK)
        log_set_level(level);
    else
        log_warn("options: loglevel=%s is none of error, warning, info, debug", option_loglevel);
}

static void apply_keymap(void)
{
    if (!option_keymap)
        return;
    const struct layout *layout = layout_find(option_keymap);
    if (layout) {
        monitor_set_layout(layout);
        return;
    }
    char names[LAYOUT_NAMES_MAX];
    layout_list_names(names, sizeof(names));
    log_warn("options: keymap=%s is none of %s", option_keymap, names);
}

static void apply_options(const struct boot_info *info)
{
    options_init(info);
    apply_loglevel();
    apply_keymap();
    options_log_unknown();
}

static void start_memory(const struct boot_info *info)
{
    uint64_t start = read_tsc();
    frames_init(info);
    kernel_space_init(info);
    memory_set_up_ticks = read_tsc() - start;
}

static void start_heap(void)
{
    bool debug = option_is_on(option_heap_debug);
    enum error error = heap_init(option_heap, debug, &heap_window);
    if (error == ERROR_INVALID) {
        log_warn("options: heap=%s is none of bump, linked_list, fixed_block", option_heap);
        error = heap_init(NULL, debug, &heap_window);
    }
    if (error)
        PANIC("no memory for the heap (%s)", error_name(error));
}

/* For reports. Any context. */
static const char *running_task(void)
{
    static char words[64];
    const struct task *task = __atomic_load_n(&this_cpu()->current, __ATOMIC_ACQUIRE);
    if (!task)
        return NULL;
    if (user_thread_is_running())
        snprintf(words, sizeof(words), "process %d, '%s'", process_current()->id, task->name);
    else
        snprintf(words, sizeof(words), "task '%s'", task->name);
    return words;
}

static void end_qemu_with_failure(void)
{
    debug_exit(DEBUG_EXIT_FAILURE);
}

/* The exit device cannot be detected, and on a real machine something else may be at its port. So
 * it is used only under QEMU, and only when a test, a bench or `panic=exit` asks for it. */
static bool may_end_qemu(void)
{
    bool asked = option_test || option_bench || option_is(option_panic, "exit");
    return asked && fw_cfg_present();
}

/* Chooses what follows a panic. A panic under a test or a bench ends QEMU at once. */
static void apply_panic_option(void)
{
    if ((!option_panic || option_is(option_panic, "exit")) && may_end_qemu())
        panic_set_end(end_qemu_with_failure);
    else if (option_is(option_panic, "reboot"))
        panic_set_end(machine_reset);
    else if (option_panic && !option_is(option_panic, "halt"))
        log_warn("options: panic=%s is none of halt, reboot, exit (under QEMU)", option_panic);
}

static void start_timer(void)
{
    interrupts_start();
    ticks_start(do_periodic_work);
    timers_start(&executor);
    log_set_clock(clock_now);
    interrupts_enable();
}

static void start_keyboard(void)
{
    if (!has_i8042())
        return;
    enum error error = irq_add_handler(IRQ_KEYBOARD, &keyboard_handler);
    ASSERT(!error); /* every controller has the line */
    executor_spawn(&executor, &ps2_keyboard_set_up);
}

static enum poll_result poll_start_disks(struct task *task)
{
    pci_start_drivers(task->executor, true);
    return POLL_READY;
}

static struct task start_disks = {.name = "disks", .poll = poll_start_disks, .priority = TASK_LOW};

static bool can_be_typed_at;

static void start_typing(void)
{
    can_be_typed_at = true;
    ps2_lights_start(&executor);
    monitor_read_keyboard(&executor, &ps2_keyboard_scancodes, ps2_keyboard_scancode_set());
}

static void start_usb(void)
{
    if (!usb_present()) {
        usb_log_other_controllers();
        return;
    }
    executor_spawn(&executor, &usb_set_up);
    monitor_read_usb_keyboards(&executor);
}

static void wait_for_ps2_keyboard(void)
{
    executor_block_on(&executor, &ps2_keyboard_set_up);
    enum error error = (enum error)ps2_keyboard_set_up.result;
    if (error)
        log_warn("keyboard: no PS/2 keyboard (%s)", error_name(error));
    else
        start_typing();
}

static void wait_for_usb(void)
{
    executor_block_on(&executor, &usb_set_up);
    can_be_typed_at |= usb_keyboard_present();
}

/* Slow devices are set up by tasks, side by side. */
static void wait_for_devices(void)
{
    executor_run_ready(&executor);
    bool ps2_waits = task_is_live(&ps2_keyboard_set_up);
    bool usb_waits = task_is_live(&usb_set_up);
    /* Without a tick no time limit would ever run out. */
    if (!ticks_come() && (ps2_waits || usb_waits)) {
        log_error("keyboard: slow to answer, and there is no time; left alone");
        task_cancel(&ps2_keyboard_set_up);
        task_cancel(&usb_set_up);
        return;
    }
    if (has_i8042())
        wait_for_ps2_keyboard();
    if (usb_present())
        wait_for_usb();
}

/* A machine without input still runs; the log says why it does not answer. */
static void log_missing_input(void)
{
    if (!can_be_typed_at)
        log_error("input: no keyboard and no COM1: nothing can be typed");
}

static void start_serial_input(void)
{
    if (!com1.present) {
        log_warn("uart: no COM1 at port 0x%x", COM1_PORT);
        return;
    }
    can_be_typed_at = true;
    enum error error = irq_add_handler(IRQ_COM1, &com1_handler);
    ASSERT(!error); /* every controller has the line */
    uart16550_start(&com1);
    console_set_buffered(true);
    monitor_use_serial(&executor, &com1);
}

uint64_t boot_mode_tsc;

static NORETURN void run_boot_mode(const struct boot_mode *mode)
{
    boot_mode_tsc = read_tsc();
    bool success = mode->run(*mode->value);
    if (may_end_qemu())
        debug_exit(success ? DEBUG_EXIT_SUCCESS : DEBUG_EXIT_FAILURE);
    console_flush();
    halt_forever();
}

/* Runs the tests or benches that the command line asks for, and does not return then. */
static void run_boot_mode_if_asked(void)
{
    section_for_each(struct boot_mode, mode, boot_modes) {
        if (*mode->value)
            run_boot_mode(mode);
    }
}

/* `test=` on a kernel without tests fails at once. */
static void refuse_missing_tests(void)
{
    if (!option_test)
        return;
    log_error("options: test=%s: this kernel has no tests; the one of the menu's last entry has",
              option_test);
    if (may_end_qemu())
        debug_exit(DEBUG_EXIT_FAILURE);
}

static void log_what_was_left_out(const struct boot_info *info)
{
    if (info->regions_left_out)
        log_warn("boot: %zu entries of the memory map were too many; their memory stays unused",
                 info->regions_left_out);
    if (info->modules_left_out)
        log_warn("boot: %zu modules were too many; ignored", info->modules_left_out);
}

/* The kernel does not probe for what ACPI says is missing. */
static void log_what_the_machine_lacks(void)
{
    acpi_log_broken();
    if (!has_i8042() || !has_vga() || !acpi_has_8259())
        log_info("acpi: this machine says that it has no%s%s%s", has_i8042() ? "" : " i8042",
                 has_vga() ? "" : " VGA", acpi_has_8259() ? "" : " 8259");
}

/* Enhanced REP MOVSB and STOSB (Intel SDM 2, CPUID, leaf 7). */
static void choose_string_instructions(void)
{
    enum { LEAF = 7, EBX_ERMS = 1 << 9 };
    string_init(cpuid(0, 0).eax >= LEAF && cpuid(LEAF, 0).ebx & EBX_ERMS);
}

/* The end of the first program is the system's. */
static void end_with_first_program(int status)
{
    bool killed = status & 0x7f;
    log_write(LOG_ALWAYS, "init: %s %d", killed ? "killed by signal" : "exited with status",
              killed ? status & 0x7f : status >> 8);
    console_flush();
    if (option_is(option_panic, "exit") && may_end_qemu())
        debug_exit(status ? DEBUG_EXIT_FAILURE : DEBUG_EXIT_SUCCESS);
    halt_forever();
}

/* Once a program has opened a terminal, the log's lines go to the ring alone, unless `loglevel=`
 * was given. */
static void start_terminals(void)
{
    terminals_start(displays_screen(), com1.present ? &com1 : NULL, !option_loglevel);
    terminal_hooks_start();
}

void kernel_main(const struct boot_info *info)
{
    /* Handlers come first, so that a fault in what follows is a report and not a reset. */
    canary_init();           /* a function that runs meanwhile would find its canary changed */
    gdt_init();              /* the gates name its selectors and the stacks of its TSS */
    trap_init(fault_handle); /* faults are reported from here on */
    panic_set_running(running_task); /* ... and name the running task or process */
    machine_check_init();            /* ... and errors of the hardware; they need the gate */
    choose_string_instructions();    /* memory may be copied and filled faster from here on */
    symbols_init(info);              /* reports name functions from here on */
    start_serial_console();          /* early reports go there; ACPI says nothing of COM1 */

    /* From here on data from outside is read: firmware, command line, memory map. */
    acpi_init(info);                 /* may say that there is no VGA, so it precedes the screen */
    displays_start(info, has_vga()); /* before anything is logged */
    log_write(LOG_ALWAYS, "boot: Cairn, started by %s",
              info->loader[0] ? info->loader : "a nameless loader");
    log_what_the_machine_lacks(); /* acpi_init() found it before there was a screen */
    apply_options(info);          /* before the first thing that an option changes */
    apply_panic_option();         /* needs the options; holds for all that follows */
    log_what_was_left_out(info);  /* at the log level that the options set */

    start_memory(info);              /* frames, then page tables made of them */
    machine_reset_init(acpi_fadt()); /* ACPI's reset register may have to be mapped */
    start_heap();                    /* maps frames into its window */
    displays_complete(info);         /* a framebuffer keeps its characters on the heap */

    first_program_prepare(&executor); /* needs the gates; ticks look at programs' slices */
    start_timer();        /* everything that a tick touches exists; interrupts are on now */
    start_serial_input(); /* takes a line of the interrupt controller, which start_timer() chose */
    start_keyboard();     /* likewise; spawns a task, for the device takes its time */
    pci_init();           /* needs the page tables, for its configuration space is in memory */
    pci_start_drivers(&executor, false); /* likewise: a driver sets handlers, spawns tasks */
    start_usb();                         /* waits for what the drivers of USB controllers find */
    kernel_space_seal();                 /* tables that do not change any more become read-only */
    wait_for_devices();                  /* polls that task; a tick bounds the wait */

    run_boot_mode_if_asked(); /* tests and benches want everything set up, and no monitor */
    refuse_missing_tests();   /* no boot mode was `test=` */
    log_missing_input();      /* the devices have answered or timed out */
    bool runs_programs = first_program_is_wanted(info);
    if (runs_programs)
        start_terminals();            /* they take the screen and COM1 from the monitor */
    monitor_start(&executor);         /* draws its prompt when it is polled, after `ready` */
    displays_keep_history(&executor); /* may come last: its task has low priority */
    log_write(LOG_ALWAYS, "cairn: ready");
    if (runs_programs) {
        executor_spawn(&executor, &start_disks); /* only programs use them */
        first_program_start(&executor, info, end_with_first_program);
    } else {
        first_program_free_initramfs(info);
    }
    executor_run(&executor);
}
