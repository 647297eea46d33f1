/*
 * Intel 8259A data sheet. Both controllers are programmed for edge-triggered, fully nested
 * operation with a specific end of interrupt. After a reset, their vectors begin at 8 and 0x70. The
 * vectors from 8 on belong to the processor's exceptions, so the driver moves them. A controller
 * keeps the request of a masked line.
 */
#include <assert.h>
#include <drivers/pic8259.h>
#include <kernel/cpu/trap.h>

enum port {
    MASTER_COMMAND = PIC_MASTER_COMMAND,
    MASTER_DATA = 0x21,
    SLAVE_COMMAND = 0xa0,
    SLAVE_DATA = 0xa1,
};

enum command {
    ICW1_INIT = 0x10,
    ICW1_ICW4 = 0x01,
    ICW4_8086 = 0x01,
    OCW3_READ_IN_SERVICE = 0x0b,
};

/* When a request goes away before it is acknowledged, a controller answers with its last line. */
enum { LINES = IRQ_ISA_LINES, SPURIOUS_MASTER = 7, SPURIOUS_SLAVE = 15 };

static uint16_t masks = 0xffff;

static void write_masks(void)
{
    outb(MASTER_DATA, (uint8_t)masks);
    outb(SLAVE_DATA, (uint8_t)(masks >> 8));
}

bool pic8259_present(void)
{
    const uint8_t all_but_cascade = (uint8_t) ~(1u << IRQ_CASCADE);
    outb(SLAVE_DATA, 0xff);
    outb(MASTER_DATA, all_but_cascade);
    return inb(MASTER_DATA) == all_but_cascade;
}

static bool has(unsigned line)
{
    return line < LINES;
}

static void mask(unsigned line)
{
    ASSERT(line < LINES);
    masks |= (uint16_t)(1u << line);
    write_masks();
}

static void unmask(unsigned line)
{
    ASSERT(line < LINES);
    masks &= (uint16_t) ~(1u << line);
    write_masks();
}

static const struct irq_controller controller = {
    .name = "8259", .has = has, .mask = mask, .unmask = unmask};

static void end_of_interrupt(unsigned line)
{
    if (line >= 8) {
        outb(SLAVE_COMMAND, (uint8_t)(PIC_SPECIFIC_EOI | (line - 8)));
        line = IRQ_CASCADE;
    }
    outb(MASTER_COMMAND, (uint8_t)(PIC_SPECIFIC_EOI | line));
}

static bool in_service(unsigned line)
{
    uint16_t port = line < 8 ? MASTER_COMMAND : SLAVE_COMMAND;
    outb(port, OCW3_READ_IN_SERVICE);
    return inb(port) >> (line & 7) & 1;
}

static void handle_line(struct trap_frame *frame)
{
    unsigned line = (unsigned)frame->vector - IRQ_FIRST_VECTOR;
    irq_run(line);
    end_of_interrupt(line);
}

/* For the two lines that may be spurious. A spurious interrupt is not in service, so it gets no end
 * of interrupt. But one of the slave's has come through the master's cascade line, which is in
 * service and gets one. */
static void handle_line_or_spurious(struct trap_frame *frame)
{
    unsigned line = (unsigned)frame->vector - IRQ_FIRST_VECTOR;
    if (in_service(line)) {
        handle_line(frame);
        return;
    }
    irq_note_spurious(line);
    if (line == SPURIOUS_SLAVE)
        end_of_interrupt(IRQ_CASCADE);
}

/* One initialisation word to each controller; old ones need time between two. */
static void write_both(uint16_t master_port, uint8_t master, uint16_t slave_port, uint8_t slave)
{
    outb(master_port, master);
    io_delay();
    outb(slave_port, slave);
    io_delay();
}

void pic8259_silence(void)
{
    write_both(MASTER_COMMAND, ICW1_INIT | ICW1_ICW4, SLAVE_COMMAND, ICW1_INIT | ICW1_ICW4);
    write_both(MASTER_DATA, IRQ_FIRST_VECTOR, SLAVE_DATA, IRQ_FIRST_VECTOR + 8);
    write_both(MASTER_DATA, 1 << IRQ_CASCADE, SLAVE_DATA, IRQ_CASCADE);
    write_both(MASTER_DATA, ICW4_8086, SLAVE_DATA, ICW4_8086);
    write_masks();
}

void pic8259_init(void)
{
    pic8259_silence();
    irq_start(&controller);
    for (unsigned line = IRQ_TIMER + 1; line < LINES; line++) {
        bool may_be_spurious = line == SPURIOUS_MASTER || line == SPURIOUS_SLAVE;
        trap_set_handler(IRQ_FIRST_VECTOR + line,
                         may_be_spurious ? handle_line_or_spurious : handle_line);
    }
    unmask(IRQ_CASCADE);
}
