/*
 * Sets up the devices that can be typed at: the PS/2 keyboard, keyboards on USB, and COM1. During
 * set-up.
 */
#ifndef KERNEL_INPUT_H
#define KERNEL_INPUT_H

#include <drivers/uart16550.h>
#include <kernel/task/executor.h>

/* The first serial port. */
extern struct uart16550 com1;

/* Makes COM1, if a probe finds it, a sink of the console; and the debug console of an emulator.
 * Each write waits until it is sent. Needs nothing, so that it can run first. */
void input_start_serial_console(void);

/* Makes COM1 send and receive by interrupts, and the monitor read it on `executor`. After
 * interrupts_start(). */
void input_start_serial(struct executor *executor);

/* Spawn the set-up of the keyboards, which may answer slowly. After interrupts_start(); for USB
 * after pci_start_drivers(), too. */
void input_start_keyboard(struct executor *executor);
void input_start_usb(struct executor *executor);

/* Runs the executor until the keyboards are set up, side by side, each with a time limit. Logs it
 * if nothing can be typed. After ticks_start(), with interrupts enabled. */
void input_wait_for_devices(struct executor *executor);

/* Does the firmware say that there is an i8042 (ACPI's FADT)? True if it says nothing. */
bool input_may_have_i8042(void);

#endif
