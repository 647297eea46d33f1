/*
 * I/O APICs (Intel 82093AA data sheet): each takes interrupts at its inputs and sends them to local
 * APICs.
 */
#ifndef DRIVERS_IO_APIC_H
#define DRIVERS_IO_APIC_H

#include <drivers/acpi_tables.h>

/* Masks every input of every I/O APIC, connects the lines, the first 16 as `madt` says, to the
 * vectors from IRQ_FIRST_VECTOR on, and calls irq_start(). Interrupts are sent to the local APIC
 * that has been found. An I/O APIC that does not answer is logged and left out. ERROR_NO_DEVICE
 * when the line of the timer, the keyboard or COM1 ends at no I/O APIC that answers.
 * ERROR_UNSUPPORTED when the local APIC's number is too large for I/O APICs (logged). After an
 * error, every input that was changed is masked. During set-up, after kernel_space_init() and
 * local_apic_find(). */
enum error io_apic_init(const struct acpi_madt *madt);

/* Masks every input of every I/O APIC, except those through which 8259s may interrupt (ExtINT), for
 * a kernel that uses the 8259s instead. During set-up, after kernel_space_init(). */
void io_apic_silence(const struct acpi_madt *madt);

#endif
