/*
 * Sets everything up, in order: kernel_main() is the list. This file, input.c, displays.c and
 * first_program.c connect the drivers with the code that uses them; no other file knows both.
 */
#include <assert.h>
#include <drivers/acpi.h>
#include <drivers/irq.h>
#include <drivers/pci.h>
#include <drivers/reset.h>
#include <kernel/cpu/canary.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/gdt.h>
#include <kernel/cpu/random.h>
#include <kernel/cpu/trap.h>
#include <kernel/displays.h>
#include <kernel/ending.h>
#include <kernel/fault/fault.h>
#include <kernel/fault/machine_check.h>
#include <kernel/first_program.h>
#include <kernel/input.h>
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

OPTION(heap);
OPTION(heap_debug);
OPTION(keymap);
OPTION(loglevel);

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

static bool has_vga(void)
{
    return !acpi_fadt() || !acpi_fadt()->no_vga;
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

static void start_timer(void)
{
    interrupts_start();
    ticks_start(do_periodic_work);
    timers_start(&executor);
    log_set_clock(clock_now);
    interrupts_enable();
}

static enum poll_result poll_start_disks(struct task *task)
{
    pci_start_drivers(task->executor, true);
    return POLL_READY;
}

static struct task start_disks = {.name = "disks", .poll = poll_start_disks, .priority = TASK_LOW};

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
    if (!input_may_have_i8042() || !has_vga() || !acpi_has_8259())
        log_info("acpi: this machine says that it has no%s%s%s",
                 input_may_have_i8042() ? "" : " i8042", has_vga() ? "" : " VGA",
                 acpi_has_8259() ? "" : " 8259");
}

/* Enhanced REP MOVSB and STOSB (Intel SDM 2, CPUID, leaf 7). */
static void choose_string_instructions(void)
{
    enum { LEAF = 7, EBX_ERMS = 1 << 9 };
    string_init(cpuid(0, 0).eax >= LEAF && cpuid(LEAF, 0).ebx & EBX_ERMS);
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
    input_start_serial_console();    /* early reports go there; ACPI says nothing of COM1 */

    /* From here on data from outside is read: firmware, command line, memory map. */
    acpi_init(info);                 /* may say that there is no VGA, so it precedes the screen */
    displays_start(info, has_vga()); /* before anything is logged */
    log_write(LOG_ALWAYS, "boot: Cairn, started by %s",
              info->loader[0] ? info->loader : "a nameless loader");
    log_what_the_machine_lacks(); /* acpi_init() found it before there was a screen */
    apply_options(info);          /* before the first thing that an option changes */
    ending_apply_panic_option();  /* needs the options; holds for all that follows */
    log_what_was_left_out(info);  /* at the log level that the options set */

    start_memory(info);              /* frames, then page tables made of them */
    machine_reset_init(acpi_fadt()); /* ACPI's reset register may have to be mapped */
    start_heap();                    /* maps frames into its window */
    displays_complete(info);         /* a framebuffer keeps its characters on the heap */

    first_program_prepare(&executor); /* needs the gates; ticks look at programs' slices */
    start_timer();                    /* all that a tick touches exists; interrupts are on now */
    input_start_serial(&executor);    /* takes a line of the interrupt controller that ticks use */
    input_start_keyboard(&executor);  /* likewise; spawns a task, since the device is slow */
    pci_init();                       /* needs page tables: its configuration space is memory */
    pci_start_drivers(&executor, false); /* likewise; drivers set handlers and spawn tasks */
    input_start_usb(&executor);          /* the drivers of USB controllers have started */
    kernel_space_seal();                 /* tables that do not change any more become read-only */
    input_wait_for_devices(&executor);   /* polls the tasks; ticks limit the wait */

    ending_run_boot_mode(); /* tests and benches want everything set up, and no monitor */
    bool runs_programs = first_program_is_wanted(info);
    if (runs_programs)
        start_terminals();            /* they take the screen and COM1 from the monitor */
    monitor_start(&executor);         /* draws its prompt when it is polled, after `ready` */
    displays_keep_history(&executor); /* may come last: its task has low priority */
    log_write(LOG_ALWAYS, "cairn: ready");
    if (runs_programs) {
        executor_spawn(&executor, &start_disks); /* only programs use them */
        first_program_start(&executor, info, ending_with_first_program);
    } else {
        first_program_free_initramfs(info);
    }
    executor_run(&executor);
}
