/*
 * QEMU's exit device ends the emulator with a status, which tells a test what became of the system.
 * The device cannot be detected, and on a real machine something else may be at its port. So it is
 * used only under QEMU, and only when a test, a bench or `panic=exit` asks for it.
 */
#include <drivers/acpi.h>
#include <drivers/debug_exit.h>
#include <drivers/fw_cfg.h>
#include <drivers/reset.h>
#include <kernel/cpu/control.h>
#include <kernel/ending.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/log/panic.h>
#include <kernel/main.h>
#include <section.h>

SECTION_ARRAY(struct boot_mode, boot_modes);

OPTION(bench);
OPTION(panic);
OPTION(test);

uint64_t boot_mode_tsc;

static bool may_end_qemu(void)
{
    bool asked = option_test || option_bench || option_is(option_panic, "exit");
    return asked && fw_cfg_present();
}

/* Ends QEMU if that is allowed. */
static void end_qemu(bool success)
{
    if (may_end_qemu())
        debug_exit(success ? DEBUG_EXIT_SUCCESS : DEBUG_EXIT_FAILURE);
}

static void end_qemu_with_failure(void)
{
    debug_exit(DEBUG_EXIT_FAILURE);
}

void ending_apply_panic_option(void)
{
    if ((!option_panic || option_is(option_panic, "exit")) && may_end_qemu())
        panic_set_end(end_qemu_with_failure);
    else if (option_is(option_panic, "reboot"))
        panic_set_end(machine_reset);
    else if (option_panic && !option_is(option_panic, "halt"))
        log_warn("options: panic=%s is none of halt, reboot, exit (under QEMU)", option_panic);
}

static NORETURN void run_boot_mode(const struct boot_mode *mode)
{
    boot_mode_tsc = read_tsc();
    end_qemu(mode->run(*mode->value));
    console_flush();
    halt_forever();
}

void ending_run_boot_mode(void)
{
    section_for_each(struct boot_mode, mode, boot_modes) {
        if (*mode->value)
            run_boot_mode(mode);
    }
    if (!option_test)
        return;
    log_error("options: test=%s: this kernel has no tests; the one of the menu's last entry has",
              option_test);
    end_qemu(false);
}

void ending_with_first_program(int status)
{
    enum { SIGNAL = 0x7f };
    bool killed = status & SIGNAL;
    log_write(LOG_ALWAYS, "init: %s %d", killed ? "killed by signal" : "exited with status",
              killed ? status & SIGNAL : status >> 8);
    console_flush();
    if (option_is(option_panic, "exit"))
        end_qemu(status == 0);
    halt_forever();
}
