/*
 * The local APIC of the running processor (Intel SDM 3A, chapter 11): takes interrupts from I/O
 * APICs and from its own two inputs and timer, and hands them to the processor one by one.
 */
#ifndef DRIVERS_LOCAL_APIC_H
#define DRIVERS_LOCAL_APIC_H

#include <drivers/acpi_tables.h>
#include <io.h>
#include <kernel/cpu/control.h>

enum { LOCAL_APIC_TIMER_VECTOR = 0xf0, LOCAL_APIC_SPURIOUS_VECTOR = 0xff };

/* Finds the local APIC and maps its registers. ERROR_NO_DEVICE when the processor has none, or the
 * firmware keeps it switched off; ERROR_DEVICE when it does not look like one; errors of
 * mmio_map(). Changes nothing in it, and may be called twice. After kernel_space_init(); not in an
 * interrupt handler. */
enum error local_apic_find(void);

/* Switches the local APIC on. With `madt`, its inputs are set up as that table says, and 8259s
 * cannot interrupt through them. With NULL, the 8259s interrupt through input 0. The timer and the
 * local APIC's other sources are masked in both cases. Interrupts that were left in it are ended
 * (logged) or delivered: for that, interrupts are enabled for a moment. After local_apic_find(),
 * when the I/O APICs' entries are masked and fault_set_interrupt_end() has been called, with
 * interrupts masked. */
void local_apic_start(const struct acpi_madt *madt);

/* Ends an interrupt for which no handler is registered, if it came through the local APIC. In the
 * interrupt's handler, after local_apic_find(). */
void local_apic_end_unexpected(unsigned vector);

/* The local APIC's number, by which an I/O APIC addresses it: 8 bits, or 32 in x2APIC mode. After
 * local_apic_find(). Any context. */
uint32_t local_apic_id(void);

/* The address and the value that a device writes to raise `vector` at this local APIC (MSI; Intel
 * SDM 3A 11.11): an edge, with fixed delivery. The vector is from irq_allocate_vector(). After
 * local_apic_find(). The local APIC's number is below 255, as io_apic_init() has checked. Any
 * context. */
uint64_t local_apic_msi_address(void);
uint32_t local_apic_msi_data(unsigned vector);

/* Starts the timer: it raises LOCAL_APIC_TIMER_VECTOR after `count` > 0 periods of the bus clock's
 * sixteenth, whose rate is not known, and, if it is periodic, every `count` periods from then on.
 * Any context, like the next two. */
void local_apic_start_timer(uint32_t count, bool periodic);

/* Sets the timer, which has been started, to another count from now on. */
void local_apic_restart_timer(uint32_t count);

/* The count that is left; 0 when a timer that is not periodic has run down. */
uint32_t local_apic_timer_count(void);

/* --- The end of an interrupt ---------------------------------------------------------------- */

enum { LOCAL_APIC_END = 0x0b0, MSR_X2APIC = 0x800 /* + register / 16 */ };

/* Where the registers are mapped; NULL when they are MSRs (x2APIC mode). Only to be read. */
extern volatile uint8_t *local_apic_registers;

/* Ends an interrupt of an APIC: the last call in its handler. Not after a spurious interrupt. */
static inline void local_apic_end(void)
{
    if (local_apic_registers)
        mmio_write(local_apic_registers + LOCAL_APIC_END, 0);
    else
        write_msr(MSR_X2APIC + LOCAL_APIC_END / 16, 0);
}

#endif
