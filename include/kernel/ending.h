/*
 * How a run of the kernel ends: by a panic, with a boot mode, or with the first program.
 */
#ifndef KERNEL_ENDING_H
#define KERNEL_ENDING_H

#include <types.h>

/* Chooses what follows a panic's report, as the option `panic=` says: the machine halts, restarts,
 * or ends QEMU. Under a test or a bench a panic ends QEMU at once. In set-up code, after
 * options_init().
 */
void ending_apply_panic_option(void);

/* Runs the boot mode that the command line asks for (kernel/main.h), and does not return then. Logs
 * `test=` on a kernel without tests, and ends QEMU with a failure. When set-up is over. */
void ending_run_boot_mode(void);

/* Ends the system when the first program has ended, with its status as wait4() gives it: logs it,
 * and halts, or ends QEMU with `panic=exit`. In threads. */
NORETURN void ending_with_first_program(int status);

#endif
