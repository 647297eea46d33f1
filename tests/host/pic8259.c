/*
 * The interrupt controllers' driver against a model of the two chips: what they were told, and
 * which lines they have in service.
 */
#include <drivers/pic8259.h>
#include <kernel/cpu/trap.h>
#include <string.h>

#include "../test.h"
#include "fake_ports.h"

enum { MASTER = 0x20, SLAVE = 0xa0, EOI = 0x60, READ_IN_SERVICE = 0x0b, MANY = 100000 };

static struct chip {
    uint8_t mask;
    uint8_t in_service;
    unsigned words_to_come; /* of its initialisation */
    uint8_t vector;
} master, slave;

static struct chip *chip_at(uint16_t port)
{
    return (port & 0xfe) == MASTER ? &master : &slave;
}

static void write_port(uint16_t port, uint8_t value)
{
    struct chip *chip = chip_at(port);
    if ((port & 0xfe) != MASTER && (port & 0xfe) != SLAVE)
        return;
    if (port & 1 && chip->words_to_come) {
        if (chip->words_to_come-- == 3)
            chip->vector = value;
    } else if (port & 1) {
        chip->mask = value;
    } else if (value & 0x10) {
        chip->words_to_come = 3;
    } else if ((value & 0xf8) == EOI) {
        chip->in_service &= (uint8_t) ~(1u << (value & 7));
    }
}

static uint8_t read_port(uint16_t port)
{
    if (port & 1)
        return chip_at(port)->mask;
    return chip_at(port)->in_service;
}

/* What the driver needs of kernel/cpu/trap.c. */
static trap_handler trap_handlers[VECTOR_COUNT];
static uint64_t counts[VECTOR_COUNT];

void trap_set_handler(unsigned vector, trap_handler handler)
{
    trap_handlers[vector] = handler;
}

void trap_set_handlers(unsigned first, unsigned count, trap_handler handler)
{
    for (unsigned i = 0; i < count; i++)
        trap_set_handler(first + i, handler);
}

uint64_t trap_count(unsigned vector)
{
    return counts[vector];
}

static unsigned handled[IRQ_ISA_LINES];

static void handle(void *context)
{
    (*(unsigned *)context)++;
}

static void add_handler(unsigned line)
{
    static struct irq_handler handlers[IRQ_ISA_LINES];
    handlers[line] = (struct irq_handler){"test", handle, &handled[line], NULL};
    EXPECT_EQ(irq_add_handler(line, &handlers[line]), OK);
}

/* Once: handlers are for ever. */
static void start(void)
{
    static bool started;
    fake_ports_set((struct fake_device){.read = read_port, .write = write_port});
    if (started)
        return;
    started = true;
    pic8259_init();
    add_handler(1);
    add_handler(7);
    add_handler(12);
    add_handler(15);
}

static void raise(unsigned line)
{
    struct trap_frame frame = {.vector = IRQ_FIRST_VECTOR + line};
    counts[frame.vector]++;
    trap_handlers[frame.vector](&frame);
}

/* A line that asks: it is in service, and so is the cascade line of one behind it. */
static void ask(unsigned line)
{
    if (line < 8)
        master.in_service |= (uint8_t)(1u << line);
    if (line >= 8) {
        slave.in_service |= (uint8_t)(1u << (line - 8));
        master.in_service |= 1u << IRQ_CASCADE;
    }
    raise(line);
}

static unsigned masks(void)
{
    return (unsigned)slave.mask << 8 | master.mask;
}

TEST(pic8259, is_known_by_what_it_keeps)
{
    fake_ports_set((struct fake_device){.read = read_port, .write = write_port});
    EXPECT(pic8259_present());
    fake_ports_set((struct fake_device){0}); /* an empty bus */
    EXPECT(!pic8259_present());
}

TEST(pic8259, only_handled_lines_are_open)
{
    start();
    EXPECT_EQ(master.vector, IRQ_FIRST_VECTOR);
    EXPECT_EQ(slave.vector, IRQ_FIRST_VECTOR + 8);
    EXPECT_EQ(masks(), 0xffffu & ~(1u << 1 | 1u << IRQ_CASCADE | 1u << 7 | 1u << 12 | 1u << 15));
}

