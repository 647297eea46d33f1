/*
 * The 8259s are what is taken unless something else is asked for, or the machine says that it has
 * none, or none answers. What cannot be had is logged, and the other one taken.
 */
#include <drivers/acpi.h>
#include <drivers/io_apic.h>
#include <drivers/local_apic.h>
#include <drivers/pic8259.h>
#include <kernel/interrupts.h>
#include <kernel/log/log.h>
#include <kernel/options.h>

static enum error start_apics(void)
{
    static struct acpi_madt madt; /* large for a stack */
    enum error error = acpi_madt(&madt);
    if (!error)
        error = local_apic_find();
    if (!error)
        error = io_apic_init(&madt);
    if (error)
        return error;
    if (madt.has_8259)
        pic8259_silence();
    local_apic_start(&madt);
    return OK;
}

OPTION(irq);

static bool are_asked_for(void)
{
    if (option_is(option_irq, "apic"))
        return true;
    if (option_irq && !option_is(option_irq, "pic"))
        log_warn("options: irq=%s is none of pic, apic", option_irq);
    return false;
}

static bool wants_apics(void)
{
    bool asked = are_asked_for();
    if (!acpi_has_8259())
        return true;
    if (!pic8259_present()) {
        log_info("irq: no 8259 answers");
        return true;
    }
    return asked;
}

void interrupts_start(void)
{
    if (wants_apics()) {
        enum error error = start_apics();
        if (!error)
            return;
        log_warn("irq: the APICs cannot be used (%s); the 8259s are", error_name(error));
    }
    pic8259_init();
}
