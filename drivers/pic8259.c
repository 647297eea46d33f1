/*
 * Intel 8259A data sheet. Both controllers are programmed for edge-triggered, fully nested
 * operation with a specific end of interrupt. After a reset they sit at vectors 8 and 0x70, on top
 * of the processor's exceptions, hence the move.
 *
 * A line that raises interrupts without pause would leave no time for anything but its handler. So
 * each line has a number of interrupts that it may raise in a while, more than an honest device
 * needs; one that uses it up is masked until the while is over. Nothing is lost, for a masked
 * line's request waits. The timer's own line is not limited: it is what the others are measured by.
 */
#include <assert.h>
#include <drivers/pic8259.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>

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

/* A controller that lost sight of who asked answers with its lowest line. */
enum { SPURIOUS_MASTER = 7, SPURIOUS_SLAVE = 15 };

enum {
    BURST = 1600,       /* interrupts; in 16 ms, that is one every 10 microseconds */
    STORM_IS_NEWS = 100 /* times; a text that is pasted into an emulator is none */
};

static RO_AFTER_INIT void (*handlers[PIC_LINES])(void);
static RO_AFTER_INIT uint16_t handled;
static uint16_t mask = 0xffff;
static uint64_t spurious[PIC_LINES];
static uint64_t storms[PIC_LINES];

static uint16_t burst_left[PIC_LINES];
static uint16_t held_back; /* a bit for each line that is masked for a while */

static void write_mask(void)
{
    outb(MASTER_DATA, (uint8_t)mask);
    outb(SLAVE_DATA, (uint8_t)(mask >> 8));
}

static void unmask(unsigned line)
{
    mask &= (uint16_t) ~(1u << line);
    write_mask();
}

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

static void hold_back(unsigned line)
{
    mask |= (uint16_t)(1u << line);
    write_mask();
    held_back |= (uint16_t)(1u << line);
    if (++storms[line] == STORM_IS_NEWS)
        log_warn("pic: line %u raises interrupts without pause, and is held back", line);
}

void pic8259_renew_bursts(void)
{
    for (unsigned line = 0; line < PIC_LINES; line++)
        burst_left[line] = BURST;
    if (held_back) {
        mask &= (uint16_t)~held_back;
        held_back = 0;
        write_mask();
    }
}

static void handle_line(struct trap_frame *frame)
{
    unsigned line = (unsigned)frame->vector - PIC_FIRST_VECTOR;
    if (__builtin_expect(--burst_left[line] == 0, 0))
        hold_back(line);
    if (handlers[line]) /* a masked line can still be pending from before it was masked */
        handlers[line]();
    end_of_interrupt(line);
}

/* The two lines that may be a controller's "nobody". Such an interrupt is not in service, so it
 * gets no end of interrupt; but for the slave's, which did go through the master's cascade line. */
static void handle_line_or_nobody(struct trap_frame *frame)
{
    unsigned line = (unsigned)frame->vector - PIC_FIRST_VECTOR;
    if (in_service(line)) {
        handle_line(frame);
        return;
    }
    if (spurious[line]++ == 0)
        log_info("pic: spurious interrupt on line %u; further ones are only counted", line);
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

void pic8259_init(void)
{
    write_both(MASTER_COMMAND, ICW1_INIT | ICW1_ICW4, SLAVE_COMMAND, ICW1_INIT | ICW1_ICW4);
    write_both(MASTER_DATA, PIC_FIRST_VECTOR, SLAVE_DATA, PIC_FIRST_VECTOR + 8);
    write_both(MASTER_DATA, 1 << IRQ_CASCADE, SLAVE_DATA, IRQ_CASCADE);
    write_both(MASTER_DATA, ICW4_8086, SLAVE_DATA, ICW4_8086);
    write_mask();

    for (unsigned line = 0; line < PIC_LINES; line++) {
        bool maybe_nobody = line == SPURIOUS_MASTER || line == SPURIOUS_SLAVE;
        burst_left[line] = BURST;
        if (line != IRQ_TIMER)
            trap_set_handler(PIC_FIRST_VECTOR + line,
                             maybe_nobody ? handle_line_or_nobody : handle_line);
    }
    unmask(IRQ_CASCADE);
}

void pic8259_set_handler(unsigned line, void (*handler)(void))
{
    ASSERT(line < PIC_LINES && line != IRQ_CASCADE && line != IRQ_TIMER && !handlers[line]);
    handlers[line] = handler;
    handled |= (uint16_t)(1u << line);
    unmask(line);
}

void pic8259_set_timer_handler(void (*handler)(struct trap_frame *frame))
{
    trap_set_handler(PIC_FIRST_VECTOR + IRQ_TIMER, handler);
    handled |= 1u << IRQ_TIMER;
    unmask(IRQ_TIMER);
}

void pic8259_line(unsigned line, struct pic8259_line *state)
{
    ASSERT(line < PIC_LINES);
    *state = (struct pic8259_line){
        .handled = handled >> line & 1,
        .masked = mask >> line & 1,
        .interrupts = trap_count(PIC_FIRST_VECTOR + line) - spurious[line],
        .spurious = spurious[line],
        .storms = storms[line],
    };
}
