/*
 * A device's life. Its task goes through steps one after the other. Each step starts an action,
 * waits for its end with a limit, and checks the result.
 *
 *     plugged in -> enumeration -> the driver's steps -> WORK
 *                     ^                                 |
 *                     +------ LEAVE, DISABLE <----------+  a step has failed
 *                                     |
 *                                     +--> UNUSED, until it is unplugged; then END
 *
 * A transfer that ends in an error leaves its endpoint halted: a detour resets the endpoint and
 * goes back. Memory is given back once the slot is disabled, or the controller is dead.
 */
#include <assert.h>
#include <drivers/usb/usb_set_up.h>
#include <drivers/usb/usb_transfer.h>
#include <kernel/log/log.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/heap.h>

enum { TRIES = 3 /* of a transfer */, ATTEMPTS = 2 /* from the reset on */ };

SECTION_ARRAY(struct usb_driver, usb_drivers);

/* The steps that every device may come to. */
enum {
    CONTROL_RESET,
    CONTROL_DEQUEUE,
    ENDPOINT_RESET,
    ENDPOINT_DEQUEUE,
    ENDPOINT_CLEAR,
    LEAVE,
    DISABLE,
    UNUSED,
    END,
    STEPS
};

static const struct usb_step steps[STEPS];
const struct usb_step *const usb_device_unused = &steps[UNUSED];

/* --- From step to step ---------------------------------------------------------------------- */

void usb_device_settle(struct usb_device *device)
{
    if (!device->settled)
        usb_set_up_end();
    device->settled = true;
}

void usb_device_go_to(struct usb_device *device, const struct usb_step *step)
{
    device->step = step;
    device->begun = false;
    device->next = NULL;
    if (step == &steps[UNUSED] || step == &steps[END])
        usb_device_settle(device);
}

static struct mutex *turn_of(const struct usb_device *device)
{
    return &device->xhci->ports[device->root_port - 1].turn;
}

void usb_device_end_turn(struct usb_device *device)
{
    waker_cancel(&device->turn);
    if (device->has_turn)
        mutex_unlock(turn_of(device), &device->task);
    device->has_turn = false;
}

static void leave(struct usb_device *device, const struct usb_step *after)
{
    usb_device_end_turn(device);
    device->after_disable = after;
    usb_device_go_to(device, &steps[LEAVE]);
}

static void reset_control_endpoint(struct usb_device *device, const struct usb_step *after)
{
    device->after_control = after;
    usb_device_go_to(device, &steps[CONTROL_RESET]);
}

/* The next step, when this one has ended well. */
static const struct usb_step *step_after(const struct usb_device *device)
{
    if (device->next)
        return device->next;
    if (device->step == &steps[CONTROL_DEQUEUE])
        return device->after_control;
    if (device->step == &steps[ENDPOINT_CLEAR])
        return device->after_endpoint;
    if (device->step == &steps[DISABLE])
        return device->after_disable;
    return device->step->next ? device->step->next : device->step + 1;
}

/* Writes where the device is: the controller's port, and the ports of the hubs, as in 1.4.2. */
static void write_place(const struct usb_device *device, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "%u", device->root_port);
    for (unsigned i = 0; i < device->depth; i++)
        length +=
            (size_t)snprintf(text + length, size - length, ".%u", device->route >> 4 * i & 15);
}

void usb_device_fail(struct usb_device *device, enum error error)
{
    const struct pci_address *at = &device->xhci->device->address;
    char place[24];
    if (device->xhci->dead)
        return;
    bool again = ++device->attempts < ATTEMPTS;
    write_place(device, place, sizeof(place));
    log_write(again ? LOG_DEBUG : LOG_WARNING, "usb: port %s of %02x:%02x.%u: no %s (%s)%s", place,
              at->bus, at->slot, at->function, device->step->name, error_name(error),
              again ? "; again" : "; left alone");
    leave(device, again ? device->first : &steps[UNUSED]);
}

/* --- Detours -------------------------------------------------------------------------------- */

