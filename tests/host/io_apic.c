/*
 * I/O APICs against models of the chips, with tables that wire the lines in odd ways; and the
 * handlers of lines and of messages.
 */
#include <drivers/io_apic.h>
#include <drivers/irq.h>
#include <drivers/local_apic.h>
#include <string.h>

#include "../test.h"
#include "fake_apic.h"
#include "support.h"

enum { MANY = 100000 };

static unsigned handled;

static void handle(void *context)
{
    (void)context;
    handled++;
}

/* Handlers are for ever; the next start() of a controller leaves them where they are. */
static void add_handler(unsigned line)
{
    static struct irq_handler handlers[IRQ_LINES];
    handlers[line] = (struct irq_handler){"test", handle, NULL, NULL};
    EXPECT_EQ(irq_add_handler(line, &handlers[line]), OK);
}

static void count(void *context)
{
    (*(unsigned *)context)++;
}

static uint32_t low(unsigned chip, unsigned input)
{
    return fake_apic.io[chip].entries[2 * input];
}

static uint32_t high(unsigned chip, unsigned input)
{
    return fake_apic.io[chip].entries[2 * input + 1];
}

TEST(io_apic, lines_end_where_the_table_says)
{
    fake_apic_start(false);
    EXPECT_EQ(local_apic_find(), OK);
    EXPECT_EQ(io_apic_init(&fake_apic.madt), OK);
    EXPECT(irq_controller()->at_local_apic);
    for (unsigned input = 0; input < INPUTS; input++)
        EXPECT(low(0, input) & 1 << 16);
    add_handler(9);
    EXPECT_EQ(low(0, 9), (IRQ_FIRST_VECTOR + 9) | 1 << 13 | 1 << 15); /* level, active low */
    EXPECT_EQ(high(0, 9), 3u << 24);
    add_handler(4);
    EXPECT_EQ(low(0, 4), IRQ_FIRST_VECTOR + 4);
    irq_controller()->unmask(IRQ_TIMER);
    EXPECT_EQ(low(0, 2), IRQ_FIRST_VECTOR + IRQ_TIMER);
    EXPECT(low(0, 0) & 1 << 16);
    EXPECT(!irq_controller()->has(IRQ_CASCADE)); /* its input is the timer's */
    irq_controller()->mask(4);
    EXPECT_EQ(low(0, 4), (IRQ_FIRST_VECTOR + 4) | 1 << 16);
}

/* The lines are spread over two controllers, and an entry is of neither. */
TEST(io_apic, lines_may_be_spread_over_several)
{
    fake_apic_start(false);
    fake_apic.madt.io_apic_count = 2;
    fake_apic.madt.io_apics[1] = (struct acpi_io_apic){1, IO_APIC + 0x1000, INPUTS};
    fake_apic.madt.lines[3] = (struct acpi_line){INPUTS + 5, {false, false}, true};
    fake_apic.madt.lines[5] = (struct acpi_line){1000, {false, false}, true};
    EXPECT_EQ(local_apic_find(), OK);
    EXPECT_EQ(io_apic_init(&fake_apic.madt), OK);
    irq_controller()->unmask(3);
    EXPECT_EQ(low(1, 5), IRQ_FIRST_VECTOR + 3);
    EXPECT(low(0, 3) & 1 << 16);
    EXPECT(!irq_controller()->has(5));
    for (unsigned input = 0; input < INPUTS; input++)
        EXPECT(low(0, input) & 1 << 16);
}

TEST(io_apic, none_or_no_good_one_is_refused)
{
    fake_apic_start(false);
    fake_apic.madt.io_apic_count = 0;
    EXPECT_EQ(fake_apic_init(), ERROR_NO_DEVICE);
    fake_apic_start(false);
    fake_apic.io[0].version = UINT32_MAX;
    EXPECT_EQ(fake_apic_init(), ERROR_NO_DEVICE);
    fake_apic_start(false);
    fake_apic.io[0].version = 0x11; /* a single input: not even the timer's line ends there */
    EXPECT_EQ(fake_apic_init(), ERROR_NO_DEVICE);
    fake_apic_start(false);
    fake_apic.madt.io_apics[0].address++; /* registers lie at multiples of 16 */
    EXPECT_EQ(fake_apic_init(), ERROR_NO_DEVICE);
    fake_apic_start(false);
    fake_apic.madt.lines[IRQ_COM1] = (struct acpi_line){1000, {false, false}, true};
    EXPECT_EQ(fake_apic_init(), ERROR_NO_DEVICE);
}

/* Registers have numbers of eight bits. A driver that counted on would wrap round, to the registers
 * before the inputs'. */
TEST(io_apic, inputs_beyond_the_registers_numbers_are_not_written)
{
    fake_apic_start(false);
    fake_apic.io[0].version = 239 << 16 | 0x20;
    fake_apic.io[0].id = 7;
    EXPECT_EQ(fake_apic_init(), OK);
    EXPECT_EQ(fake_apic.io[0].id, 7);
}

/* Where the 8259s are used: only what lets them through stays open. */
TEST(io_apic, silencing_leaves_only_the_way_of_the_8259s)
{
    fake_apic_start(false);
    fake_apic.madt.io_apic_count = 3;
    fake_apic.madt.io_apics[1] = (struct acpi_io_apic){1, IO_APIC + 0x1000, INPUTS};
    fake_apic.madt.io_apics[2] = (struct acpi_io_apic){2, 0, 2 * INPUTS};
    fake_apic.io[0].entries[0] = 7 << 8;
    fake_apic.io[0].entries[4] = fake_apic.io[1].entries[2 * INPUTS - 2] = 0xd0;
    io_apic_silence(&fake_apic.madt);
    EXPECT_EQ(low(0, 0), 7 << 8);
    EXPECT(low(0, 2) & 1 << 16 && low(1, INPUTS - 1) & 1 << 16);
    EXPECT(!(low(2, 0) & 1 << 16));
}

