/*
 * A line that raises interrupts without pause would leave no time for anything but its handler. So
 * each line has a number of interrupts that it may raise in a while, more than an honest device
 * needs; one that uses it up is masked until the while is over. Nothing is lost: a masked line's
 * request waits in the controller, or, where the controller forgets it, in the device, whose
 * handler is called to look. The timer's own line is not limited: it is what the others are
 * measured by. Where no timer ticks, none is: nothing would let it go again.
 */
#include <assert.h>
#include <drivers/irq.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>

enum {
    BURST = 1600,       /* interrupts; in 16 ms, that is one every 10 microseconds */
    STORM_IS_NEWS = 100 /* times; a text that is pasted into an emulator is none */
};

static RO_AFTER_INIT const struct irq_controller *lines_end_at;
RO_AFTER_INIT void (*irq_handlers[IRQ_LINES])(void);
uint16_t irq_bursts_left[IRQ_LINES];

static RO_AFTER_INIT uint16_t handled; /* a bit for each line */
static uint16_t open;                  /* not masked */
static uint16_t held_back;             /* masked for a while */
static bool unlimited;
static uint64_t spurious[IRQ_LINES];
static uint64_t storms[IRQ_LINES];

static void unmask(unsigned line)
{
    open |= (uint16_t)(1u << line);
    lines_end_at->unmask(line);
}

static void mask(unsigned line)
{
    open &= (uint16_t) ~(1u << line);
    lines_end_at->mask(line);
}

void irq_start(const struct irq_controller *controller)
{
    ASSERT(controller->name && controller->mask && controller->unmask);
    lines_end_at = controller;
    for (unsigned line = 0; line < IRQ_LINES; line++)
        irq_bursts_left[line] = BURST;
}

const struct irq_controller *irq_controller(void)
{
    return lines_end_at;
}

void irq_set_handler(unsigned line, void (*handler)(void))
{
    ASSERT(line < IRQ_LINES && line != IRQ_CASCADE && line != IRQ_TIMER && !irq_handlers[line]);
    uint64_t flags = interrupts_save(); /* the timer's handler masks and unmasks, too */
    irq_handlers[line] = handler;
    handled |= (uint16_t)(1u << line);
    unmask(line);
    interrupts_restore(flags);
}

void irq_set_timer_handler(void (*handler)(struct trap_frame *frame))
{
    ASSERT(lines_end_at);
    trap_set_handler(IRQ_FIRST_VECTOR + IRQ_TIMER, handler);
    handled |= 1u << IRQ_TIMER;
    unmask(IRQ_TIMER);
}

void irq_mask_timer(void)
{
    mask(IRQ_TIMER);
}

void irq_hold_back(unsigned line)
{
    ASSERT(line < IRQ_LINES && line != IRQ_TIMER); /* the timer's would never be let go */
    if (unlimited) {
        irq_bursts_left[line] = BURST;
        return;
    }
    mask(line);
    held_back |= (uint16_t)(1u << line);
    if (++storms[line] == STORM_IS_NEWS)
        log_warn("irq: line %u raises interrupts without pause, and is held back", line);
}

static void let_go(unsigned line)
{
    unmask(line);
    if (lines_end_at->forgets && irq_handlers[line])
        irq_handlers[line]();
}

void irq_renew_bursts(void)
{
    for (unsigned line = 0; line < IRQ_LINES; line++)
        irq_bursts_left[line] = BURST;
    for (; held_back; held_back &= (uint16_t)(held_back - 1))
        let_go((unsigned)__builtin_ctz(held_back));
}

void irq_lift_limit(void)
{
    uint64_t flags = interrupts_save();
    unlimited = true;
    irq_renew_bursts();
    interrupts_restore(flags);
}

void irq_note_spurious(unsigned line)
{
    if (spurious[line]++ == 0)
        log_info("irq: spurious interrupt on line %u; further ones are only counted", line);
}

void irq_line(unsigned line, struct irq_line *state)
{
    ASSERT(line < IRQ_LINES);
    *state = (struct irq_line){
        .handled = handled >> line & 1,
        .masked = !(open >> line & 1),
        .interrupts = trap_count(IRQ_FIRST_VECTOR + line) - spurious[line],
        .spurious = spurious[line],
        .storms = storms[line],
    };
}