static bool may_be_tried_again(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    bool passing = endpoint->code == XHCI_BABBLE || endpoint->code == XHCI_TRANSACTION_ERROR ||
                   endpoint->code == XHCI_STALL;
    return passing && ++device->tries < TRIES;
}

void usb_device_reset_endpoint(struct usb_device *device, struct xhci_endpoint *endpoint,
                               const struct usb_step *after)
{
    if (!may_be_tried_again(device, endpoint)) {
        usb_device_fail(device, ERROR_DEVICE);
        return;
    }
    device->halted = endpoint;
    device->after_endpoint = after;
    usb_device_go_to(device, &steps[ENDPOINT_RESET]);
}

static bool reset_endpoint(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    usb_command(device, TRB_RESET_ENDPOINT, 0, endpoint->id);
    return true;
}

static bool skip_transfer(struct usb_device *device, const struct xhci_endpoint *endpoint)
{
    usb_command(device, TRB_SET_DEQUEUE, xhci_ring_dequeue(&endpoint->ring), endpoint->id);
    return true;
}

static bool begin_control_reset(struct usb_device *device)
{
    return reset_endpoint(device, usb_control_endpoint(device));
}

static bool begin_control_dequeue(struct usb_device *device)
{
    return skip_transfer(device, usb_control_endpoint(device));
}

static bool begin_endpoint_reset(struct usb_device *device)
{
    return reset_endpoint(device, device->halted);
}

static bool begin_endpoint_dequeue(struct usb_device *device)
{
    return skip_transfer(device, device->halted);
}

static bool begin_endpoint_clear(struct usb_device *device)
{
    return usb_clear_halt(device, device->halted);
}

/* Forgets how the last transfer ended, so that the driver does not look at it again. */
static enum error finish_endpoint_clear(struct usb_device *device)
{
    device->halted->code = 0;
    return OK;
}

/* --- The end of a device -------------------------------------------------------------------- */

static bool driver_has_ended(struct usb_device *device)
{
    if (device->driver && !device->driver->end(device))
        return false;
    device->driver = NULL;
    kfree(device->state);
    device->state = NULL;
    return true;
}

static void give_memory_back(struct usb_device *device)
{
    if (device->slot.id)
        xhci_remove_slot(device->xhci, &device->slot);
    memset(device->slot.endpoints, 0, sizeof(device->slot.endpoints));
    usb_free_pages(device);
}

static bool begin_disable(struct usb_device *device)
{
    if (!device->slot.id)
        return false;
    usb_command(device, TRB_DISABLE_SLOT, 0, 0);
    return true;
}

static enum error finish_disable(struct usb_device *device)
{
    give_memory_back(device);
    return OK;
}

static const struct usb_step steps[STEPS] = {
    [CONTROL_RESET] = USB_COMMAND("the end of an error", .begin = begin_control_reset),
    [CONTROL_DEQUEUE] = USB_COMMAND("the end of an error", .begin = begin_control_dequeue),
    [ENDPOINT_RESET] = USB_COMMAND("the end of an error", .begin = begin_endpoint_reset),
    [ENDPOINT_DEQUEUE] = USB_COMMAND("the end of an error", .begin = begin_endpoint_dequeue),
    [ENDPOINT_CLEAR] = USB_REQUEST("the end of an error", .optional = true,
                                   .begin = begin_endpoint_clear, .finish = finish_endpoint_clear),
    [LEAVE] = {.name = "its driver's end", .wait = USB_WAIT_DRIVER},
    [DISABLE] = USB_COMMAND("its slot's end", .begin = begin_disable, .finish = finish_disable),
    [UNUSED] = {.name = "nothing", .wait = USB_WAIT_UNPLUG},
    [END] = {.name = "its end", .wait = USB_WAIT_UNPLUG},
};

/* --- The waits: each sets *error when it returns POLL_READY --------------------------------- */

static bool is_late(struct usb_device *device)
{
    return device->step->milliseconds && sleep_poll(&device->sleep, &device->task) == POLL_READY;
}

