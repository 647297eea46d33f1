/*
 * A line that raises interrupts without pause would leave no time for anything but its handler. So
 * each line has a burst, the number of interrupts that it may raise in 16 ms, which is more than a
 * working device needs. A line that uses up its burst is masked until the 16 ms are over. No
 * interrupt is lost: the controller keeps the request of a masked line; or, where it forgets the
 * request, the line's handlers are called after the line is unmasked, and look at their devices.
 * The timer's own line has no limit, since its ticks measure the 16 ms. Where no timer ticks, no
 * line has a limit, since nothing would unmask it again.
 *
 * The lines' handlers are set during set-up and constant afterwards. Messages get their handlers at
 * any time, and keep them, in a table of this file: the tables that the processor and the trap
 * stubs read are complete, and read-only, when set-up is over. Messages have no limit, since there
 * is no line to mask.
 */
#include <assert.h>
#include <drivers/irq.h>
#include <kernel/cpu/control.h>
#include <kernel/cpu/trap.h>
#include <kernel/log/log.h>

enum {
    BURST = 1600,       /* interrupts; in 16 ms, that is one every 10 microseconds */
    STORM_IS_NEWS = 100 /* storms until they are logged; text pasted into an emulator makes a few */
};

_Static_assert(IRQ_LINES <= 64, "a bit for each line");

static RO_AFTER_INIT const struct irq_controller *controller;
static struct irq_handler *handlers[IRQ_LINES]; /* the first of each line */
static RO_AFTER_INIT bool timer_handled;

static uint64_t open;      /* a bit for each line that is not masked */
static uint64_t held_back; /* lines that are masked until irq_renew_bursts() */
static uint16_t bursts_left[IRQ_LINES];
static uint64_t spurious[IRQ_LINES];
static uint64_t storms[IRQ_LINES];
static bool unlimited;

static struct irq_handler *messages[IRQ_MESSAGES]; /* by vector; the first `message_count` */
static unsigned message_count;

static uint64_t bit(unsigned line)
{
    return UINT64_C(1) << line;
}

static void unmask(unsigned line)
{
    open |= bit(line);
    controller->unmask(line);
}

static void mask(unsigned line)
{
    open &= ~bit(line);
    controller->mask(line);
}

void irq_start(const struct irq_controller *chosen)
{
    ASSERT(chosen->name && chosen->has && chosen->mask && chosen->unmask);
    controller = chosen;
    for (unsigned line = 0; line < IRQ_LINES; line++)
        bursts_left[line] = BURST;
    message_count = 0;
}

const struct irq_controller *irq_controller(void)
{
    return controller;
}

/* --- Lines ---------------------------------------------------------------------------------- */

enum error irq_add_handler(unsigned line, struct irq_handler *handler)
{
    ASSERT(line != IRQ_CASCADE && line != IRQ_TIMER);
    ASSERT(handler->name && handler->run && !handler->next);
    if (line >= IRQ_LINES || !controller->has(line))
        return ERROR_NO_DEVICE;
    uint64_t flags = interrupts_save(); /* the timer's handler masks and unmasks, too */
    struct irq_handler **link = &handlers[line];
    while (*link)
        link = &(*link)->next;
    *link = handler;
    unmask(line);
    interrupts_restore(flags);
    return OK;
}

void irq_set_timer_handler(void (*handler)(struct trap_frame *frame))
{
    ASSERT(controller);
    trap_set_handler(IRQ_FIRST_VECTOR + IRQ_TIMER, handler);
    timer_handled = true;
    unmask(IRQ_TIMER);
}

void irq_mask_timer(void)
{
    mask(IRQ_TIMER);
}

static void run_handlers(unsigned line)
{
    for (const struct irq_handler *handler = handlers[line]; handler; handler = handler->next)
        handler->run(handler->context);
}

/* Masks a line that has used up its number of interrupts. */
static NOINLINE void hold_back(unsigned line)
{
    if (unlimited) {
        bursts_left[line] = BURST;
        return;
    }
    mask(line);
    held_back |= bit(line);
    if (++storms[line] == STORM_IS_NEWS)
        log_warn("irq: line %u raises interrupts without pause, and is held back", line);
}

void irq_run(unsigned line)
{
    if (--bursts_left[line] == 0)
        hold_back(line);
    run_handlers(line);
}

static void let_go(unsigned line)
{
    unmask(line);
    if (controller->forgets)
        run_handlers(line);
}

void irq_renew_bursts(void)
{
    for (unsigned line = 0; line < IRQ_LINES; line++)
        bursts_left[line] = BURST;
    for (; held_back; held_back &= held_back - 1)
        let_go((unsigned)__builtin_ctzll(held_back));
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
        .handlers = handlers[line],
        .handled = handlers[line] || (line == IRQ_TIMER && timer_handled),
        .masked = !(open & bit(line)),
        .interrupts = trap_count(IRQ_FIRST_VECTOR + line) - spurious[line],
        .spurious = spurious[line],
        .storms = storms[line],
    };
}

/* --- Messages ------------------------------------------------------------------------------- */

enum error irq_allocate_vector(struct irq_handler *handler, unsigned *vector)
{
    ASSERT(!in_interrupt());
    ASSERT(handler->name && handler->run);
    if (!controller->at_local_apic)
        return ERROR_UNSUPPORTED;
    if (message_count == IRQ_MESSAGES)
        return ERROR_FULL;
    *vector = IRQ_FIRST_MESSAGE + message_count;
    messages[message_count++] = handler;
    return OK;
}

const struct irq_handler *irq_message_handler(unsigned vector)
{
    unsigned index = vector - IRQ_FIRST_MESSAGE;
    return index < message_count ? messages[index] : NULL;
}

void irq_run_message(unsigned vector)
{
    const struct irq_handler *handler = irq_message_handler(vector);
    if (handler)
        handler->run(handler->context);
    else if (trap_count(vector) == 1)
        log_warn("irq: unexpected message on vector %u; further ones are only counted", vector);
}
