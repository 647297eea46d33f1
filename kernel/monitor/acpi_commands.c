/*
 * `acpi`: shows the firmware's description of the machine.
 */
#include <drivers/acpi.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>

static void print_table(const struct acpi_table *table)
{
    struct acpi_header header;
    if (!acpi_table_header(table, &header))
        console_printf("  ????  0x%012lx  out of reach\n", table->address);
    else
        console_printf("  %s  0x%012lx %7u bytes  revision %u  %s %s  %s\n", header.signature,
                       table->address, table->length, header.revision, header.oem, header.oem_table,
                       table->verdict ? "broken: checksum or length" : "good");
}

static const char *signal_name(struct acpi_signal signal)
{
    if (signal.level)
        return signal.active_low ? "level, active low" : "level, active high";
    return signal.active_low ? "edge, active low" : "edge, active high";
}

static void print_fadt(const struct acpi_fadt *fadt)
{
    console_printf("fixed description, revision %u:%s%s%s%s%s%s\n", fadt->revision,
                   fadt->no_i8042 ? " no i8042," : "", fadt->no_vga ? " no VGA," : "",
                   fadt->no_cmos_clock ? " no CMOS clock," : "",
                   fadt->hardware_reduced ? " reduced hardware," : "",
                   fadt->reset.address ? " reset register," : "",
                   fadt->pm_timer_has_32_bits ? " PM timer of 32 bits" : " PM timer of 24 bits");
}

static void print_madt(const struct acpi_madt *madt)
{
    console_printf("processors: %u; local APIC at 0x%lx; %s\n", madt->processors, madt->local_apic,
                   madt->has_8259 ? "8259s, too" : "no 8259s");
    for (unsigned i = 0; i < madt->io_apic_count; i++)
        console_printf("  I/O APIC %u at 0x%lx, interrupts from %u on\n", madt->io_apics[i].id,
                       madt->io_apics[i].address, madt->io_apics[i].first_gsi);
    for (unsigned line = 0; line < ACPI_ISA_LINES; line++) {
        if (madt->lines[line].overridden)
            console_printf("  line %u is interrupt %u (%s)\n", line, madt->lines[line].gsi,
                           signal_name(madt->lines[line].signal));
    }
    for (unsigned input = 0; input < ACPI_LOCAL_INPUTS; input++) {
        if (madt->local_inputs[input].is_nmi)
            console_printf("  local input %u is the NMI (%s)\n", input,
                           signal_name(madt->local_inputs[input].signal));
    }
}

static void print_mcfg(const struct acpi_mcfg *mcfg)
{
    for (unsigned i = 0; i < mcfg->count; i++)
        console_printf("PCI segment %u, buses %u to %u: configuration space at 0x%lx\n",
                       mcfg->segments[i].number, mcfg->segments[i].first_bus,
                       mcfg->segments[i].last_bus, mcfg->segments[i].address);
}

COMMAND(acpi, "", "the firmware's description of the machine")
{
    struct acpi_table table;
    struct acpi_madt madt;
    struct acpi_mcfg mcfg;
    if (command_refuse_arguments("acpi", arguments))
        return;
    if (!acpi_table(0, &table)) {
        console_printf("acpi: this machine has no tables\n");
        return;
    }
    for (size_t i = 0; acpi_table(i, &table); i++)
        print_table(&table);
    if (acpi_fadt())
        print_fadt(acpi_fadt());
    if (acpi_madt(&madt) == OK)
        print_madt(&madt);
    if (acpi_mcfg(&mcfg) == OK)
        print_mcfg(&mcfg);
}