static enum poll_result poll_turn(struct usb_device *device)
{
    if (mutex_poll_lock(turn_of(device), &device->turn, &device->task) == POLL_PENDING)
        return POLL_PENDING;
    device->has_turn = true;
    return POLL_READY;
}

static enum poll_result poll_reset(struct usb_device *device)
{
    bool done = device->port->changes & PORT_RESET_CHANGE;
    return done || is_late(device) ? POLL_READY : POLL_PENDING;
}

static enum poll_result poll_command(struct usb_device *device, enum error *error)
{
    if (device->command.busy) {
        if (is_late(device))
            xhci_stop(device->xhci, "does not answer a command");
        return POLL_PENDING;
    }
    *error = device->command.code == XHCI_SUCCESS ? OK : ERROR_DEVICE;
    return POLL_READY;
}

/* A stall is the device's refusal; other errors may pass. */
static enum poll_result poll_request(struct usb_device *device, enum error *error)
{
    const struct xhci_endpoint *endpoint = usb_control_endpoint(device);
    *error = ERROR_TIMEOUT;
    if (endpoint->busy)
        return is_late(device) ? POLL_READY : POLL_PENDING;
    *error = OK;
    if (usb_went_well(endpoint)) {
        if (device->step != &steps[ENDPOINT_CLEAR])
            device->tries = 0;
    } else if (endpoint->code == XHCI_STALL) {
        *error = ERROR_UNSUPPORTED;
    } else if (may_be_tried_again(device, endpoint)) {
        reset_control_endpoint(device, device->step);
        return POLL_PENDING;
    } else {
        *error = ERROR_DEVICE;
    }
    return POLL_READY;
}

static enum poll_result poll_transfer(struct usb_device *device, enum error *error)
{
    if (!device->waits_at->busy)
        return POLL_READY;
    *error = ERROR_TIMEOUT;
    return is_late(device) ? POLL_READY : POLL_PENDING;
}

static enum poll_result poll_wait(struct usb_device *device, enum error *error)
{
    switch (device->step->wait) {
    case USB_WAIT_TIME:
        return sleep_poll(&device->sleep, &device->task);
    case USB_WAIT_TURN:
        return poll_turn(device);
    case USB_WAIT_RESET:
        return poll_reset(device);
    case USB_WAIT_COMMAND:
        return poll_command(device, error);
    case USB_WAIT_REQUEST:
        return poll_request(device, error);
    case USB_WAIT_TRANSFER:
        return poll_transfer(device, error);
    case USB_WAIT_WORK:
        device->driver->work(device);
        return POLL_PENDING;
    case USB_WAIT_DRIVER:
        return driver_has_ended(device) ? POLL_READY : POLL_PENDING;
    case USB_WAIT_UNPLUG:
        return POLL_PENDING;
    }
    return POLL_PENDING;
}

/* --- A device's task ------------------------------------------------------------------------ */

/* Begins a step. False: there is nothing to wait for, and the step is over. */
static bool begin_step(struct usb_device *device)
{
    const struct usb_step *step = device->step;
    device->begun = true;
    if (step->milliseconds)
        sleep_for(&device->sleep, step->milliseconds * NANOSECONDS_PER_MILLISECOND);
    return !step->begin || step->begin(device);
}

static void end_step(struct usb_device *device, enum error error)
{
    const struct usb_step *step = device->step;
    bool refused = error == ERROR_UNSUPPORTED && step->optional;
    sleep_cancel(&device->sleep);
    if (refused)
        error = OK;
    if (!error && step->finish)
        error = step->finish(device);
    if (!device->begun)
        return; /* finish() has gone to another step */
    if (error)
        usb_device_fail(device, error);
    else if (refused)
        reset_control_endpoint(device, step_after(device));
    else
        usb_device_go_to(device, step_after(device));
}

/* Has the device been unplugged, if only to be plugged in again? */
static bool is_gone(const struct usb_device *device)
{
    return device->port->changes & PORT_CONNECT_CHANGE;
}

