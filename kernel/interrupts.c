/*
 * The APICs are used where ACPI describes them, unless `irq=pic` asks for the 8259s and the machine
 * has them. A kind that cannot be used is logged, and the other one is used.
 */
#include <drivers/acpi.h>
#include <drivers/io_apic.h>
#include <drivers/local_apic.h>
#include <drivers/pic8259.h>
#include <kernel/fault/fault.h>
#include <kernel/interrupts.h>
#include <kernel/log/log.h>
#include <kernel/options.h>

static struct acpi_madt madt; /* large for a stack */

static enum error start_apics(void)
{
    enum error error = acpi_madt(&madt);
    if (!error)
        error = local_apic_find();
    if (!error)
        error = io_apic_init(&madt);
    if (error)
        return error;
    if (madt.has_8259)
        pic8259_silence();
    fault_set_interrupt_end(local_apic_end_unexpected);
    local_apic_start(&madt);
    return OK;
}

/* The 8259s interrupt through the local APIC, if there is one. */
static void start_8259s(void)
{
    pic8259_init();
    if (acpi_madt(&madt) == OK)
        io_apic_silence(&madt);
    if (local_apic_find() != OK)
        return;
    fault_set_interrupt_end(local_apic_end_unexpected);
    local_apic_start(NULL);
}

OPTION(irq);

static bool are_8259s_asked_for(void)
{
    if (option_is(option_irq, "pic"))
        return true;
    if (option_irq && !option_is(option_irq, "apic"))
        log_warn("options: irq=%s is none of pic, apic", option_irq);
    return false;
}

static bool has_8259s(void)
{
    if (!acpi_has_8259())
        return false;
    if (pic8259_present())
        return true;
    log_info("irq: no 8259 answers");
    return false;
}

void interrupts_start(void)
{
    if (are_8259s_asked_for() && has_8259s()) {
        start_8259s();
        return;
    }
    enum error error = start_apics();
    if (!error)
        return;
    log_warn("irq: the APICs cannot be used (%s); the 8259s are", error_name(error));
    start_8259s();
}
