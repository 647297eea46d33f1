/*
 * Machine checks: the hardware has found an error in itself.
 */
#ifndef KERNEL_FAULT_MACHINE_CHECK_H
#define KERNEL_FAULT_MACHINE_CHECK_H

/* Has the processor report errors of the hardware, which otherwise reset the machine without a
 * word. Called once, after trap_init(). */
void machine_check_init(void);

/* Prints what the processor's banks hold about such an error, a line for each, on the console. For
 * a panic. */
void machine_check_print(void);

#endif