/* Neither inputs of I/O APICs nor messages. */
TEST(pic8259, has_sixteen_lines_and_nothing_else)
{
    struct irq_handler handler = {"test", handle, &handled[0], NULL};
    unsigned vector;
    start();
    EXPECT_EQ(irq_add_handler(16, &handler), ERROR_NO_DEVICE);
    EXPECT_EQ(irq_allocate_vector(&handler, &vector), ERROR_UNSUPPORTED);
}

TEST(pic8259, every_line_ends_at_its_controllers)
{
    start();
    for (unsigned line = 1; line < IRQ_ISA_LINES; line++) {
        ask(line);
        EXPECT_EQ(master.in_service, 0);
        EXPECT_EQ(slave.in_service, 0);
    }
    EXPECT_EQ(handled[1], 1);
    EXPECT_EQ(handled[7], 1);
    EXPECT_EQ(handled[12], 1);
    EXPECT_EQ(handled[15], 1);
}

/* Nothing is in service, so nothing may be ended: not even what the line below has in service. */
TEST(pic8259, a_spurious_interrupt_of_the_master_ends_nothing)
{
    struct irq_line before, after;
    start();
    irq_line(7, &before);
    unsigned calls = handled[7];
    master.in_service = 1 << 1;
    raise(7);
    irq_line(7, &after);
    EXPECT_EQ(master.in_service, 1 << 1);
    EXPECT_EQ(handled[7], calls);
    EXPECT_EQ(after.spurious, before.spurious + 1);
    EXPECT_EQ(after.interrupts, before.interrupts);
    master.in_service = 0;
}

/* The slave has nothing in service, but it did ask through the master. */
TEST(pic8259, a_spurious_interrupt_of_the_slave_ends_the_cascade_alone)
{
    struct irq_line before, after;
    start();
    irq_line(15, &before);
    unsigned calls = handled[15];
    slave.in_service = 1 << 4;
    master.in_service = 1 << IRQ_CASCADE;
    raise(15);
    irq_line(15, &after);
    EXPECT_EQ(slave.in_service, 1 << 4);
    EXPECT_EQ(master.in_service, 0);
    EXPECT_EQ(handled[15], calls);
    EXPECT_EQ(after.spurious, before.spurious + 1);
    EXPECT_EQ(after.interrupts, before.interrupts);
    slave.in_service = 0;
}

/* A line that never stops asking is masked, and no other; it comes again when its while is over. */
TEST(pic8259, a_storm_is_held_back)
{
    struct irq_line line;
    start();
    irq_renew_bursts();
    unsigned open = masks(), before = handled[12];
    while (!(slave.mask & 1 << 4) && handled[12] < before + MANY)
        ask(12);
    EXPECT(handled[12] - before < 2000);
    EXPECT_EQ(masks(), open | 1u << 12);
    ask(1);
    ask(12); /* was asked for before the mask */
    EXPECT_EQ(masks(), open | 1u << 12);
    irq_line(12, &line);
    EXPECT(line.masked && line.handled);
    EXPECT_EQ(line.storms, 1);

    irq_renew_bursts();
    EXPECT_EQ(masks(), open);
    ask(12);
    EXPECT_EQ(masks(), open);
}

TEST(pic8259, the_timer_comes_right_from_the_stub)
{
    start();
    irq_set_timer_handler(trap_handlers[IRQ_FIRST_VECTOR + 1]);
    EXPECT(!(master.mask & 1 << IRQ_TIMER));
    master.in_service = 1 << IRQ_TIMER;
    pic8259_end_timer_interrupt();
    EXPECT_EQ(master.in_service, 0);
}

/* The last test: there is no way back. What was held back before is let go, too. */
TEST(pic8259, without_a_timer_nothing_is_held_back)
{
    struct irq_line line;
    start();
    unsigned open = masks(), before = handled[12];
    while (!(slave.mask & 1 << 4) && handled[12] < before + MANY)
        ask(12);
    EXPECT(masks() != open);
    irq_lift_limit();
    EXPECT_EQ(masks(), open);
    for (unsigned i = 0; i < MANY; i++)
        ask(12);
    irq_line(12, &line);
    EXPECT(!line.masked);
}
