/*
 * Interrupt controllers and the clock. The runner boots this suite in several ways: `irq=pic`, no
 * PIT, other chipsets, UEFI.
 */
#include <drivers/acpi.h>
#include <drivers/irq.h>
#include <drivers/local_apic.h>
#include <io.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/options.h>
#include <kernel/task/clock.h>
#include <lib/string.h>

#include "../test.h"
#include "record.h"

OPTION(irq);

static bool wants_apic(void)
{
    return !option_is(option_irq, "pic");
}

TEST(interrupts, the_controller_is_the_one_that_was_asked_for)
{
    EXPECT_STR(irq_controller()->name, wants_apic() ? "I/O APIC" : "8259");
    EXPECT_EQ(irq_controller()->at_local_apic, wants_apic());
}

/* Only one of the two controllers may have open lines: an interrupt must not come twice. */
TEST(interrupts, the_8259s_are_masked_where_the_apics_are_used)
{
    enum { MASTER_DATA = 0x21, SLAVE_DATA = 0xa1 };
    bool all_masked = inb(MASTER_DATA) == 0xff && inb(SLAVE_DATA) == 0xff;
    EXPECT_EQ(all_masked, wants_apic());
}

/* One interrupt for each tick, not two and not none, however the line is wired. */
TEST(interrupts, ticks_come_one_by_one)
{
    struct irq_line line;
    for (unsigned i = 0; i < 20; i++) {
        uint64_t before = clock_now();
        wait_for_interrupt();
        EXPECT(clock_now() >= before);
    }
    irq_line(IRQ_TIMER, &line);
    uint64_t others = trap_count(LOCAL_APIC_TIMER_VECTOR);
    EXPECT(line.handled);
    EXPECT(line.masked ? others > 0 : line.interrupts >= 15); /* alarms are among the others */
    EXPECT_EQ(line.spurious, 0);
}

TEST(interrupts, a_spurious_one_of_the_local_apic_is_no_news)
{
    if (!wants_apic())
        return;
    unsigned lines = log_count("unexpected");
    uint64_t before = trap_count(LOCAL_APIC_SPURIOUS_VECTOR);
    __asm__ volatile("int %0" : : "i"(LOCAL_APIC_SPURIOUS_VECTOR) : "memory");
    EXPECT_EQ(log_count("unexpected"), lines);
    EXPECT_EQ(trap_count(LOCAL_APIC_SPURIOUS_VECTOR), before + 1);
}

static unsigned messages;

static void count_message(void *context)
{
    (void)context;
    messages++;
}

static void send_to_itself(unsigned vector)
{
    enum { COMMAND = 0x300, FIXED_TO_SELF = 1 << 18 }; /* Intel SDM 3A 11.6.1 */
    mmio_write(local_apic_registers + COMMAND, FIXED_TO_SELF | vector);
}

/* The interrupt that a device's write would raise, raised by the local APIC. The second comes only
 * if the first was ended. */
TEST(interrupts, messages_have_vectors)
{
    static struct irq_handler handler = {.name = "test", .run = count_message};
    unsigned vector;
    enum error error = irq_allocate_vector(&handler, &vector);
    EXPECT_EQ(error, wants_apic() ? OK : ERROR_UNSUPPORTED);
    if (error)
        return;
    EXPECT_EQ(local_apic_msi_data(vector), vector);
    EXPECT_EQ(local_apic_msi_address(), 0xfee00000 | (uint64_t)local_apic_id() << 12);
    for (unsigned i = 1; i <= 2; i++) {
        send_to_itself(vector);
        for (uint64_t start = clock_now();
             messages < i && clock_now() < start + NANOSECONDS_PER_SECOND;)
            wait_for_interrupt();
        EXPECT_EQ(messages, i);
    }
    EXPECT(irq_message_handler(vector) == &handler);
}

/* No handler is registered for it. The second comes only if the first was ended. */
TEST(interrupts, an_unexpected_vector_is_ended)
{
    enum { UNEXPECTED = 0xd0 };
    if (!wants_apic())
        return;
    unsigned before = log_count("unexpected");
    for (unsigned i = 1; i <= 2; i++) {
        send_to_itself(UNEXPECTED);
        for (uint64_t start = clock_now();
             trap_count(UNEXPECTED) < i && clock_now() < start + NANOSECONDS_PER_SECOND;)
            wait_for_interrupt();
        EXPECT_EQ(trap_count(UNEXPECTED), i);
    }
    EXPECT_EQ(log_count("unexpected"), before + 1);
}

TEST(interrupts, a_line_that_does_not_exist_takes_no_handler)
{
    static struct irq_handler handler = {.name = "test", .run = count_message};
    EXPECT_EQ(irq_add_handler(IRQ_LINES, &handler), ERROR_NO_DEVICE);
}

/* How many nanoseconds the clock and ACPI's timer see passing in the same while. The two are not
 * read at the same moment, and a machine may stand still in between. */
struct while_passed {
    uint64_t clock_least, clock_most, acpi;
};

/* A while is `counts` of ACPI's timer and a tick. */
static struct while_passed pass_a_while(uint32_t counts, void (*wait)(void))
{
    const uint64_t frequency = 3579545;
    uint16_t port = (uint16_t)acpi_fadt()->pm_timer.address;
    wait_for_interrupt();
    uint64_t before_first = clock_now();
    uint32_t first = inl(port), passed;
    uint64_t after_first = clock_now(), before_last;
    do {
        wait();
        before_last = clock_now();
        passed = (inl(port) - first) & 0xffffff;
    } while (passed < counts);
    return (struct while_passed){before_last - after_first, clock_now() - before_first,
                                 passed * NANOSECONDS_PER_SECOND / frequency};
}

/* The clock may show the time of the last tick. */
static bool are_close(struct while_passed passed)
{
    const uint64_t tick = 3 * NANOSECONDS_PER_MILLISECOND / 2;
    return passed.clock_most + tick >= passed.acpi && passed.clock_least <= passed.acpi + tick;
}

/* On a busy host a tick may come late, and the clock is late until then: some attempts are made. */
static bool see_the_same(void (*wait)(void))
{
    bool same = false;
    for (unsigned i = 0; i < 3 && !same; i++)
        same = are_close(pass_a_while(100000, wait));
    return same;
}

TEST(interrupts, the_clock_keeps_pace_with_acpis_timer)
{
    EXPECT(acpi_fadt() != NULL && acpi_fadt()->pm_timer.space == ACPI_SPACE_IO);
    for (unsigned i = 0; i < 5; i++)
        EXPECT(see_the_same(wait_for_interrupt));
}

/* Long enough for several ticks. */
static void spin_masked(void)
{
    uint64_t flags = interrupts_save();
    for (unsigned i = 0; i < 100000; i++)
        io_delay();
    interrupts_restore(flags);
}

/* Ticks are lost here, but their time is not. */
TEST(interrupts, the_clock_does_not_miss_lost_ticks)
{
    for (unsigned i = 0; i < 5; i++)
        EXPECT(see_the_same(spin_masked));
}
