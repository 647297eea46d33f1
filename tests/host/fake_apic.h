/*
 * Models of a local APIC, in both of its modes, and of I/O APICs, with the table of ACPI that tells
 * of them (Intel SDM 3A 11; 82093AA data sheet).
 */
#ifndef TESTS_HOST_FAKE_APIC_H
#define TESTS_HOST_FAKE_APIC_H

#include <drivers/acpi_tables.h>

enum { LOCAL_APIC = 0xfee00000, IO_APIC = 0xfec00000, INPUTS = 24 };

enum { ID = 0x20, VERSION = 0x30, TASK_PRIORITY = 0x80, END = 0xb0, SPURIOUS = 0xf0 };
enum { IN_SERVICE = 0x100, REQUESTED = 0x200 };

struct fake_apic {
    uint64_t base;              /* its model-specific register */
    uint32_t features;          /* EDX of CPUID's leaf 1 */
    uint32_t local[0x400 / 16]; /* the local APIC: a register each 16 bytes */
    unsigned ends;              /* how many interrupts were ended */
    struct fake_io_apic {
        uint8_t selected; /* the register that is read and written next */
        uint32_t id, version;
        uint32_t entries[2 * INPUTS];
    } io[3]; /* a page each from IO_APIC on */
    struct acpi_madt madt;
};
extern struct fake_apic fake_apic;

/* A machine that was just switched on, with one I/O APIC. As on a PC, line 0 is interrupt 2, line 9
 * a level, local input 1 the NMI. */
void fake_apic_start(bool x2apic);

/* Finds the local APIC and starts the I/O APICs, with what a test has made of the machine. */
enum error fake_apic_init(void);

/* The local APIC's vectors are the bits of eight registers from `first` on. Sets a vector that is
 * clear, or clears it; returns the highest one that is set, or 0. */
void flip_vector(unsigned first, unsigned vector);
unsigned highest_vector(unsigned first);

/* What happens while registers are being mapped; NULL: nothing. */
extern void (*interrupt_during_map)(void);

/* The model-specific registers. */
struct cpuid_result fake_apic_cpuid(uint32_t leaf);
uint64_t fake_apic_read_msr(uint32_t msr);
void fake_apic_write_msr(uint32_t msr, uint64_t value);

#endif
