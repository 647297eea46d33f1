/*
 * `irq`: shows how many interrupts and exceptions have come.
 */
#include <drivers/irq.h>
#include <drivers/local_apic.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/console.h>
#include <kernel/monitor/command.h>
#include <kernel/monitor/monitor.h>

/* The devices of a PC at these lines; not all have a driver. */
static const char *const devices[IRQ_ISA_LINES] = {
    "timer",
    "keyboard",
    "second controller",
    "COM2",
    "COM1",
    "LPT2",
    "floppy disk",
    "LPT1",
    "real-time clock",
    "",
    "",
    "",
    "PS/2 mouse",
    "x87",
    "first disk",
    "second disk",
};

static void print_devices(unsigned line, const struct irq_handler *handler)
{
    if (!handler)
        console_printf("%s", line < IRQ_ISA_LINES ? devices[line] : "");
    for (; handler; handler = handler->next)
        console_printf("%s%s", handler->name, handler->next ? ", " : "");
}

/* Lines without a handler and without interrupts are left out. */
static void print_line(unsigned line)
{
    struct irq_line state;
    irq_line(line, &state);
    if (!state.handled && state.interrupts == 0 && state.spurious == 0)
        return;
    console_printf("  line %2u %12lu  ", line, state.interrupts);
    print_devices(line, state.handlers);
    if (state.spurious)
        console_printf(", spurious %lu", state.spurious);
    if (state.storms)
        console_printf(", storms %lu", state.storms);
    console_printf("%s\n", state.masked ? ", masked" : "");
}

static void print_losses(void)
{
    struct monitor_losses losses;
    monitor_losses(&losses);
    console_printf("  lost %12lu  keyboard\n", losses.keyboard);
    console_printf("  lost %12lu  COM1\n", losses.serial);
}

static const char *vector_name(unsigned vector)
{
    const struct irq_handler *handler = irq_message_handler(vector);
    if (handler)
        return handler->name;
    switch (vector) {
    case LOCAL_APIC_TIMER_VECTOR:
        return "timer of the local APIC";
    case LOCAL_APIC_SPURIOUS_VECTOR:
        return "spurious, of the local APIC";
    default:
        return trap_name(vector);
    }
}

/* Vectors that were never used are left out, except messages that have a handler. */
static void print_vector(unsigned vector)
{
    if (trap_count(vector) || irq_message_handler(vector))
        console_printf("  vector %3u %9lu  %s\n", vector, trap_count(vector), vector_name(vector));
}

COMMAND(irq, "", "how often each interrupt line and vector was used")
{
    if (command_refuse_arguments("irq", arguments))
        return;
    console_printf("lines (%s):\n", irq_controller()->name);
    for (unsigned line = 0; line < IRQ_LINES; line++)
        print_line(line);
    print_losses();
    for (unsigned vector = 0; vector < IRQ_FIRST_VECTOR; vector++)
        print_vector(vector);
    for (unsigned vector = IRQ_FIRST_MESSAGE; vector < VECTOR_COUNT; vector++)
        print_vector(vector);
}
