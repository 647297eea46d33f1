/*
 * Machine checks: the hardware reports an error in itself.
 */
#ifndef KERNEL_FAULT_MACHINE_CHECK_H
#define KERNEL_FAULT_MACHINE_CHECK_H

/* Enables machine-check exceptions. Without them a hardware error resets the machine and reports
 * nothing. Called once, after trap_init(). */
void machine_check_init(void);

/* Prints the processor's error banks on the console, a line for each that holds an error. For a
 * panic, in any context. */
void machine_check_print(void);

#endif