/* Leaves the device's step if the device has been unplugged. A command that is under way is waited
 * for, since its effect has to be undone. */
static void leave_when_gone(struct usb_device *device)
{
    if (!is_gone(device) || device->step == &steps[END])
        return;
    if (device->step == &steps[LEAVE] || device->step == &steps[DISABLE])
        device->after_disable = &steps[END];
    else if (!device->begun || device->step->wait != USB_WAIT_COMMAND)
        leave(device, &steps[END]);
}

/* The controller is dead, and cannot write to memory any more. False: the driver has not ended. */
static bool abandon(struct usb_device *device)
{
    usb_device_end_turn(device);
    if (!driver_has_ended(device))
        return false;
    give_memory_back(device);
    usb_device_go_to(device, &steps[END]);
    return true;
}

static enum poll_result end(struct usb_device *device)
{
    struct usb_port *port = device->port;
    port->task = NULL;
    if (device->descriptor.vendor && !device->xhci->dead)
        log_info("usb: %s (%04x:%04x) is gone", device->name, device->descriptor.vendor,
                 device->descriptor.product);
    port->operations->look(port);
    return POLL_READY;
}

static enum poll_result poll_device(struct task *task)
{
    struct usb_device *device = CONTAINER_OF(task, struct usb_device, task);
    while (true) {
        enum error error = OK;
        if (device->xhci->dead && !abandon(device))
            return POLL_PENDING;
        leave_when_gone(device);
        if (device->step == &steps[END])
            return end(device);
        if (device->begun || begin_step(device)) {
            const struct usb_step *step = device->step;
            if (poll_wait(device, &error) == POLL_PENDING) {
                if (device->step == step && device->begun && !device->xhci->dead)
                    return POLL_PENDING;
                continue;
            }
        }
        end_step(device, error);
    }
}

static void release_device(struct task *task)
{
    struct usb_device *device = CONTAINER_OF(task, struct usb_device, task);
    kfree(device->state);
    kfree(device);
}

static void set_place(struct usb_device *device, const struct usb_device *hub)
{
    unsigned number = device->port->number;
    device->root_port = hub ? hub->root_port : number;
    device->depth = hub ? hub->depth + 1 : 0;
    device->route = hub ? hub->route | number << 4 * hub->depth : 0;
}

enum error usb_device_spawn(struct usb_port *port, const struct usb_step *first,
                            const struct usb_step *retry)
{
    struct usb_device *device = kzalloc(sizeof(*device));
    if (!device)
        return ERROR_FULL;
    device->xhci = port->xhci;
    device->port = port;
    set_place(device, port->hub);
    device->step = first;
    device->first = retry;
    task_init(&device->task, "usb device", poll_device, release_device);
    device->command.task = &device->task;
    device->slot.task = &device->task;
    port->task = &device->task;
    port->changes = 0;
    usb_set_up_begin();
    executor_spawn(port->xhci->task.executor, &device->task);
    return OK;
}

/* --- Drivers -------------------------------------------------------------------------------- */

static enum error try_driver(struct usb_device *device, const struct usb_driver *driver,
                             const uint8_t *configuration, size_t size)
{
    device->state = kzalloc(driver->state_size);
    if (!device->state)
        return ERROR_FULL;
    enum error error = driver->probe(device, configuration, size);
    if (!error) {
        device->driver = driver;
        return OK;
    }
    kfree(device->state);
    device->state = NULL;
    return error;
}

enum error usb_device_probe(struct usb_device *device, const uint8_t *configuration, size_t size)
{
    section_for_each(struct usb_driver, driver, usb_drivers) {
        enum error error = try_driver(device, driver, configuration, size);
        if (error != ERROR_NO_DEVICE)
            return error;
    }
    return ERROR_NO_DEVICE;
}

/* The driver's state is freed with the device. */
void usb_device_decline(struct usb_device *device)
{
    device->driver = NULL;
    device->next = &steps[UNUSED];
}
