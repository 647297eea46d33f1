#include "fake_apic.h"

#include <drivers/io_apic.h>
#include <drivers/local_apic.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>

#include "fake_ports.h"
#include "fake_processor.h"

struct fake_apic fake_apic;

/* --- The local APIC ------------------------------------------------------------------------- */

static bool has_vector(unsigned first, unsigned vector)
{
    return fake_apic.local[first / 16 + vector / 32] >> vector % 32 & 1;
}

void flip_vector(unsigned first, unsigned vector)
{
    fake_apic.local[first / 16 + vector / 32] ^= UINT32_C(1) << vector % 32;
}

unsigned highest_vector(unsigned first)
{
    unsigned vector = VECTOR_COUNT - 1;
    while (vector && !has_vector(first, vector))
        vector--;
    return vector;
}

static void write_local(unsigned reg, uint32_t value)
{
    if (reg == END) {
        fake_apic.ends++;
        if (highest_vector(IN_SERVICE))
            flip_vector(IN_SERVICE, highest_vector(IN_SERVICE));
    }
    fake_apic.local[reg / 16] = value;
}

struct cpuid_result fake_apic_cpuid(uint32_t leaf)
{
    return (struct cpuid_result){.edx = leaf == 1 ? fake_apic.features : 0};
}

uint64_t fake_apic_read_msr(uint32_t msr)
{
    return msr == 0x1b ? fake_apic.base : fake_apic.local[msr - 0x800];
}

void fake_apic_write_msr(uint32_t msr, uint64_t value)
{
    write_local((msr - 0x800) * 16, (uint32_t)value);
}

/* --- The I/O APICs, as many as there are pages ---------------------------------------------- */

static uint32_t *chip_register(struct fake_io_apic *chip)
{
    static uint32_t nothing;
    if (chip->selected <= 1)
        return chip->selected ? &chip->version : &chip->id;
    unsigned entry = chip->selected - 0x10u;
    return entry < ARRAY_SIZE(chip->entries) ? &chip->entries[entry] : &nothing;
}

static struct fake_io_apic *chip_at(phys_addr_t address)
{
    return &fake_apic.io[(address - IO_APIC) / 0x1000 % ARRAY_SIZE(fake_apic.io)];
}

static uint32_t read_memory(phys_addr_t address)
{
    return address >= LOCAL_APIC ? fake_apic.local[(address - LOCAL_APIC) / 16]
                                 : *chip_register(chip_at(address));
}

static void write_memory(phys_addr_t address, uint32_t value)
{
    if (address >= LOCAL_APIC)
        write_local((unsigned)(address - LOCAL_APIC), value);
    else if (address & 0x10)
        *chip_register(chip_at(address)) = value;
    else
        chip_at(address)->selected = (uint8_t)value;
}

/* --- A machine ------------------------------------------------------------------------------ */

void fake_apic_start(bool x2apic)
{
    fake_processor_set(
        (struct fake_processor){fake_apic_cpuid, fake_apic_read_msr, fake_apic_write_msr});
    fake_ports_set((struct fake_device){.read_memory = read_memory, .write_memory = write_memory});
    fake_apic = (struct fake_apic){
        .base = LOCAL_APIC | 1 << 11 | (x2apic ? 1 << 10 : 0),
        .features = 1 << 9,
        .madt = {.has_8259 = true, .io_apic_count = 1, .io_apics = {{0, IO_APIC, 0}}},
    };
    fake_apic.local[VERSION / 16] = 5 << 16 | 0x14;
    fake_apic.local[ID / 16] = x2apic ? 3 : 3u << 24;
    for (size_t i = 0; i < ARRAY_SIZE(fake_apic.io); i++)
        fake_apic.io[i].version = (INPUTS - 1) << 16 | 0x20;
    for (unsigned line = 0; line < ACPI_ISA_LINES; line++)
        fake_apic.madt.lines[line].gsi = line;
    fake_apic.madt.lines[0] = (struct acpi_line){2, {false, false}, true};
    fake_apic.madt.lines[9] = (struct acpi_line){9, {true, true}, true};
    fake_apic.madt.local_inputs[1] = (struct acpi_local_input){true, {true, false}};
}

enum error fake_apic_init(void)
{
    enum error error = local_apic_find();
    return error ? error : io_apic_init(&fake_apic.madt);
}