/* The dead one is logged. It does no harm unless a line that is needed ends there. */
TEST(io_apic, a_dead_one_of_two_is_logged)
{
    fake_apic_start(false);
    fake_apic.madt.io_apic_count = 2;
    fake_apic.madt.io_apics[1] = (struct acpi_io_apic){1, IO_APIC + 0x1000, INPUTS};
    fake_apic.io[1].version = 0;
    host_log[0] = '\0';
    EXPECT_EQ(fake_apic_init(), OK);
    EXPECT(strstr(host_log, "no I/O APIC at 0xfec01000"));
    irq_controller()->unmask(IRQ_KEYBOARD);
    EXPECT_EQ(low(0, 1), IRQ_FIRST_VECTOR + IRQ_KEYBOARD);
    fake_apic.madt.lines[IRQ_KEYBOARD] = (struct acpi_line){INPUTS + 5, {false, false}, true};
    EXPECT_EQ(io_apic_init(&fake_apic.madt), ERROR_NO_DEVICE);
}

/* A destination has eight bits, and 255 is everybody (SDM 3A 11.6.2.1). */
TEST(io_apic, local_apics_beyond_its_reach_are_not_supported)
{
    for (uint32_t id = 253; id < 300; id++) {
        fake_apic_start(true);
        fake_apic.local[ID / 16] = id;
        EXPECT_EQ(fake_apic_init(), id < 255 ? OK : ERROR_UNSUPPORTED);
        EXPECT(id >= 255 || high(0, 1) == id << 24);
    }
}

/* An edge that came to a masked input is not known to it: the handler is called to look. */
TEST(io_apic, a_line_that_was_held_back_is_looked_at)
{
    fake_apic_start(false);
    EXPECT_EQ(local_apic_find(), OK);
    EXPECT_EQ(io_apic_init(&fake_apic.madt), OK);
    irq_renew_bursts();
    add_handler(10);
    for (unsigned i = 0; i < MANY && !(low(0, 10) & 1 << 16); i++)
        irq_run(10);
    EXPECT(low(0, 10) & 1 << 16);
    handled = 0;
    irq_renew_bursts();
    EXPECT_EQ(low(0, 10), IRQ_FIRST_VECTOR + 10);
    EXPECT_EQ(handled, 1);
    irq_renew_bursts();
    EXPECT_EQ(handled, 1);
}

/* Several devices at one line: PCI's, on inputs that ISA does not know. */
TEST(io_apic, lines_from_16_on_are_levels_and_may_be_shared)
{
    static unsigned calls[2];
    static struct irq_handler first = {"first", count, &calls[0], NULL},
                              second = {"second", count, &calls[1], NULL};
    fake_apic_start(false);
    EXPECT_EQ(fake_apic_init(), OK);
    EXPECT_EQ(irq_add_handler(INPUTS, &first), ERROR_NO_DEVICE);
    EXPECT_EQ(irq_add_handler(IRQ_LINES, &first), ERROR_NO_DEVICE);
    EXPECT_EQ(irq_add_handler(17, &first), OK);
    EXPECT_EQ(low(0, 17), (IRQ_FIRST_VECTOR + 17) | 1 << 13 | 1 << 15); /* level, active low */
    EXPECT_EQ(high(0, 17), 3u << 24);
    EXPECT_EQ(irq_add_handler(17, &second), OK);
    irq_run(17);
    EXPECT(calls[0] == 1 && calls[1] == 1);
}

/* The table may let an ISA line end at such an input; it is that line's then. */
TEST(io_apic, an_input_belongs_to_one_line)
{
    fake_apic_start(false);
    fake_apic.madt.lines[9] = (struct acpi_line){20, {true, true}, true};
    EXPECT_EQ(fake_apic_init(), OK);
    EXPECT(irq_controller()->has(9) && irq_controller()->has(21));
    EXPECT(!irq_controller()->has(20));
}

/* Each gets a vector of its own, until there is none. */
TEST(irq, each_message_has_a_vector_of_its_own)
{
    static unsigned calls[2];
    struct irq_handler first = {"first", count, &calls[0], NULL},
                       second = {"second", count, &calls[1], NULL};
    unsigned vectors[IRQ_MESSAGES], one_more;
    fake_apic_start(false);
    EXPECT_EQ(fake_apic_init(), OK);
    irq_run_message(IRQ_FIRST_MESSAGE); /* has no handler yet */
    for (unsigned i = 0; i < IRQ_MESSAGES; i++) {
        EXPECT_EQ(irq_allocate_vector(i ? &first : &second, &vectors[i]), OK);
        EXPECT(vectors[i] >= IRQ_FIRST_MESSAGE && vectors[i] < LOCAL_APIC_TIMER_VECTOR);
        EXPECT(i == 0 || vectors[i] > vectors[i - 1]);
    }
    EXPECT_EQ(irq_allocate_vector(&first, &one_more), ERROR_FULL);
    irq_run_message(vectors[0]);
    irq_run_message(vectors[1]);
    EXPECT(calls[0] == 1 && calls[1] == 1);
    EXPECT(irq_message_handler(vectors[0]) == &second && irq_message_handler(vectors[1]) == &first);
    EXPECT(!irq_message_handler(IRQ_FIRST_MESSAGE - 1) && !irq_message_handler(UINT32_MAX));
}
