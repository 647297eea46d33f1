/*
 * A device is set up in two steps: the first one only spawns a task, which talks to the device; the
 * second one waits for all of these tasks together. So slow devices do not add up.
 */
#include <assert.h>
#include <drivers/acpi.h>
#include <drivers/debug_console.h>
#include <drivers/irq.h>
#include <drivers/ps2_keyboard.h>
#include <drivers/ps2_lights.h>
#include <drivers/usb/other_controllers.h>
#include <drivers/usb/usb.h>
#include <drivers/usb/usb_keyboard.h>
#include <drivers/usb/usb_set_up.h>
#include <kernel/input.h>
#include <kernel/log/console.h>
#include <kernel/log/log.h>
#include <kernel/monitor/monitor.h>
#include <kernel/ticks.h>

/* There is room for the longest output of a command, the whole log, and for earlier bytes that are
 * still unsent. */
static uint8_t com1_received[4096], com1_unsent[128 * 1024];
struct uart16550 com1 = UART16550_INIT(com1, com1_received, com1_unsent);

static bool can_be_typed_at;

static void com1_interrupt(void *unused)
{
    (void)unused;
    uart16550_interrupt(&com1);
}

static RO_AFTER_INIT struct irq_handler keyboard_handler = {.name = "keyboard",
                                                            .run = ps2_keyboard_interrupt};
static RO_AFTER_INIT struct irq_handler com1_handler = {.name = "COM1", .run = com1_interrupt};

bool input_may_have_i8042(void)
{
    return !acpi_fadt() || !acpi_fadt()->no_i8042;
}

/* --- COM1 ------------------------------------------------------------------------------------- */

void input_start_serial_console(void)
{
    if (uart16550_init(&com1, COM1_PORT) == OK)
        console_add_sink(&com1.sink);
    struct console_sink *debug_console;
    if (debug_console_init(&debug_console) == OK)
        console_add_sink(debug_console);
}

void input_start_serial(struct executor *executor)
{
    if (!com1.present) {
        log_warn("uart: no COM1 at port 0x%x", COM1_PORT);
        return;
    }
    can_be_typed_at = true;
    enum error error = irq_add_handler(IRQ_COM1, &com1_handler);
    ASSERT(!error); /* every controller has the line */
    uart16550_start(&com1);
    console_set_buffered(true);
    monitor_use_serial(executor, &com1);
}

/* --- Keyboards -------------------------------------------------------------------------------- */

void input_start_keyboard(struct executor *executor)
{
    if (!input_may_have_i8042())
        return;
    enum error error = irq_add_handler(IRQ_KEYBOARD, &keyboard_handler);
    ASSERT(!error); /* every controller has the line */
    executor_spawn(executor, &ps2_keyboard_set_up);
}

void input_start_usb(struct executor *executor)
{
    if (!usb_present()) {
        usb_log_other_controllers();
        return;
    }
    executor_spawn(executor, &usb_set_up);
    monitor_read_usb_keyboards(executor);
}

static void wait_for_ps2_keyboard(struct executor *executor)
{
    executor_block_on(executor, &ps2_keyboard_set_up);
    enum error error = (enum error)ps2_keyboard_set_up.result;
    if (error) {
        log_warn("keyboard: no PS/2 keyboard (%s)", error_name(error));
        return;
    }
    can_be_typed_at = true;
    ps2_lights_start(executor);
    monitor_read_keyboard(executor, &ps2_keyboard_scancodes, ps2_keyboard_scancode_set());
}

static void wait_for_usb(struct executor *executor)
{
    executor_block_on(executor, &usb_set_up);
    can_be_typed_at |= usb_keyboard_present();
}

static void wait_for_keyboards(struct executor *executor)
{
    executor_run_ready(executor);
    bool ps2_waits = task_is_live(&ps2_keyboard_set_up);
    bool usb_waits = task_is_live(&usb_set_up);
    /* Without a tick no time limit would ever run out. */
    if (!ticks_come() && (ps2_waits || usb_waits)) {
        log_error("keyboard: slow to answer, and there is no time; left alone");
        task_cancel(&ps2_keyboard_set_up);
        task_cancel(&usb_set_up);
        return;
    }
    if (input_may_have_i8042())
        wait_for_ps2_keyboard(executor);
    if (usb_present())
        wait_for_usb(executor);
}

/* A machine without input still runs; the log says why it does not answer. */
void input_wait_for_devices(struct executor *executor)
{
    wait_for_keyboards(executor);
    if (!can_be_typed_at)
        log_error("input: no keyboard and no COM1: nothing can be typed");
}
